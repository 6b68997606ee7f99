// Package record is the one way in to records: every transport, hook and tool
// reads and writes them through Service, and rules are judged here and nowhere
// else (core/DESIGN.md draws the path of a read and of a write).
package record

import (
	"github.com/loambase/loam/core/schema"
)

// Record is one record as typed values, in the order of its collection's fields
// (schema.Kind tells the Go type of each). It belongs to one goroutine.
type Record struct {
	collection *schema.Collection
	values     []any
}

// Blank is a record of the collection with every field at its zero value.
func Blank(c *schema.Collection) *Record {
	r := &Record{collection: c, values: make([]any, len(c.Fields))}
	for i, f := range c.Fields {
		r.values[i] = f.Kind.Zero()
	}
	return r
}

// Collection is the definition that the record was made with.
func (r *Record) Collection() *schema.Collection { return r.collection }

// ID is the record's id, "" before it has one.
func (r *Record) ID() string { return r.Text("id") }

// Get is the value of the field, nil if there is no such field.
func (r *Record) Get(field string) any {
	if i := r.collection.FieldIndex(field); i >= 0 {
		return r.values[i]
	}
	return nil
}

// Text is the value of a field that holds one string, else "".
func (r *Record) Text(field string) string {
	s, _ := r.Get(field).(string)
	return s
}

// Set casts v to the field's kind and stores it; an unknown field is ignored.
func (r *Record) Set(field string, v any) {
	if i := r.collection.FieldIndex(field); i >= 0 {
		r.values[i] = r.collection.Fields[i].Kind.Cast(v)
	}
}

// Clone is a copy that shares nothing with r that Set could change.
func (r *Record) Clone() *Record {
	return &Record{collection: r.collection, values: append([]any(nil), r.values...)}
}
