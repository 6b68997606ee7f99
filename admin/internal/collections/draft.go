package collections

import (
	"encoding/json"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core/schema"
)

// opened is the definition that was stored when a form was opened. The hidden input _base has the
// definition as JSON.
type opened struct {
	Name    string                   `json:"name"`
	Query   string                   `json:"query,omitempty"`
	Order   []string                 `json:"order"`  // the keys of the fields in their stored order
	Fields  map[string]form.Document `json:"fields"` // the stored fields by their keys
	Indexes []string                 `json:"indexes"`
}

// asOpened returns the opened definition of a form that is opened now.
func (d *definition) asOpened() opened {
	o := opened{Name: d.in.Name, Query: d.query, Order: []string{}, Fields: map[string]form.Document{}, Indexes: d.in.Indexes}
	for i, f := range d.fields {
		o.Order = append(o.Order, f.key)
		o.Fields[f.key] = d.stored[i]
	}
	return o
}

// text returns the value of the input _base.
func (o opened) text() (string, error) {
	text, err := schema.Marshal(o)
	return string(text), err
}

// rebased returns the opened definition with the stored values of the conflicts, so that the next
// save of the form has no conflicts and stores the typed values.
func (t *draft) rebased() opened {
	o := t.base
	for _, at := range t.conflicts {
		key, option, _ := strings.Cut(strings.TrimPrefix(at.Name, "fields."), ".")
		now := t.stored(key)
		switch {
		case at.Name == "name":
			o.Name = t.d.in.Name
		case at.Name == "viewQuery":
			o.Query = t.d.query
		case now == nil:
			delete(o.Fields, key)
			o.Order = slices.DeleteFunc(o.Order, func(other string) bool { return other == key })
		case option == "":
			o.Fields[key] = now
		default:
			o.Fields[key][option] = now[option]
		}
	}
	return o
}

// draft is a three-way merge of the typed definition in a form and the stored definition. Its base is
// the opened definition: an option that only one person has changed gets the changed value, and an
// option that both have changed is a conflict.
type draft struct {
	d         *definition // the stored definition
	base      opened
	sent      url.Values
	targets   []form.Option
	problems  []form.Problem // about typed texts that are not values of their inputs
	conflicts []form.Problem
	fieldKeys []string // the keys of the fields of the body, "" for a field that the form does not have
	indexKeys []string // the keys of the indexes of the body, "" for an index that the form does not have
}

// readDraft reads the form of the fields of the collection in the address.
func readDraft(c *console.Call) (in *schema.Collection, t *draft, err error) {
	if in, err = c.Collection(); err != nil {
		return nil, nil, err
	}
	if err := form.Read(c, form.Small); err != nil {
		return nil, nil, err
	}
	d, err := definitionOf(c, in)
	if err != nil {
		return nil, nil, err
	}
	return in, draftOf(d, c.R.PostForm, targetsOf(c.App.Snapshot())), nil
}

// draftOf returns the draft of a form. A form without _base overwrites the stored definition.
func draftOf(d *definition, sent url.Values, targets []form.Option) *draft {
	t := &draft{d: d, sent: sent, targets: targets}
	decoder := json.NewDecoder(strings.NewReader(sent.Get("_base")))
	decoder.UseNumber()
	if decoder.Decode(&t.base) != nil {
		t.base = d.asOpened()
	}
	return t
}

// stored returns the stored field with the key in the form, nil for a new or deleted field.
func (t *draft) stored(key string) form.Document {
	was, known := t.base.Fields[key]
	if !known {
		return nil
	}
	if i := slices.IndexFunc(t.d.stored, sameField(was)); i >= 0 {
		return t.d.stored[i]
	}
	return nil
}

// body returns the change of the collection that the form describes. Fields and indexes that were
// deleted in the form are missing in the body.
func (t *draft) body() map[string]any {
	name := t.value("name", t.base.Name, t.d.in.Name)
	if t.d.in.View != nil {
		return map[string]any{"name": name, "viewQuery": t.value("viewQuery", t.base.Query, t.d.query)}
	}
	return map[string]any{"name": name, "fields": t.fields(), "indexes": t.indexes()}
}

// value returns the merged value of an input: the typed value if the form changes it, else the
// stored value.
func (t *draft) value(input, was, now string) string {
	if t.changes(input, was, now) {
		return form.Sent(t.sent, input)
	}
	return now
}

// changes reports whether the typed text of an input differs from was, the opened text, and from now,
// the stored text. If was and now differ too, changes adds a conflict.
func (t *draft) changes(input, was, now string) bool {
	typed := form.Sent(t.sent, input)
	if typed == was || typed == now {
		return false
	}
	if was != now {
		t.conflict(input, "Somebody else has changed this to “"+now+"”. Save again to put yours in its place.")
	}
	return true
}

func (t *draft) conflict(input, words string) {
	t.conflicts = append(t.conflicts, form.Problem{Name: input, Message: words})
}

