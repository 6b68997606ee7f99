package records

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/loambase/loam/admin/console"
	"github.com/loambase/loam/admin/form"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// cellEdit is a value that is edited in its cell of the table.
type cellEdit struct {
	in   *schema.Collection
	f    *schema.Field
	id   string
	view *view
}

// cellOfAddress reads the address: the record, field=NAME, and the view that the row is part of.
func cellOfAddress(c *console.Call) (*cellEdit, error) {
	in, err := collectionOf(c)
	if err != nil {
		return nil, err
	}
	name := c.R.URL.Query().Get("field")
	f := in.Field(name)
	switch {
	case f == nil || !isShown(in, f):
		return nil, fault.New(fault.NotFound, "There is no field "+name+" in "+in.Name+".")
	case in.View != nil || !isEditable(in, f) || f.IsID():
		return nil, fault.New(fault.Invalid, f.Name+" cannot be changed.")
	}
	return &cellEdit{in, f, c.Param("id"), viewOf(c, in)}, nil
}

func (e *cellEdit) path() string {
	_, query, _ := strings.Cut(e.view.with("r", ""), "?")
	return recordPath(e.in, e.id) + "/cell?" + url.Values{"field": {e.f.Name}}.Encode() + "&" + query
}

// fitsCell reports whether the value has an input that is no larger than a cell.
func fitsCell(f *schema.Field, r *record.Record) bool {
	switch f.Type() {
	case "number", "bool", "email", "url", "date":
		return true
	case "select":
		return !f.Multiple()
	case "text":
		return len(r.Text(f.Name)) <= 200 && !strings.ContainsAny(r.Text(f.Name), "\r\n")
	}
	return false
}

// showCell answers with the input of the whole value. A value that needs more room is edited beside
// the table: the page gets the event editbeside.
func showCell(c *console.Call) error {
	e, err := cellOfAddress(c)
	if err != nil {
		return err
	}
	p, err := panelOf(c, e.in, e.id)
	if err != nil {
		return err
	}
	if !fitsCell(e.f, p.r) {
		return c.Event("editbeside", map[string]string{"id": e.id, "field": e.f.Name})
	}
	return c.Part(cellForm(e, p))
}

// saveCell stores one value, and answers with the row. The page gets the event cellsaved, with
// the mark of the new value: what it sends to undo this is refused if the value has changed again.
func saveCell(c *console.Call) error {
	e, err := cellOfAddress(c)
	if err != nil {
		return err
	}
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	value, sent, wrong := valueFrom(c, e.f)
	if wrong != "" {
		return refuseCell(c, http.StatusUnprocessableEntity, wrong, c.R.PostForm.Get("_base"))
	}
	if !sent {
		return fault.New(fault.Invalid, "There is no value.")
	}
	input := record.Input{Body: map[string]any{e.f.Name: value}}
	now, conflicts, err := update(c, e.in, e.id, input, []string{e.f.Name})
	switch {
	case len(conflicts) > 0 && c.R.PostForm.Has("_undo"):
		return fault.New(fault.Invalid, "Somebody else has changed this meanwhile. Nothing was undone.")
	case len(conflicts) > 0:
		return refuseCell(c, http.StatusConflict, conflicts[0].Message, base(e.in, now, e.f))
	case fault.KindOf(err) == fault.NotFound:
		return fault.New(fault.NotFound, "This record was deleted meanwhile.")
	}
	problems, err := console.Problems(err)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return refuseCell(c, http.StatusUnprocessableEntity, wordsOf(problems, e.f.Name), c.R.PostForm.Get("_base"))
	}
	return e.saved(c)
}

// wordsOf is what is wrong with the field, and with others by their names.
func wordsOf(problems map[string]string, field string) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(problems)) {
		if name == field || name == "" {
			list = append(list, problems[name])
		} else {
			list = append(list, name+": "+problems[name])
		}
	}
	return strings.Join(list, " ")
}

// saved answers with the row as it is now.
func (e *cellEdit) saved(c *console.Call) error {
	r, err := c.App.Records().FindByID(c.R.Context(), e.in.ID, e.id)
	if err != nil {
		return err
	}
	if err := e.view.readRows(c, []string{e.id}); err != nil {
		return err
	}
	if err := c.Tell("cellsaved", map[string]string{"id": e.id, "field": e.f.Name, "base": base(e.in, r, e.f)}); err != nil {
		return err
	}
	return c.Part(liveRows(e.view))
}

// refuseCell says below the input what is wrong. The marks take the place of those of the form: with
// those of what is stored now, saving again overwrites it.
func refuseCell(c *console.Call, status int, words, marks string) error {
	c.W.Header().Set("HX-Retarget", "find [data-cell-problem]")
	c.W.Header().Set("HX-Reswap", "innerHTML")
	return c.PartAs(status, cellProblem(words, marks))
}
