// Input of a write: body and uploads are sorted by fields, and modifiers applied.

package record

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/schema"
)

// Input holds the body and the files that a client sent for one record.
type Input struct {
	Body  map[string]any            // decoded; modifiers not yet applied (docs/wire/records.md §3.16)
	Files map[string][]*blob.Upload // by the key of the part: field, field+, +field

	// Password is the password of a new account whose body has no password: a random password for a
	// person who has proved their identity in another way. Rules do not see it, it needs no
	// repetition, and it need not satisfy the options of its field.
	Password string

	// Dates are values of autodate fields, in place of the time of the write, for records that are
	// restored or imported. For callers who are not superusers they are ignored.
	Dates map[string]time.Time
}

// acceptedInput is an Input sorted by fields. Fields that the caller may not set are removed, and
// random values are drawn.
type acceptedInput struct {
	collection  *schema.Collection
	assignments []assignment   // in the order in which they apply
	others      map[string]any // keys of the body that are not fields
	passwords   []newPassword
	uploads     []upload
}

// assignment is a key of the body that addresses a field.
type assignment struct {
	field    int // its position in the collection
	modifier modifier
	value    any
}

// newPassword is a password that is being set. The record holds only its hash.
type newPassword struct {
	field int
	text  string // "" clears the field
	own   bool   // Input.Password: the server has chosen it, so it is neither validated nor repeated
}

// upload is a file that is being uploaded for a field.
type upload struct {
	field int
	*blob.Upload
}

// accept sorts the input of a create or an update. The error is earlyFault, if earlyFault is set,
// or internal.
func (w *writeRequest) accept() (err error) {
	if w.earlyFault != nil || w.op.Action == ActionDelete {
		return w.earlyFault
	}
	if w.input, err = acceptInput(w.collection, w.op.Input, w.rq.superuser); err != nil {
		return err
	}
	if w.op.Action != ActionUpdate {
		w.id, err = w.newID()
	}
	return err
}

// acceptInput sorts the input for a record of the collection. Only superusers may set hidden
// fields, but everybody may set the password of an account.
func acceptInput(c *schema.Collection, in Input, superuser bool) (*acceptedInput, error) {
	a := &acceptedInput{collection: c, others: map[string]any{}}
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
	a.addPassword(in.Password)
	return a, nil
}

// addPassword adds the password that the server has chosen, if the body sets none.
func (a *acceptedInput) addPassword(text string) {
	if text == "" || !a.collection.IsAuth() {
		return
	}
	i := a.collection.FieldIndex("password")
	if _, set := a.password(i); !set {
		a.passwords = append(a.passwords, newPassword{field: i, text: text, own: true})
	}
}

// inputKeys returns the keys of body and files, in the order in which they apply: shorter keys
// first, so that a modifier applies to the value that was sent in the same body.
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

// add adds the assignment of one key. Passwords and files have lists of their own, since they cause
// work before the transaction. Random texts are drawn here, so that all attempts store the same
// text.
func (a *acceptedInput) add(s assignment, files []*blob.Upload) error {
	f := a.collection.Fields[s.field]
	switch kind := f.Kind.(type) {
	case *schema.Password:
		text, _ := kind.Cast(s.value).(string)
		a.passwords = append(a.passwords, newPassword{field: s.field, text: text})
	case *schema.File:
		s.value = a.addFiles(s.field, s.value, files)
	case *schema.Text:
		if s.modifier == generate {
			prefix, _ := kind.Cast(s.value).(string)
			random, err := kind.Generate()
			if err != nil {
				return err
			}
			s.modifier, s.value = replace, prefix+random
		}
	}
	a.assignments = append(a.assignments, s)
	return nil
}

// addFiles returns the names that were sent for a file field, followed by the names of uploads.
func (a *acceptedInput) addFiles(field int, names any, files []*blob.Upload) any {
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

// resolve applies the input to a copy of base. body is @request.body: each field that was sent has
// its final value, under the name of the field. Passwords are not set; setPasswords does that.
func (a *acceptedInput) resolve(base *Record) (r *Record, body map[string]any) {
	r, body = base.Clone(), maps.Clone(a.others)
	for i := range a.assignments {
		s := &a.assignments[i]
		f := a.collection.Fields[s.field]
		switch f.Kind.(type) {
		case *schema.Autodate: // only the server sets autodate fields
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

// ownPassword reports whether the server has chosen the password of the field.
func (a *acceptedInput) ownPassword(field int) bool {
	return slices.ContainsFunc(a.passwords, func(p newPassword) bool { return p.field == field && p.own })
}

// text returns the value that the body sets for a text field, "" if it sets none.
func (a *acceptedInput) text(field int) string {
	text := ""
	for i := range a.assignments {
		if s := &a.assignments[i]; s.field == field {
			text, _ = a.collection.Fields[field].Kind.Cast(s.value).(string)
		}
	}
	return text
}

// password returns the plain text of the new password of the field; ok is false if the field gets
// no new password.
func (a *acceptedInput) password(field int) (text string, ok bool) {
	for _, p := range a.passwords {
		if p.field == field {
			return p.text, true
		}
	}
	return "", false
}
