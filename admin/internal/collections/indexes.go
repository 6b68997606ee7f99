package collections

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// index is an index in the form. The input indexes.KEY has the statement. The inputs with names
// that begin with "_" change the statement.
type index struct {
	key, text string
	parsed    schema.Index // the statement, if it can be parsed
	problem   string       // the reason why the statement cannot be parsed
	isNew     bool
}

func indexFrom(key, text string) index {
	ix := index{key: key, text: text}
	if text == "" {
		return ix
	}
	var err error
	if ix.parsed, err = schema.ParseIndex(text); err != nil {
		ix.problem = "This is no CREATE INDEX statement."
	}
	return ix
}

// indexesOf returns the stored indexes of the collection.
func indexesOf(in *schema.Collection) (list []index) {
	for _, text := range in.Indexes {
		list = append(list, indexFrom(indexKey(text), text))
	}
	return list
}

// indexKey returns the key of a stored index, a hash of its name: a changed index keeps its key.
func indexKey(text string) string {
	ix, err := schema.ParseIndex(text)
	if err != nil { // not reached: the service has parsed it
		return form.Mark(text)
	}
	return form.Mark(strings.ToLower(ix.Name))
}

// title returns the name of the index, or "New index" if it has no name yet.
func (ix index) title() string {
	if ix.parsed.Name == "" {
		return "New index"
	}
	return ix.parsed.Name
}

// columns returns the columns and expressions of the index.
func (ix index) columns() (names []string) {
	for _, c := range ix.parsed.Columns {
		names = append(names, c.Name)
	}
	return names
}

// toggle adds the column to the index, or removes it if the index has it.
func (ix *index) toggle(column string) {
	i := slices.IndexFunc(ix.parsed.Columns, func(c schema.IndexColumn) bool { return strings.EqualFold(c.Name, column) })
	if i >= 0 {
		ix.parsed.Columns = slices.Delete(ix.parsed.Columns, i, i+1)
	} else {
		ix.parsed.Columns = append(ix.parsed.Columns, schema.IndexColumn{Name: column})
	}
}

// editIndex answers with the row of the index _key after a change. The parameter _column adds or
// removes a column; with _switched the index is unique if the switch _unique.KEY is on. Without
// _key, the answer is the row of a new index.
func editIndex(c *console.Call) error {
	in, t, err := readDraft(c)
	if err != nil {
		return err
	}
	if in.View != nil {
		return fault.New(fault.Invalid, "A view has no indexes.")
	}
	sent, key := t.sent, t.sent.Get("_key")
	if key == "" {
		ix := indexFrom(form.NewKey(), "")
		ix.isNew = true
		return c.Part(indexRow(in, ix, true))
	}
	ix := indexFrom(key, t.inNewNames(strings.TrimSpace(sent.Get("indexes."+key))))
	ix.isNew = t.base.Indexes[key] == ""
	if ix.problem == "" {
		ix.change(in, sent)
	}
	return c.Part(indexRow(in, ix, true))
}

// change applies a pressed column or the switch for uniqueness to the statement. An index without
// columns has no statement.
func (ix *index) change(in *schema.Collection, sent url.Values) {
	column, unique := sent.Get("_column"), sent.Get("_unique."+ix.key) == "true"
	switch {
	case column != "":
		if ix.text == "" {
			ix.parsed.Name, ix.parsed.Unique = "idx_"+strings.ToLower(schema.RandomString(10, schema.AlphabetID)), unique
		}
		ix.toggle(column)
	case sent.Has("_switched"):
		ix.parsed.Unique = unique
	default:
		return
	}
	if ix.parsed.Table = in.Name; len(ix.parsed.Columns) > 0 {
		ix.text = ix.parsed.String()
		return
	}
	ix.text, ix.parsed = "", schema.Index{Unique: ix.parsed.Unique}
}

// inNewNames returns the statement with the new names of the renamed fields. A name in the
// statement stays if a field of the form has it. An invalid statement is returned unchanged.
func (t *draft) inNewNames(text string) string {
	ix, err := schema.ParseIndex(text)
	if err != nil {
		return text
	}
	renamed, names := map[string]string{}, map[string]bool{}
	for _, key := range t.sent["order"] {
		name := t.sent.Get("fields." + key + ".name")
		names[name] = true
		if stored := t.stored(key); stored != nil && name != "" {
			renamed[stored.Text("name")] = name
		}
	}
	maps.DeleteFunc(renamed, func(was, _ string) bool { return names[was] })
	before := ix.String()
	schema.RenameIndexColumns(&ix, renamed)
	if ix.String() == before {
		return text
	}
	return ix.String()
}
