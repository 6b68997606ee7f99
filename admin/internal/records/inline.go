package records

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// cellEdit is the edit of a value in its cell of the table.
type cellEdit struct {
	in   *schema.Collection
	f    *schema.Field
	id   string // the id of the record
	view *view  // the view that has the row
}

// cellOfAddress reads the id of the record, field=NAME and the view from the address. Faults:
// NotFound for a field without a column, Invalid for a field that cannot be edited.
func cellOfAddress(c *console.Call) (*cellEdit, error) {
	in, err := c.Collection()
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

// fitsCell reports whether the input of the value fits into a cell.
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

// showCell answers with an input that has the untruncated value. For a value that needs more room
// the page gets the event editbeside, and opens the panel beside the table.
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

// saveCell stores one value and answers with the row. The event cellsaved gives the page the mark
// of the new value. The page sends this mark to undo the change; if the value has changed since,
// the undo is refused.
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
	s := &sentForm{in: e.in, input: record.Input{Body: map[string]any{e.f.Name: value}}, sent: []string{e.f.Name}, fields: &follower{}}
	now, conflicts, err := update(c, s, e.id)
	switch {
	case len(conflicts) > 0 && c.R.PostForm.Has("_undo"):
		return fault.New(fault.Invalid, "Somebody else has changed this meanwhile. Nothing was undone.")
	case len(conflicts) > 0:
		problems, err := conflictProblems(c, s, e.id, conflicts)
		if err != nil {
			return err
		}
		return refuseCell(c, http.StatusConflict, problems[0].Message, base(e.in, now, e.f))
	case fault.KindOf(err) == fault.NotFound:
		return fault.New(fault.NotFound, "This record was deleted meanwhile.")
	}
	problems, err := console.Problems(err)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return refuseCell(c, http.StatusUnprocessableEntity, console.OneLine(problems, e.f.Name), c.R.PostForm.Get("_base"))
	}
	return e.saved(c)
}

// saved answers with the stored row.
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

// refuseCell shows a problem below the input. marks replaces the marks of the form: with the marks
// of the stored values, saving again overwrites them.
func refuseCell(c *console.Call, status int, words, marks string) error {
	c.W.Header().Set("HX-Retarget", "find [data-cell-problem]")
	c.W.Header().Set("HX-Reswap", "innerHTML")
	return c.PartAs(status, cellProblem(words, marks))
}
