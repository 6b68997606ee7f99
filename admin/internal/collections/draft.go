package collections

import (
	"encoding/json"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core/schema"
)

// opened is the stored definition at the time when a form was opened. The form has it as JSON in
// the hidden input _base. The path to a value is the name of its input: pagedrafts.js relies on it.
type opened struct {
	At      string                   `json:"at"` // the time at which the form was opened
	Name    string                   `json:"name"`
	Query   string                   `json:"viewQuery,omitempty"`
	Order   []string                 `json:"order"`   // the keys of the fields, in the stored order
	Fields  map[string]form.Document `json:"fields"`  // the fields by key
	Indexes map[string]string        `json:"indexes"` // the statements by key
}

// asOpened returns the definition for the input _base of a form that is opened at a time.
func (d *definition) asOpened(at time.Time) opened {
	o := opened{At: schema.FormatTime(at), Name: d.in.Name, Query: d.query, Order: []string{}, Fields: map[string]form.Document{}, Indexes: map[string]string{}}
	for i, f := range d.fields {
		o.Order = append(o.Order, f.key)
		o.Fields[f.key] = d.stored[i]
	}
	for _, text := range d.in.Indexes {
		o.Indexes[indexKey(text)] = text
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
		list, rest, _ := strings.Cut(at.Name, ".")
		switch list {
		case "name":
			o.Name = t.d.in.Name
		case "viewQuery":
			o.Query = t.d.query
		case "indexes":
			delete(o.Indexes, rest)
			if now := textOf(t.d.in.Indexes, rest); now != "" {
				o.Indexes[rest] = now
			}
		default:
			t.rebaseField(&o, rest)
		}
	}
	return o
}

// rebaseField sets a field of the opened definition, or one option of it, to its stored value. at is
// the key of the field, or the key and the option.
func (t *draft) rebaseField(o *opened, at string) {
	key, option, _ := strings.Cut(at, ".")
	now := t.stored(key)
	switch {
	case now == nil:
		delete(o.Fields, key)
		o.Order = slices.DeleteFunc(o.Order, func(other string) bool { return other == key })
	case option == "":
		o.Fields[key] = now
	default:
		o.Fields[key][option] = now[option]
	}
}

// draft is a three-way merge of a form and the stored definition. The base is the opened
// definition. An option that was changed on one side only gets the changed value; an option that
// was changed on both sides is a conflict.
type draft struct {
	c         *console.Call
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
	if in, err = edited(c); err != nil {
		return nil, nil, err
	}
	if err := form.Read(c, form.Small); err != nil {
		return nil, nil, err
	}
	d, err := definitionOf(c, in)
	if err != nil {
		return nil, nil, err
	}
	t = &draft{c: c, d: d, sent: c.R.PostForm, targets: targetsOf(c.App.Snapshot())}
	decoder := json.NewDecoder(strings.NewReader(t.sent.Get("_base")))
	decoder.UseNumber()
	if decoder.Decode(&t.base) != nil { // a form without _base overwrites the stored definition
		t.base = d.asOpened(c.App.Now())
	}
	if t.base.Indexes == nil {
		t.base.Indexes = map[string]string{}
	}
	return in, t, nil
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
		t.conflict(input, form.ChangedTo(now))
	}
	return true
}

// conflict adds a conflict about an input. The answer puts the account in front of words.
func (t *draft) conflict(input, words string) {
	t.conflicts = append(t.conflicts, form.Problem{Name: input, Message: words, Stored: true})
}

// refuse answers with the conflicts.
func (t *draft) refuse() error {
	base, err := t.rebased().text()
	if err != nil {
		return err
	}
	opened, _ := schema.ParseTime(t.base.At) // the zero time for a form without _base
	return form.ConflictSince(t.c, t.d.in.ID, opened, t.conflicts, base)
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
		t.conflict(at, " has deleted this field with its values. Save again to create it anew.")
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
		t.conflict("fields."+key, " has changed this field. Save again to delete it.")
	}
}

// indexes returns the indexes of the body: the indexes of the form without those that another user
// has deleted, followed by the indexes that another user has added.
func (t *draft) indexes() []string {
	list, keys := []string{}, t.sent["indexes.order"]
	for _, key := range keys {
		if text := t.index(key); text != "" {
			list, t.indexKeys = append(list, text), append(t.indexKeys, key)
		}
	}
	for _, now := range t.d.in.Indexes {
		key := indexKey(now)
		was := t.base.Indexes[key]
		switch {
		case slices.Contains(keys, key):
		case was == "" && !slices.Contains(list, now):
			list, t.indexKeys = append(list, now), append(t.indexKeys, "")
		case was != "" && was != now:
			t.conflict("indexes."+key, " has changed this index. Save again to delete it.")
		}
	}
	return list
}

// index returns the statement of the index with the key: the typed one if the form changes the index,
// else the stored one, "" for an index that somebody else has deleted.
func (t *draft) index(key string) string {
	typed := strings.TrimSpace(form.Sent(t.sent, "indexes."+key))
	if typed == "" {
		t.problems = append(t.problems, form.Problem{Name: "indexes." + key, Message: "Choose columns, or write a CREATE INDEX statement."})
	}
	was, now := t.base.Indexes[key], textOf(t.d.in.Indexes, key)
	switch {
	case typed == was || typed == now:
		return now // the service renames its columns
	case was != "" && now == "":
		t.conflict("indexes."+key, " has deleted this index. Save again to create it anew.")
	case was != now:
		t.conflict("indexes."+key, form.ChangedTo(now))
	}
	return t.inNewNames(typed)
}

// textOf returns the statement of the index with the key, "" for none.
func textOf(list []string, key string) string {
	if i := slices.IndexFunc(list, func(text string) bool { return indexKey(text) == key }); i >= 0 {
		return list[i]
	}
	return ""
}
