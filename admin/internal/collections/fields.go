package collections

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// field is a field in the form: its inputs are named fields.KEY.option.
type field struct {
	key, name, kind string
	system, isNew   bool
	unique          bool   // a unique index has this field as its only column
	json            string // the stored field, "" for a new one
	document        form.Document
	inputs          []form.Input
}

// on reports whether a boolean option of the field is true.
func (f field) on(option string) bool { return f.document.On("fields." + f.key + "." + option) }

// isID reports whether the field is the id of the records.
func (f field) isID() bool { return f.name == "id" && f.system }

// definition is the definition of a collection for the form.
type definition struct {
	in      *schema.Collection
	fields  []field
	stored  []form.Document // the stored fields; the key of a field is a hash of its id
	indexes []index
	query   string // the query of a view
	base    string // the value of the input _base
}

func definitionOf(c *console.Call, in *schema.Collection) (*definition, error) {
	document, err := form.Open(in)
	if err != nil {
		return nil, err
	}
	d := &definition{in: in, indexes: indexesOf(in), query: document.Text("viewQuery")}
	list, _ := document["fields"].([]any)
	for _, item := range list {
		object, _ := item.(map[string]any)
		stored := form.Document(object)
		d.stored = append(d.stored, stored)
		f := fieldFrom(form.Mark(stored.Text("id")), stored, targetOf(c.App.Snapshot(), stored))
		text, err := schema.Marshal(stored)
		if err != nil {
			return nil, err
		}
		f.json = string(text)
		_, f.unique = in.UniqueIndex(f.name)
		d.fields = append(d.fields, f)
	}
	d.base, err = d.asOpened(c.App.Now()).text()
	return d, err
}

func fieldFrom(key string, stored form.Document, targets []form.Option) field {
	kind := stored.Text("type")
	return field{
		key: key, name: stored.Text("name"), kind: kind, system: stored.On("system"),
		document: document(key, stored),
		inputs:   inputs(kind, "fields."+key, targets),
	}
}

func showFields(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	d, err := definitionOf(c, in)
	if err != nil {
		return err
	}
	title := "Fields"
	if in.View != nil {
		title = "Query" // as in the tabs
	}
	page := frame(c, in, title)
	page.Scripts = append(page.Scripts, "editor.js") // for the query of a view and for new indexes
	return c.Page(page, fieldsPage(d, c.Tabs(in), c.Locked()))
}

// newField answers with the row of a new field.
func newField(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	kind := c.R.URL.Query().Get("type")
	if !slices.Contains(kinds, kind) {
		return fault.New(fault.Invalid, "There is no such kind of field.")
	}
	f, err := newFieldFrom(map[string]any{"type": kind, "onCreate": true, "maxSelect": 1}, targetsOf(c.App.Snapshot()))
	if err != nil {
		return err
	}
	return c.Part(fieldRow(console.CollectionPath(in), f, true))
}

// saveFields stores the fields in the form. Before a change that loses or rewrites data, or breaks
// rules, a dialog describes the effects and asks for confirmation. If another user has changed an
// option that the form changes too, nothing is stored, and the form shows the conflict.
func saveFields(c *console.Call) error {
	in, t, err := readDraft(c)
	if err != nil {
		return err
	}
	body := t.body()
	switch {
	case len(t.problems) > 0:
		return form.Refuse(c, http.StatusUnprocessableEntity, t.problems)
	case len(t.conflicts) > 0:
		return t.refuse()
	}
	plan, err := planOf(c, in, body)
	if err != nil {
		return form.FailAt(c, err, t.input)
	}
	// The plan lists the typed query of a view and the typed indexes too.
	typed, _ := body["indexes"].([]string)
	plan.Rewrites = slices.DeleteFunc(plan.Rewrites, func(w collection.Rewrite) bool {
		return w.To == body["viewQuery"] || w.Property == "indexes" && slices.Contains(typed, w.To)
	})
	r := review{in: in, plan: plan, names: t.d.nameChanges(body), again: t.sent.Get("_confirmed") != ""}
	if r.asks() && t.sent.Get("_confirmed") != in.Name {
		if r.lost, err = lossesOf(c, plan); err != nil {
			return err
		}
		r.uses = t.d.usesOf(c, body)
		return c.Dialog(http.StatusOK, reviewDialog(r))
	}
	updated, err := storeChange(c, in, body)
	if err != nil {
		return form.FailAt(c, err, t.input)
	}
	c.Toast("Saved")
	return c.Go(console.CollectionPath(updated) + "/fields")
}

// storeChange updates a collection. The fault is Unavailable if another user has changed the
// collection since in was read.
func storeChange(c *console.Call, in *schema.Collection, body map[string]any) (updated *schema.Collection, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	err = c.App.Transaction(c.R.Context(), func(tx *core.Tx) error {
		now, err := tx.Collections.Get(tx.Context, c.Caller, in.ID)
		if err != nil {
			return err
		}
		if now.Updated != in.Updated {
			return fault.New(fault.Unavailable, "Somebody else has just changed the collection. Save again.")
		}
		updated, err = tx.Collections.Update(tx.Context, c.Caller, in.ID, text)
		return err
	})
	return updated, err
}

// planOf returns the effects that a change of the collection would have.
func planOf(c *console.Call, in *schema.Collection, body any) (*collection.Plan, error) {
	text, err := json.Marshal(map[string]any{"update": map[string]any{"collection": in.ID, "body": body}})
	if err != nil {
		return nil, err
	}
	return c.App.Collections().Plan(c.R.Context(), c.Caller, text)
}

// input returns the name of the input for a name in the body. Fields and indexes have numbers in
// the body and keys in the form.
func (t *draft) input(name string) string {
	keys := map[string][]string{"fields": t.fieldKeys, "indexes": t.indexKeys}
	parts := strings.SplitN(name, ".", 3)
	if i, notNumber := strconv.Atoi(form.At(parts, 1)); notNumber == nil && form.At(keys[parts[0]], i) != "" {
		parts[1] = keys[parts[0]][i]
	}
	return strings.Join(parts, ".")
}
