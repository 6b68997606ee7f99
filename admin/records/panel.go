package records

import (
	"cmp"
	"context"
	"encoding/json"
	"hash/fnv"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"github.com/loambase/loam/admin/console"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/where"
)

// panel is one record as a form shows it.
type panel struct {
	in      *schema.Collection
	r       *record.Record
	isNew   bool
	related map[string][]choice // by relation field: what it holds
	names   map[string]string   // of the collections that relations lead to, by id
	appURL  string
	prefix  string            // of the ids of inputs: for a form that lies over another one
	past    *record.History   // in place of the form
	account *account          // in place of the form
	actors  map[string]string // what the accounts are called that changed it, by change.Change.By
}

// at is the id of the input of a field, found that of the list of records below it.
func (p *panel) at(f *schema.Field) string    { return p.prefix + "f-" + f.Name }
func (p *panel) found(f *schema.Field) string { return p.prefix + "found-" + f.Name }

// choice is a record that a relation holds or may hold.
type choice struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

// show answers with the panel of a record, or with a page of it alone.
func show(c *console.Call) error {
	in, err := collectionOf(c)
	if err != nil {
		return err
	}
	p, err := panelOf(c, in, c.Param("id"))
	if err != nil {
		return err
	}
	return answer(c, p)
}

func answer(c *console.Call, p *panel) error {
	if c.IsPart("panel") {
		return c.Part(recordPanel(p))
	}
	return c.Page(about(c, p.in, p.title()), recordPage(p))
}

// panelOf reads the record.
func panelOf(c *console.Call, in *schema.Collection, id string) (*panel, error) {
	r, err := c.App.Records().FindByID(c.R.Context(), in.ID, id)
	if fault.KindOf(err) == fault.NotFound {
		return nil, fault.New(fault.NotFound, "There is no record "+id+" in "+in.Name+" any more.")
	}
	if err != nil {
		return nil, err
	}
	return withRelated(c, &panel{in: in, r: r, appURL: c.Settings.Meta.AppURL})
}

// openPanel is the panel beside the table, nil if no record is open or it is gone.
func openPanel(c *console.Call, v *view) (templ.Component, error) {
	if v.open == "" {
		return nil, nil
	}
	p, err := panelOf(c, v.in, v.open)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return recordPanel(p), nil
}

// showNew answers with the form of a new record: empty, or like the record that the
// address names. Files and secrets are not copied.
func showNew(c *console.Call) error {
	in, err := collectionOf(c)
	if err != nil {
		return err
	}
	if in.View != nil {
		return fault.New(fault.Forbidden, "Records of a view come from its query.")
	}
	p := &panel{in: in, r: record.Blank(in), isNew: true}
	if isForRelation(c) {
		return newForRelation(c, p)
	}
	if from := c.R.URL.Query().Get("from"); from != "" {
		model, err := c.App.Records().FindByID(c.R.Context(), in.ID, from)
		if err != nil {
			return err
		}
		for _, f := range in.Fields {
			if isEditable(in, f) && f.Type() != "file" && !f.IsID() && !f.IsPassword() {
				p.r.Set(f.Name, model.Get(f.Name))
			}
		}
	}
	if p, err = withRelated(c, p); err != nil {
		return err
	}
	return answer(c, p)
}

// isEditable reports whether a form has an input for the field.
func isEditable(in *schema.Collection, f *schema.Field) bool {
	if _, auto := f.Kind.(*schema.Autodate); auto {
		return false
	}
	return f.IsPassword() || isShown(in, f)
}

// title is what the record is called.
func (p *panel) title() string {
	if p.isNew {
		return "New record"
	}
	if f := titleField(p.in); f != nil {
		return cmp.Or(cut(p.r.Text(f.Name)), p.r.ID())
	}
	return p.r.ID()
}

// base are the values of fields as they were read, one short mark a field: what a save is compared
// with, to find what somebody else has changed meanwhile.
func base(in *schema.Collection, r *record.Record, fields ...*schema.Field) string {
	marks := map[string]string{}
	for _, f := range fields {
		if isEditable(in, f) {
			marks[f.Name] = mark(r.Get(f.Name))
		}
	}
	text, err := json.Marshal(marks)
	if err != nil {
		return "{}" // strings alone are always encoded
	}
	return string(text)
}

// mark tells one value from another.
func mark(v any) string {
	text, err := schema.Marshal(v)
	if err != nil {
		return ""
	}
	h := fnv.New64a()
	h.Write(text) //nolint:errcheck // it never fails
	return strconv.FormatUint(h.Sum64(), 36)
}

// asJSON answers with the record as the API has it, for who copies it.
func asJSON(c *console.Call) error {
	text, err := c.App.Records().Get(c.R.Context(), c.Caller, c.Param("collection"), c.Param("id"), "")
	if err != nil {
		return err
	}
	c.W.Header().Set("Content-Type", "application/json")
	c.W.Write(text) //nolint:errcheck // who has gone needs no answer
	return nil
}

// withRelated fills in the names of the records that relations hold.
func withRelated(c *console.Call, p *panel) (*panel, error) {
	p.related, p.names = map[string][]choice{}, map[string]string{}
	for _, f := range p.in.Fields {
		kind, ok := f.Kind.(*schema.Relation)
		if !ok {
			continue
		}
		if target := c.App.Snapshot().ByID(kind.CollectionID); target != nil {
			p.names[target.ID] = target.Name
		}
		names, err := labels(c.R.Context(), c, kind.CollectionID, p.r.Strings(f.Name))
		if err != nil {
			return nil, err
		}
		p.related[f.Name] = names
	}
	return p, nil
}

// labels names records by their ids, in that order. A record that is gone keeps its id.
func labels(ctx context.Context, c *console.Call, collection string, ids []string) ([]choice, error) {
	in := c.App.Snapshot().ByID(collection)
	list := make([]choice, len(ids))
	for i, id := range ids {
		list[i] = choice{id, id}
	}
	if in == nil || len(ids) == 0 {
		return list, nil
	}
	names := map[string]string{}
	title := titleField(in)
	for chunk := range slices.Chunk(ids, readTogether) {
		branch, err := c.App.Records().Tree(ctx, c.Caller, &record.Node{
			Collection: in.ID, Fields: []string{title.Name}, Where: where.In("id", anyOf(chunk)...), Limit: readTogether,
		})
		if err == nil {
			err = branch.Err
		}
		if err != nil {
			return nil, err
		}
		named, err := choicesOf(branch, title)
		if err != nil {
			return nil, err
		}
		for _, found := range named {
			names[found.ID] = found.Label
		}
	}
	for i, id := range ids {
		list[i].Label = cmp.Or(names[id], id)
	}
	return list, nil
}

// anyOf are ids as values of a condition.
func anyOf(ids []string) []any {
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = id
	}
	return list
}
