package records

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/a-h/templ"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/admin/internal/sheet"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/where"
)

// panel is the panel of one record: its form, its history or its sign-in tab.
type panel struct {
	in      *schema.Collection
	r       *record.Record
	isNew   bool
	related map[string][]choice // related records by the names of the relation fields
	names   map[string]string   // names of the collections that relations refer to, by id
	sources []string            // names of the collections with public file fields, for rich texts
	places  []filePlace         // fields that can store files of rich texts
	appURL  string
	inputs  map[string]string // the custom elements of the embedding program by field name
	prefix  string            // prefix of the ids of inputs, for a form in a dialog over another form
	past    *record.History   // the history tab, shown instead of the form; nil for another tab
	account *account          // the sign-in tab, shown instead of the form; nil for another tab
	actors  map[string]string // titles of the accounts that changed the record, by change.Change.By
}

// at returns the id of the input of a field, found the id of the list of records that it finds.
func (p *panel) at(f *schema.Field) string    { return p.prefix + "f-" + f.Name }
func (p *panel) found(f *schema.Field) string { return p.prefix + "found-" + f.Name }

// choice is a record that a relation holds or may hold.
type choice struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

// show answers with the panel of a record, or with a page that has only this panel.
func show(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	p, err := panelOf(c, in, c.Param("id"))
	if fault.KindOf(err) == fault.NotFound {
		return showDeleted(c, in, c.Param("id"))
	}
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

// panelOf reads a record and the titles of its related records. The fault is NotFound for a record
// that does not exist.
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

// openPanel returns the panel beside the table for the open record, or for its deletion. It returns
// nil if no record is open, or if the change log does not hold the deletion.
func openPanel(c *console.Call, v *view) (templ.Component, error) {
	if v.open == "" {
		return nil, nil
	}
	p, err := panelOf(c, v.in, v.open)
	if fault.KindOf(err) == fault.NotFound {
		d, err := deletedOf(c, v.in, v.open)
		if fault.KindOf(err) == fault.NotFound {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return deletedPanel(d), nil
	}
	if err != nil {
		return nil, err
	}
	return recordPanel(p), nil
}

// showNew answers with the form of a new record: empty, or with the values of the record named by
// from=ID in the address, without its id, files and passwords.
func showNew(c *console.Call) error {
	in, err := c.Collection()
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

// title returns the title of the panel: "New record", or the title or the id of the record.
func (p *panel) title() string {
	if p.isNew {
		return "New record"
	}
	if f := sheet.TitleField(p.in); f != nil {
		return cmp.Or(cut(p.r.Text(f.Name)), p.r.ID())
	}
	return p.r.ID()
}

// base returns the marks of the values of fields, by the names of the fields, and the ids of the fields,
// as the value of the input _base.
func base(in *schema.Collection, r *record.Record, fields ...*schema.Field) string {
	marks := form.Marks{}
	for _, f := range fields {
		if isEditable(in, f) {
			marks[f.Name], marks[idMark+f.Name] = form.Mark(r.Get(f.Name)), f.ID
		}
	}
	return marks.Text()
}

// asJSON answers with the record as the API returns it, to be copied.
func asJSON(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	text, err := c.App.Records().Get(c.R.Context(), c.Caller, in.ID, c.Param("id"), "")
	if err != nil {
		return err
	}
	return c.JSON(json.RawMessage(text))
}

// withRelated adds the facts for the inputs: the titles of related records, the custom elements,
// and for editors of HTML the places of media.
func withRelated(c *console.Call, p *panel) (*panel, error) {
	p.related, p.names, p.inputs = map[string][]choice{}, map[string]string{}, c.Elements(p.in)
	if slices.ContainsFunc(p.in.Fields, func(f *schema.Field) bool { return f.Type() == "editor" }) {
		p.sources, p.places = mediaSources(c.App.Snapshot()), placesFor(p, c.App.Snapshot())
	}
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

// labels returns the titles of records in the order of their ids. The title of a deleted record is
// its id.
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
	title := sheet.TitleField(in)
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

// anyOf converts ids to values of a condition.
func anyOf(ids []string) []any {
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = id
	}
	return list
}
