// The answer to an operation as JSON.

package graphql

import (
	"slices"
	"strconv"

	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/wire"
)

// maxErrors is the maximum number of errors in an answer: a document may have thousands.
const maxErrors = 100

// Append appends the result as JSON. The Result must not be used afterwards, since the returned
// slice may be its memory.
func (r *Result) Append(dst []byte) []byte {
	if len(dst) == 0 && r.opened != nil && len(r.Errors) == 0 {
		return append(r.opened, '}')
	}
	dst = slices.Grow(dst, len(r.Data)+64)
	dst = append(dst, '{')
	if len(r.Errors) > 0 {
		dst = AppendErrors(append(dst, `"errors":`...), r.Errors)
	}
	if r.Data != nil {
		if len(r.Errors) > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, `"data":`...), r.Data...)
	}
	return append(dst, '}')
}

// AppendErrors appends a list of errors, at most maxErrors.
func AppendErrors(dst []byte, errs []*front.Error) []byte {
	dst = append(dst, '[')
	for i, e := range errs[:min(len(errs), maxErrors)] {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendError(dst, e)
	}
	return append(dst, ']')
}

func appendError(dst []byte, e *front.Error) []byte {
	dst = schema.AppendString(append(dst, `{"message":`...), e.Message)
	for i, at := range e.Locations {
		separator := `,`
		if i == 0 {
			separator = `,"locations":[`
		}
		dst = strconv.AppendInt(append(append(dst, separator...), `{"line":`...), int64(at.Line), 10)
		dst = append(strconv.AppendInt(append(dst, `,"column":`...), int64(at.Column), 10), '}')
	}
	if len(e.Locations) > 0 {
		dst = append(dst, ']')
	}
	if len(e.Path) > 0 {
		dst = appendPath(append(dst, `,"path":`...), e.Path)
	}
	dst = schema.AppendString(append(dst, `,"extensions":{"code":`...), string(e.Code))
	if len(e.Fields) > 0 {
		dst = wire.AppendFields(append(dst, `,"fields":`...), e.Fields, e.Reason != "")
	}
	if e.Reason != "" {
		dst = schema.AppendString(append(dst, `,"reason":`...), e.Reason)
	}
	return append(dst, "}}"...)
}

// appendPath appends keys and positions.
func appendPath(dst []byte, path []any) []byte {
	dst = append(dst, '[')
	for i, part := range path {
		if i > 0 {
			dst = append(dst, ',')
		}
		switch part := part.(type) {
		case int:
			dst = strconv.AppendInt(dst, int64(part), 10)
		case string:
			dst = schema.AppendString(dst, part)
		}
	}
	return append(dst, ']')
}
