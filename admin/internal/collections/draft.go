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

// opened is the stored definition at the time when a form was opened. The form has it as JSON in
// the hidden input _base.
type opened struct {
	Name    string                   `json:"name"`
	Query   string                   `json:"query,omitempty"`
	Order   []string                 `json:"order"`  // the keys of the fields, in the stored order
	Fields  map[string]form.Document `json:"fields"` // the fields by key
	Indexes []string                 `json:"indexes"`
}

// asOpened returns the definition for the input _base of a new form.
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

// rebased returns the opened definition with the stored values at the conflicts. With this _base
// the next save of the form has no conflicts and stores the typed values.
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

// draft is a three-way merge of a form and the stored definition. The base is the opened
// definition. An option that was changed on one side only gets the changed value; an option that
// was changed on both sides is a conflict.
type draft struct {
	d         *definition // the stored definition
	base      opened
	sent      url.Values
	targets   []form.Option
	problems  []form.Problem // inputs whose text cannot be read
	conflicts []form.Problem
	fieldKeys []string // the keys of the fields of the body, "" for a field that the form lacks
	indexKeys []string // the keys of the indexes of the body, "" for an index that the form lacks
}

// readDraft reads the form with the fields of the collection in the address.
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

// stored returns the stored field with the key, nil for a new or deleted field.
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

// body returns the merged definition as the body of an update. It lacks the fields and indexes that
// were deleted in the form.
func (t *draft) body() map[string]any {
	name := t.value("name", t.base.Name, t.d.in.Name)
	if t.d.in.View != nil {
		return map[string]any{"name": name, "viewQuery": t.value("viewQuery", t.base.Query, t.d.query)}
	}
	return map[string]any{"name": name, "fields": t.fields(), "indexes": t.indexes()}
}

// value merges an option of the collection. It returns the typed value if the form changes the
// option, else the stored value.
func (t *draft) value(input, was, now string) string {
	if t.changes(input, was, now) {
		return form.Sent(t.sent, input)
	}
	return now
}

// changes reports whether the text of an input differs from the opened value and from the stored
// value. If these two also differ from each other, changes adds a conflict.
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

// entry is a field of the body. key is "" for a field that the form lacks.
type entry struct {
	key   string
	field form.Document
}

// fields returns the fields of the body in the order of the form, followed by the fields that
// another user has added. If no field was moved in the form, the stored fields keep their stored
// order.
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

// place returns the index of a field in the stored fields. The place of a new field is after them.
func (t *draft) place(f form.Document) int {
	if i := slices.IndexFunc(t.d.stored, sameField(f)); i >= 0 {
		return i
	}
	return len(t.d.stored)
}

// moved reports whether the order of the fields was changed in the form. New fields at the end do
// not change the order.
func (t *draft) moved() bool {
	mine := t.sent["order"]
	kept := slices.DeleteFunc(slices.Clone(t.base.Order), func(key string) bool { return !slices.Contains(mine, key) })
	return !slices.Equal(mine[:min(len(kept), len(mine))], kept)
}

// field returns the field with the key: the stored or new field with the typed options. It returns
// nil for a field that another user has deleted and the form leaves unchanged.
func (t *draft) field(key string) form.Document {
	was, now, at := t.base.Fields[key], t.stored(key), "fields."+key
	f := form.Document{"type": t.sent.Get(at + ".type")}
	if now != nil {
		f = maps.Clone(now)
	}
	stored := now
	if now == nil {
		stored = was // so that the deletion is the only conflict of the field
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

// document wraps a field so that the inputs named fields.KEY.option find its options.
func document(key string, f form.Document) form.Document {
	return form.Document{"fields": map[string]any{key: map[string]any(f)}}
}

// checkDeleted adds a conflict for each field that was deleted in the form and changed by another
// user.
func (t *draft) checkDeleted() {
	for _, key := range t.base.Order {
		now := t.stored(key)
		if slices.Contains(t.sent["order"], key) || now == nil || reflect.DeepEqual(t.base.Fields[key], now) {
			continue
		}
		t.conflict("fields."+key, "Somebody else has changed this field. Save again to delete it.")
	}
}

// indexes returns the indexes of the body: the indexes of the form without those that another user
// has deleted, followed by the indexes that another user has added.
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
		if !stored { // the collection service renames the columns of a stored statement
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
