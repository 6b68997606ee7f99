package records

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/admin/internal/sheet"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// limit returns the maximum size of a form with the fields of the collection, in bytes.
func limit(in *schema.Collection) int64 {
	n := int64(form.Small)
	for _, f := range in.Fields {
		n += f.BodySize()
	}
	return n
}

// sentForm is the form of a record.
type sentForm struct {
	in     *schema.Collection
	input  record.Input
	sent   []string // the names of the fields in the form
	fields *follower
}

// read reads the form of a record. If it answers the request itself, since the form has a text that is no
// value of its field, or a field that is removed, it returns nil.
func read(c *console.Call) (*sentForm, error) {
	in, err := c.Collection()
	if err != nil {
		return nil, err
	}
	if err := form.Read(c, limit(in)); err != nil {
		return nil, err
	}
	s := &sentForm{in: in, fields: follow(c, in)}
	if len(s.fields.removed) > 0 {
		return nil, s.fields.refuse(c)
	}
	var problems []form.Problem
	if s.input, s.sent, problems, err = decode(c, in); err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		for i := range problems {
			problems[i].Name = s.fields.input(problems[i].Name)
		}
		return nil, form.Refuse(c, http.StatusUnprocessableEntity, problems)
	}
	return s, nil
}

func create(c *console.Call) error {
	defer form.Close(c)
	s, err := read(c)
	if s == nil {
		return err
	}
	in := s.in
	r, err := c.App.Records().Create(c.R.Context(), c.Caller, in.ID, s.input)
	if err != nil {
		return form.FailAt(c, err, s.fields.input)
	}
	if isForRelation(c) {
		return c.Event("relatedmade", map[string]string{"id": r.ID(), "label": cmp.Or(cut(r.Text(sheet.TitleField(in).Name)), r.ID())})
	}
	return saved(c, in, r.ID(), "Created")
}

// save stores the fields in the form, which sends changed fields only. If somebody else has changed
// one of these fields since the form was read, nothing is stored, and the form shows the conflict.
func save(c *console.Call) error {
	defer form.Close(c)
	s, err := read(c)
	if s == nil {
		return err
	}
	in, id := s.in, c.Param("id")
	now, conflicts, err := update(c, s, id)
	switch {
	case len(conflicts) > 0:
		problems, err := conflictProblems(c, s, id, conflicts)
		if err != nil {
			return err
		}
		return form.Conflict(c, problems, renewed(c, s.fields, now, conflicts)) // saving again overwrites the stored values
	case fault.KindOf(err) == fault.NotFound:
		return fault.New(fault.NotFound, "This record was deleted meanwhile. What you have typed is still here.")
	case err != nil:
		return form.FailAt(c, err, s.fields.input)
	}
	return saved(c, in, id, "Saved"+s.fields.words())
}

// conflict is a sent field that somebody else has changed since the form was read, with the stored
// value as JSON.
type conflict struct{ field, value string }

// update stores the sent fields, if each still has the value with which the form was read.
// Otherwise it stores nothing, and returns the conflicts and the stored record.
func update(c *console.Call, s *sentForm, id string) (now *record.Record, conflicts []conflict, err error) {
	err = c.App.Transaction(c.R.Context(), func(tx *core.Tx) error {
		if now, err = tx.Records.FindByID(tx.Context, s.in.ID, id); err != nil {
			return err
		}
		if conflicts = conflictsOf(c, s, now); len(conflicts) > 0 {
			return errConflict
		}
		_, err := tx.Records.Update(tx.Context, c.Caller, s.in.ID, id, s.input)
		return err
	})
	return now, conflicts, err
}

// errConflict rolls back the transaction of a save that would overwrite a change.
var errConflict = fault.New(fault.Invalid, "Somebody else has changed this record.")

// conflictsOf returns the sent fields that have changed since the form was read.
func conflictsOf(c *console.Call, s *sentForm, now *record.Record) (list []conflict) {
	read := form.MarksIn(c.R.PostForm) // without marks there are no conflicts
	for _, name := range s.sent {
		was, known := read[s.fields.input(name)]
		if f := s.in.Field(name); !known || was == form.Mark(now.Get(name)) || f.IsPassword() {
			continue
		} else if value, err := schema.Marshal(now.Get(name)); err == nil {
			list = append(list, conflict{name, cutBytes(value)})
		}
	}
	return list
}

// renewed returns the marks of the form, in which the fields in conflict get the marks of their
// stored values. The other marks stay: the form does not show the stored values of these fields, so
// a save that overwrites them must be a conflict again.
func renewed(c *console.Call, fields *follower, now *record.Record, list []conflict) string {
	marks := form.MarksIn(c.R.PostForm)
	for _, at := range list {
		marks[fields.input(at.field)] = form.Mark(now.Get(at.field))
	}
	return marks.Text()
}

// conflictProblems returns a problem for each conflict, which names the account that changed the
// field and the stored value.
func conflictProblems(c *console.Call, s *sentForm, id string, list []conflict) (problems []form.Problem, err error) {
	p := &panel{in: s.in}
	if p.past, err = c.App.Records().History(c.R.Context(), c.Caller, s.in.ID, id, maxRevisions); err != nil {
		return nil, err
	}
	if err := p.nameActors(c); err != nil {
		return nil, err
	}
	for _, at := range list {
		problems = append(problems, form.Problem{Name: s.fields.input(at.field), Stored: true,
			Message: p.changer(at.field) + " has changed this to " + at.value + ". Save again to put yours in its place."})
	}
	return problems, nil
}

// saved answers with the panel of the stored record, and with an event on which the page reloads
// the table.
func saved(c *console.Call, in *schema.Collection, id, words string) error {
	c.Toast(words)
	p, err := panelOf(c, in, id)
	if err != nil {
		return err
	}
	if err := c.Tell("changed", nil); err != nil {
		return err
	}
	c.W.Header().Set("HX-Retarget", "#panel")
	c.W.Header().Set("HX-Reswap", "innerHTML")
	return c.Part(recordPanel(p))
}

func askDelete(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	p, err := panelOf(c, in, c.Param("id"))
	if err != nil {
		return err
	}
	return c.Dialog(http.StatusOK, deleteDialog(p, referring(c, in)))
}

// referring returns the names of the collections that have a relation to the collection.
func referring(c *console.Call, in *schema.Collection) (names []string) {
	for _, ref := range c.App.Snapshot().References(in.ID) {
		if !slices.Contains(names, ref.Collection.Name) {
			names = append(names, ref.Collection.Name)
		}
	}
	return names
}

func remove(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	if err := c.App.Records().Delete(c.R.Context(), c.Caller, in.ID, c.Param("id")); err != nil {
		return err
	}
	c.Toast("Deleted")
	if at, err := url.Parse(c.R.Header.Get("HX-Current-URL")); err == nil && at.Path == console.CollectionPath(in) {
		return c.Event("deleted", map[string]string{"id": c.Param("id")}) // the page reloads its table
	}
	return c.Go(console.CollectionPath(in))
}
