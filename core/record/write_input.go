package record

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/schema/pattern"
)

// input is what a client sent for a record, accepted: what no field knows or the
// caller may not set is gone, and what is random has been drawn.
type input struct {
	collection  *schema.Collection
	assignments []assignment   // in the order in which they apply
	others      map[string]any // what the body says beside the fields
	passwords   []plain
	uploads     []upload
}

// assignment is a key of the body that addresses a field.
type assignment struct {
	field    int // its position in the collection
	modifier modifier
	value    any
}

// plain is a password that is being set. The record holds its hash only.
type plain struct {
	field int
	text  string // "" clears the field
}

// upload is a file that is being uploaded for a field.
type upload struct {
	field int
	*blob.Upload
}

// accept sorts out what was sent for a record of the collection. Hidden fields
// are for superusers, but everybody may set the password of an auth record.
func accept(c *schema.Collection, in Input, superuser bool) (*input, error) {
	a := &input{collection: c, others: map[string]any{}}
	for _, key := range inputKeys(in) {
		i, m, ok := target(c, key)
		if !ok {
			if v, sent := in.Body[key]; sent {
				a.others[key] = v
			}
			continue
		}
		f := c.Fields[i]
		if f.Hidden && !superuser && !(c.IsAuth() && f.Name == "password") {
			continue
		}
		if err := a.add(assignment{i, m, in.Body[key]}, in.Files[key]); err != nil {
			return nil, fmt.Errorf("field %s: %w", f.Name, err)
		}
	}
	return a, nil
}

// inputKeys are the keys of body and files. Of those that address one field the
// shorter one applies first; the order of equally long ones is ours.
func inputKeys(in Input) []string {
	keys := make([]string, 0, len(in.Body)+len(in.Files))
	for key := range in.Body {
		keys = append(keys, key)
	}
	for key := range in.Files {
		if _, both := in.Body[key]; !both {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
	return keys
}

func (a *input) add(s assignment, files []*blob.Upload) error {
	f := a.collection.Fields[s.field]
	switch kind := f.Kind.(type) {
	case *schema.Password:
		text, _ := kind.Cast(s.value).(string)
		a.passwords = append(a.passwords, plain{s.field, text})
	case *schema.File:
		s.value = a.addFiles(s.field, s.value, files)
	case *schema.Text:
		if s.modifier == generate {
			prefix, _ := kind.Cast(s.value).(string)
			random, err := pattern.Generate(kind.AutogeneratePattern)
			if err != nil {
				return err
			}
			s.modifier, s.value = replace, prefix+random
		}
	}
	a.assignments = append(a.assignments, s)
	return nil
}

// addFiles is the list of the names that were sent for a file field, those of
// the uploads last.
func (a *input) addFiles(field int, names any, files []*blob.Upload) any {
	if len(files) == 0 {
		return names
	}
	list := castChoices(names)
	for _, f := range files {
		a.uploads = append(a.uploads, upload{field, f})
		list = append(list, f.Name)
	}
	return list
}

// resolve is the record that comes of the one that is there, and the body as
// rules see it: under the name of each field that was sent its final value.
// Passwords keep their value; who hashes them sets it.
func (a *input) resolve(base *Record) (r *Record, body map[string]any) {
	r, body = base.Clone(), maps.Clone(a.others)
	for i := range a.assignments {
		s := &a.assignments[i]
		f := a.collection.Fields[s.field]
		switch f.Kind.(type) {
		case *schema.Autodate: // the server's alone, whoever asks
		case *schema.Password:
			body[f.Name] = f.Kind.Cast(s.value)
			continue
		default:
			r.values[s.field] = s.apply(f, r.values[s.field])
		}
		body[f.Name] = r.values[s.field]
	}
	return r, body
}

// text is what the body sets a text field to, "" if it says nothing of it.
func (a *input) text(field int) string {
	text := ""
	for i := range a.assignments {
		if s := &a.assignments[i]; s.field == field {
			text, _ = a.collection.Fields[field].Kind.Cast(s.value).(string)
		}
	}
	return text
}

// password is the plain text that the field is being set to; ok is false if it is
// not being set.
func (a *input) password(field int) (text string, ok bool) {
	for _, p := range a.passwords {
		if p.field == field {
			return p.text, true
		}
	}
	return "", false
}
