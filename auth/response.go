package auth

import "github.com/loambase/loam/core/schema"

// JSON returns the body of the response: {"meta":…,"record":…,"token":…}, without meta if Meta is
// nil. If the sign-in needs a second method, the body is {"mfaId":…}, sent with the status 401.
func (r *Response) JSON() []byte {
	if r.MFAID != "" {
		return append(schema.AppendString([]byte(`{"mfaId":`), r.MFAID), '}')
	}
	dst := make([]byte, 0, len(r.Meta)+len(r.Record)+len(r.Token)+48)
	dst = append(dst, '{')
	if r.Meta != nil {
		dst = append(dst, `"meta":`...)
		dst = append(dst, r.Meta...)
		dst = append(dst, ',')
	}
	dst = append(dst, `"record":`...)
	dst = append(dst, r.Record...)
	dst = append(dst, `,"token":`...)
	dst = schema.AppendString(dst, r.Token)
	return append(dst, '}')
}
