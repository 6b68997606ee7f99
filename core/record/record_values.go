package record

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/loambase/loam/core/schema"
)

// Get returns the value of the field as its kind stores it, nil if there is no such
// field. It must not be changed.
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

// Number returns the value of a number field, 0 for any other.
func (r *Record) Number(field string) float64 {
	n, _ := r.Get(field).(float64)
	return n
}

// Int returns the value of a number field without its fraction, 0 for any other.
func (r *Record) Int(field string) int { return int(r.Number(field)) }

// Bool returns the value of a bool field, false for any other.
func (r *Record) Bool(field string) bool {
	b, _ := r.Get(field).(bool)
	return b
}

// Time returns the value of a date or autodate field in UTC, the zero time if it is
// not set or for any other field.
func (r *Record) Time(field string) time.Time {
	t, _ := time.Parse(schema.TimeLayout, r.Text(field))
	return t
}

// Strings returns the value of a select, file or relation field as a list, also if the
// field holds one at most. It is empty for any other field. The caller may change it.
func (r *Record) Strings(field string) []string { return slices.Clone(choices(r.Get(field))) }

// JSON returns the value of a JSON field, nil if it is not set or for any other field.
// It must not be changed.
func (r *Record) JSON(field string) json.RawMessage {
	v, _ := r.Get(field).(json.RawMessage)
	return v
}

// Point returns the value of a geoPoint field, the zero point for any other.
func (r *Record) Point(field string) schema.Point {
	p, _ := r.Get(field).(schema.Point)
	return p
}

// MarshalJSON returns the record in the form of the REST API, as a caller sees it who
// may see everything but hidden fields: with the email of an account, without passwords,
// token keys and expanded relations. Enrich hooks do not run. Service.Render answers to
// a certain caller.
func (r *Record) MarshalJSON() ([]byte, error) {
	out, _ := newProjection(r.collection, false).appendRecord(nil, r, true)
	return out, nil
}
