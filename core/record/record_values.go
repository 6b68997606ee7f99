package record

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/loambase/loam/core/schema"
)

// Get returns the value of the field as its kind stores it, nil if there is no such field. The
// value must not be changed.
func (r *Record) Get(field string) any {
	if i := r.collection.FieldIndex(field); i >= 0 {
		return r.values[i]
	}
	return nil
}

// Text returns the value of a field that holds one string: text, editor, email, url,
// date, or a single select, file or relation. It is "" for any other field.
func (r *Record) Text(field string) string {
	s, _ := r.Get(field).(string)
	return s
}

// Number returns the value of a number field, 0 for any other field.
func (r *Record) Number(field string) float64 {
	n, _ := r.Get(field).(float64)
	return n
}

// Int returns the value of a number field without its fraction, 0 for any other field.
func (r *Record) Int(field string) int { return int(r.Number(field)) }

// Bool returns the value of a bool field, false for any other field.
func (r *Record) Bool(field string) bool {
	b, _ := r.Get(field).(bool)
	return b
}

// Time returns the value of a date or autodate field in UTC. It is the zero time for a date that is
// not set, and for any other field.
func (r *Record) Time(field string) time.Time {
	t, _ := time.Parse(schema.TimeLayout, r.Text(field))
	return t
}

// Strings returns the value of a select, file or relation field as a list, even if the field holds
// a single value. The list is empty for any other field. The caller may change the list.
func (r *Record) Strings(field string) []string { return slices.Clone(choices(r.Get(field))) }

// JSON returns the value of a JSON field. It is nil for a value that is not set, and for any other
// field. The value must not be changed.
func (r *Record) JSON(field string) json.RawMessage {
	v, _ := r.Get(field).(json.RawMessage)
	return v
}

// Point returns the value of a geoPoint field, the zero point for any other field.
func (r *Record) Point(field string) schema.Point {
	p, _ := r.Get(field).(schema.Point)
	return p
}

// MarshalJSON returns the record as the API shows it to a superuser: with hidden fields and the
// related records that Expand has read, without passwords and token keys. Enrich hooks do not
// run. The error is always nil. Use PublicJSON for an answer to any other caller.
func (r *Record) MarshalJSON() ([]byte, error) { return r.appendJSON(nil), nil }

func (r *Record) appendJSON(dst []byte) []byte {
	dst, at := r.superuserProjection().appendRecord(dst, r, true)
	if r.related == nil {
		return dst
	}
	rest := slices.Clone(dst[at:])
	dst = append(dst[:at], `,"expand":{`...)
	for _, relation := range r.related {
		dst = relation.appendJSON(dst)
	}
	return append(append(dst, '}'), rest...)
}

// superuserProjection returns the projection of the record for superusers.
func (r *Record) superuserProjection() *projection {
	if r.home == nil {
		return newProjection(r.collection, true)
	}
	return r.home.projection(r.home.cfg.Snapshot(), r.collection, true)
}

// PublicJSON returns the record as the API shows it to the caller: without hidden fields, without
// an e-mail address that the caller may not see, after the Enrich hooks, and with the relations
// that Expand has read, limited to the related records that their view rule shows to the caller.
// It does not check whether the caller may see the record itself. The errors are those of
// Service.Render, and an error for a record made by Blank.
func (r *Record) PublicJSON(ctx context.Context, caller Caller) ([]byte, error) {
	if r.home == nil {
		return nil, fmt.Errorf("record: PublicJSON of a record of %q that no service has read", r.collection.Name)
	}
	return r.home.current().Render(ctx, caller, r, relationPaths(r.related))
}