// entry is a field of the body with its key in the form, "" for a field that the form does not have.
type entry struct {
	key   string
	field form.Document
}

// fields returns the fields of the body in the order of the form, then the fields that somebody else
// has added. If nothing was moved in the form, the stored fields have their stored order.
func (t *draft) fields() []form.Document {
	var list []entry
	for _, key := range t.sent["order"] {
		f := t.field(key)
		if f == nil {
			continue
		}
		if f.Text("name") == "" {
			t.problems = append(t.problems, form.Problem{Name: "fields." + key + ".name", Message: "Cannot be blank."})
		}
		list = append(list, entry{key, f})
	}
	t.checkDeleted()
	for _, f := range t.d.stored {
		if !slices.ContainsFunc(slices.Collect(maps.Values(t.base.Fields)), sameField(f)) {
			list = append(list, entry{"", f})
		}
	}
	if !t.moved() {
		slices.SortStableFunc(list, func(a, b entry) int { return t.place(a.field) - t.place(b.field) })
	}
	fields := []form.Document{}
	for _, e := range list {
		fields, t.fieldKeys = append(fields, e.field), append(t.fieldKeys, e.key)
	}
	return fields
}

func sameField(as form.Document) func(form.Document) bool {
	return func(f form.Document) bool { return f.Text("id") == as.Text("id") }
}

// place returns the index of a field in the stored fields, and for a new field the index behind them.
func (t *draft) place(f form.Document) int {
	if i := slices.IndexFunc(t.d.stored, sameField(f)); i >= 0 {
		return i
	}
	return len(t.d.stored)
}

// moved reports whether fields were moved in the form. Otherwise the form has the opened fields in
// their order, then the new fields.
func (t *draft) moved() bool {
	mine := t.sent["order"]
	kept := slices.DeleteFunc(slices.Clone(t.base.Order), func(key string) bool { return !slices.Contains(mine, key) })
	return !slices.Equal(mine[:min(len(kept), len(mine))], kept)
}

// field returns the field with the key: the stored field, or a new one, with the typed options. It
// returns nil for an unchanged field that somebody else has deleted.
func (t *draft) field(key string) form.Document {
	was, now, at := t.base.Fields[key], t.stored(key), "fields."+key
	f := form.Document{"type": t.sent.Get(at + ".type")}
	if now != nil {
		f = maps.Clone(now)
	}
	stored := now
	if now == nil {
		stored = was // the deletion is the only conflict of the field
	}
	all := inputs(f.Text("type"), at, t.targets)
	typed := slices.DeleteFunc(slices.Clone(all), func(in form.Input) bool {
		return !t.sent.Has(in.Name) || was != nil && !t.changes(in.Name, in.Text(document(key, was)), in.Text(document(key, stored)))
	})
	if was != nil && now == nil {
		if len(typed) == 0 {
			return nil
		}
		typed = all
		t.conflict(at, "Somebody else has deleted this field with its values. Save again to create it anew.")
	}
	change, problems := form.Patch([]form.Group{{Inputs: typed}}, t.sent)
	t.problems = append(t.problems, problems...)
	if options, ok := change["fields"].(map[string]any); ok {
		changed, _ := options[key].(map[string]any)
		maps.Copy(f, changed)
	}
	return f
}

// document returns the document of the inputs of a field.
func document(key string, f form.Document) form.Document {
	return form.Document{"fields": map[string]any{key: map[string]any(f)}}
}

// checkDeleted finds the fields that were deleted in the form and that somebody else has changed.
func (t *draft) checkDeleted() {
	for _, key := range t.base.Order {
		now := t.stored(key)
		if slices.Contains(t.sent["order"], key) || now == nil || reflect.DeepEqual(t.base.Fields[key], now) {
			continue
		}
		t.conflict("fields."+key, "Somebody else has changed this field. Save again to delete it.")
	}
}

// indexes returns the indexes of the body: the indexes of the form that nobody else has deleted, then
// the indexes that somebody else has added.
func (t *draft) indexes() []string {
	list := []string{}
	for _, key := range t.sent["indexes.order"] {
		text := strings.TrimSpace(form.Sent(t.sent, "indexes."+key))
		if text == "" {
			t.problems = append(t.problems, form.Problem{Name: "indexes." + key, Message: "Choose columns, or write a CREATE INDEX statement."})
		}
		stored := slices.Contains(t.d.in.Indexes, text)
		if !stored && slices.Contains(t.base.Indexes, text) {
			continue
		}
		if !stored { // the service renames the columns of a stored statement
			text = t.inNewNames(text)
		}
		list, t.indexKeys = append(list, text), append(t.indexKeys, key)
	}
	for _, text := range t.d.in.Indexes {
		if !slices.Contains(t.base.Indexes, text) && !slices.Contains(list, text) {
			list, t.indexKeys = append(list, text), append(t.indexKeys, "")
		}
	}
	return list
}
