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
	json            string // the stored field, "" for a new one
	document        form.Document
	inputs          []form.Input
}

// isID reports whether the field is the id of the records.
func (f field) isID() bool { return f.name == "id" && f.system }

// definition is the definition of a collection for the form.
type definition struct {
	in      *schema.Collection
	fields  []field
	stored  []map[string]any // the stored fields; the key of a field is its index
	indexes string           // one index per line
	query   string           // the query of a view
}

func definitionOf(c *console.Call, in *schema.Collection) (*definition, error) {
	document, err := form.Open(in)
	if err != nil {
		return nil, err
	}
	d := &definition{in: in, indexes: document.Text("indexes"), query: document.Text("viewQuery")}
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
	return c.Page(frame(c, in, "Fields"), fieldsPage(d, c.Tabs(in), c.Locked()))
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
	body = map[string]any{"name": sent.Get("name"), "indexes": linesOf(sent.Get("indexes"))}
	if d.in.View != nil {
		return map[string]any{"name": sent.Get("name"), "viewQuery": sent.Get("viewQuery")}, nil
	}
	fields := []any{}
	for _, key := range sent["order"] {
		f, wrong := d.field(key, sent, targets)
		problems = append(problems, wrong...)
		if _, ok := f["name"].(string); !ok {
			problems = append(problems, form.Problem{Name: "fields." + key + ".name", Message: "Cannot be blank."})
		}
		fields = append(fields, f)
	}
	body["fields"] = fields
	return body, problems
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

func linesOf(text string) []string {
	list := []string{}
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
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
		return failFields(c, err, sent["order"])
	}
	if asks(plan) && sent.Get("_confirmed") != in.Name {
		return c.Dialog(http.StatusOK, reviewDialog(in, plan, sent.Get("_confirmed") != ""))
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	updated, err := c.App.Collections().Update(c.R.Context(), c.Caller, in.ID, text)
	if err != nil {
		return failFields(c, err, sent["order"])
	}
	c.Toast("Saved")
	return c.Go(console.CollectionPath(updated) + "/fields")
}

func planOf(c *console.Call, in *schema.Collection, body map[string]any) (*collection.Plan, error) {
	text, err := json.Marshal(map[string]any{"update": map[string]any{"collection": in.ID, "body": body}})
	if err != nil {
		return nil, err
	}
	return c.App.Collections().Plan(c.R.Context(), c.Caller, text)
}

// asks reports whether the superuser has to confirm the plan.
func asks(p *collection.Plan) bool { return len(p.Losses)+len(p.Rewrites)+len(p.Broken) > 0 }

// failFields answers with the problems of an error. The service names a field by its index, the
// form by its key.
func failFields(c *console.Call, err error, order []string) error {
	return form.FailAt(c, err, func(name string) string {
		parts := strings.SplitN(name, ".", 3)
		if i, notNumber := strconv.Atoi(at(parts, 1)); parts[0] == "fields" && notNumber == nil && i < len(order) {
			parts[1] = order[i]
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
