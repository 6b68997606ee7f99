// Package record reads and writes records. Every transport, hook and tool does so through Service,
// which judges the rules. DESIGN.md describes the phases of a read and of a write, and the contents
// of the files.
package record

import (
	"errors"
	"fmt"
	"slices"

	"github.com/loambase/loam/core/schema"
)

// Record is one record as typed values, one for each field of its collection. It belongs
// to one goroutine.
//
// A Record that was read holds all fields, whoever the caller was: rules decide which records a
// caller gets, and PublicJSON decides which fields are shown. Password fields hold hashes.
//
// Methods that take the name of a field accept any name. For a field that the collection does not
// have, getters return the zero value, and Set keeps an error that Save returns. Methods must not
// be called on a nil *Record. A function of this package that can return a nil *Record with a nil
// error says so.
type Record struct {
	collection *schema.Collection
	values     []any // in the order of collection.Fields; schema.Kind documents the Go type of each

	stored   bool     // the record was read from the database, or written to it
	original []any    // the stored values, from the first Set on
	written  *written // set by the write that returned the record
	misuse   error    // the errors of calls of Set

	related []relatedRecords // the related records that Expand has read, one item per relation
	home    *Service         // the service that made, read or wrote the record; nil after Blank
}

// written holds the data of a write that its answer needs beside the record (Service.Render).
type written struct {
	asked  *Record // Auth of the caller before Request hooks
	caller Caller  // the caller of the write; its Body is that which rules have read
}

// Blank returns a new record of the collection with every field at its zero value.
func Blank(c *schema.Collection) *Record {
	r := &Record{collection: c, values: make([]any, len(c.Fields))}
	for i, f := range c.Fields {
		r.values[i] = f.Kind.Zero()
	}
	return r
}

// Collection returns the definition that the record was made with.
func (r *Record) Collection() *schema.Collection { return r.collection }

// ID returns the record's id, "" if it has no id yet.
func (r *Record) ID() string { return r.Text("id") }

// IsNew reports whether the record has no stored state: Save would create it.
func (r *Record) IsNew() bool { return !r.stored }

// Set casts v to the kind of the field and stores it in r. A password field takes the plain text of
// a new password. A field that the collection does not have, and an autodate field, which only the
// server sets, are mistakes of the program: Save, or the write whose Before hook has called Set,
// then fails with an error that is not a fault, and nothing is stored. An answer also fails if its
// Enrich hook has set a field that does not exist; autodate fields may be set there, as they are
// only shown.
func (r *Record) Set(field string, v any) {
	i := r.collection.FieldIndex(field)
	if i < 0 {
		r.misused(errNoField, field)
		return
	}
	if _, ok := r.collection.Fields[i].Kind.(*schema.Autodate); ok {
		r.misused(errAutodate, field)
	}
	// The stored values are copied by the first Set, so that a record that is only read costs no
	// copy.
	if r.stored && r.original == nil {
		r.original = slices.Clone(r.values)
	}
	r.values[i] = r.collection.Fields[i].Kind.Cast(v)
}

// The errors of Set.
var (
	errNoField  = errors.New("there is no such field")
	errAutodate = errors.New("only the server sets autodate fields")
)

func (r *Record) misused(mistake error, field string) {
	r.misuse = errors.Join(r.misuse, fmt.Errorf("record: Set of %s.%s: %w", r.collection.Name, field, mistake))
}

// Changed returns the names of the fields that differ from the stored record. For a new
// record these are the fields that are not at their zero value.
func (r *Record) Changed() []string {
	var names []string
	for _, i := range r.changed() {
		names = append(names, r.collection.Fields[i].Name)
	}
	return names
}

// changed returns the positions of the fields of Changed.
func (r *Record) changed() []int {
	if r.stored && r.original == nil {
		return nil
	}
	var list []int
	for i, f := range r.collection.Fields {
		// Stored forms are compared: two values with the same stored form are not a change.
		was := f.Kind.Zero()
		if r.stored {
			was = r.original[i]
		}
		if f.Value(was) != f.Value(r.values[i]) {
			list = append(list, i)
		}
	}
	return list
}

// Clone returns a copy of r. Set on the copy does not change r.
func (r *Record) Clone() *Record {
	return &Record{collection: r.collection, values: slices.Clone(r.values), stored: r.stored, original: r.original, misuse: r.misuse,
		related: r.related, home: r.home}
}
