package collections

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
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
	stored  []map[string]any // the stored fields; the key of a field is its index
	indexes []index
	query   string // the query of a view
}

func definitionOf(c *console.Call, in *schema.Collection) (*definition, error) {
	document, err := form.Open(in)
	if err != nil {
		return nil, err
	}
	d := &definition{in: in, indexes: indexesOf(in), query: document.Text("viewQuery")}
	list, _ := document["fields"].([]any)
	targets := targetsOf(c.App.Snapshot())
	for i, item := range list {
		stored, _ := item.(map[string]any)
		d.stored = append(d.stored, stored)
		f := fieldFrom(strconv.Itoa(i), stored, targets)
		text, err := schema.Marshal(stored)
		if err != nil {
			return nil, err
		}
		f.json = string(text)
		_, f.unique = in.UniqueIndex(f.name)
		d.fields = append(d.fields, f)
	}
	return d, nil
}

func fieldFrom(key string, stored map[string]any, targets []form.Option) field {
	name, _ := stored["name"].(string)
	kind, _ := stored["type"].(string)
	system, _ := stored["system"].(bool)
	return field{
		key: key, name: name, kind: kind, system: system,
		document: form.Document{"fields": map[string]any{key: stored}},
		inputs:   inputs(kind, "fields."+key, targets),
	}
}

func showFields(c *console.Call) error {
	in, err := collectionOf(c)
	if err != nil {
		return err
	}
	d, err := definitionOf(c, in)
	if err != nil {
		return err
	}
	page := frame(c, in, "Fields")
	page.Scripts = append(page.Scripts, "editor.js") // for the query of a view, and for new indexes
	return c.Page(page, fieldsPage(d, c.Tabs(in), c.Locked()))
}

// newField answers with the row of a new field.
func newField(c *console.Call) error {
	in, err := collectionOf(c)
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

// body returns the change of the collection that the form describes. Fields that are missing in the
// form are deleted.
func (d *definition) body(sent url.Values, targets []form.Option) (body map[string]any, problems []form.Problem) {
	if d.in.View != nil {
		return map[string]any{"name": sent.Get("name"), "viewQuery": sent.Get("viewQuery")}, nil
	}
	indexes, problems := d.sentIndexes(sent)
	fields := []any{}
	for _, key := range sent["order"] {
		f, wrong := d.field(key, sent, targets)
		problems = append(problems, wrong...)
		if _, ok := f["name"].(string); !ok {
			problems = append(problems, form.Problem{Name: "fields." + key + ".name", Message: "Cannot be blank."})
		}
		fields = append(fields, f)
	}
	return map[string]any{"name": sent.Get("name"), "fields": fields, "indexes": indexes}, problems
}

// field returns the field with the key: the stored field, or a new one, with the typed options.
func (d *definition) field(key string, sent url.Values, targets []form.Option) (f map[string]any, problems []form.Problem) {
	f = map[string]any{"type": sent.Get("fields." + key + ".type")}
	if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(d.stored) {
		f = maps.Clone(d.stored[i])
	}
	kind, _ := f["type"].(string)
	change, problems := form.Patch([]form.Group{{Inputs: inputs(kind, "fields."+key, targets)}}, sent)
	if options, ok := change["fields"].(map[string]any); ok {
		typed, _ := options[key].(map[string]any)
		maps.Copy(f, typed)
	}
	return f, problems
}

// saveFields stores the fields in the form. A change that loses or rewrites data, or breaks rules,
// is described in a dialog first.
func saveFields(c *console.Call) error {
	in, err := collectionOf(c)
	if err != nil {
		return err
	}
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	d, err := definitionOf(c, in)
	if err != nil {
		return err
	}
	sent := c.R.PostForm
	body, problems := d.body(sent, targetsOf(c.App.Snapshot()))
	if len(problems) > 0 {
		return form.Refuse(c, http.StatusUnprocessableEntity, problems)
	}
	plan, err := planOf(c, in, body)
	if err != nil {
		return failFields(c, err, sent)
	}
	r := review{in: in, plan: plan, names: d.nameChanges(sent, body), again: sent.Get("_confirmed") != ""}
	if r.asks() && sent.Get("_confirmed") != in.Name {
		return c.Dialog(http.StatusOK, reviewDialog(r))
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	updated, err := c.App.Collections().Update(c.R.Context(), c.Caller, in.ID, text)
	if err != nil {
		return failFields(c, err, sent)
	}
	c.Toast("Saved")
	return c.Go(console.CollectionPath(updated) + "/fields")
}

// planOf returns the effects that a change of the collection would have.
func planOf(c *console.Call, in *schema.Collection, body any) (*collection.Plan, error) {
	text, err := json.Marshal(map[string]any{"update": map[string]any{"collection": in.ID, "body": body}})
	if err != nil {
		return nil, err
	}
	return c.App.Collections().Plan(c.R.Context(), c.Caller, text)
}

// failFields answers with the problems of an error. The service names fields and indexes by their
// numbers, the form by their keys.
func failFields(c *console.Call, err error, sent url.Values) error {
	keys := map[string][]string{"fields": sent["order"], "indexes": sent["indexes.order"]}
	return form.FailAt(c, err, func(name string) string {
		parts := strings.SplitN(name, ".", 3)
		if i, notNumber := strconv.Atoi(at(parts, 1)); notNumber == nil && i < len(keys[parts[0]]) {
			parts[1] = keys[parts[0]][i]
		}
		return strings.Join(parts, ".")
	})
}

func at(list []string, i int) string {
	if i >= len(list) {
		return ""
	}
	return list[i]
}
