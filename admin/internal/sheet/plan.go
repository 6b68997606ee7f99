package sheet

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/schema"
)

// Plan maps the columns of a file to fields and decides how rows become records.
type Plan struct {
	Columns []Column

	// Match is the name of a field that identifies records. A row whose value in this field
	// belongs to an existing record is treated by Existing. "" creates a record from each row.
	Match    string
	Existing Existing

	// SkipBad imports the good rows and leaves out the bad ones. If it is false, one bad row
	// prevents the import of all rows.
	SkipBad bool
}

// Existing decides the treatment of a row that matches an existing record.
type Existing string

// The choices.
const (
	Update Existing = "update" // the record gets the values of the row
	Skip   Existing = "skip"   // the row is left out
	Refuse Existing = "refuse" // the row is bad
)

// Column maps a column of the file to a field.
type Column struct {
	Name  string
	Field string // "" leaves the column out
	As    string // the Name of the Way in which cells are read; see Ways
	Empty Empty
}

// Empty decides the value of an empty cell.
type Empty string

// The choices.
const (
	AsEmpty   Empty = "empty"   // the empty value of the field
	AsNull    Empty = "null"    // null for a json field; like AsEmpty for other fields
	AsDefault Empty = "default" // no value: a new record gets the default, an existing record keeps its value
)

// Way is a way of reading the text of a cell.
type Way struct{ Name, Words string }

// Ways returns the ways in which cells can be read for a field; nil if there is only one way. of is
// the target collection of a relation field, nil for other fields.
func Ways(f *schema.Field, of *schema.Collection) []Way {
	switch f.Kind.Class() {
	case schema.ClassNumber:
		return []Way{{"dot", "1,234.5"}, {"comma", "1.234,5"}}
	case schema.ClassChoice:
		var list []Way
		if f.Type() == "relation" && of != nil {
			list = append(list, Way{"id", "by id"})
			for _, g := range of.Fields {
				if g.Kind.Class() == schema.ClassText && !g.IsID() && !g.IsPassword() {
					list = append(list, Way{"by " + g.Name, "by " + g.Name})
				}
			}
		}
		return list
	}
	if isTime(f) {
		return []Way{{"iso", "2026-01-31"}, {"dmy", "31.1.2026"}, {"mdy", "1/31/2026"}}
	}
	return nil
}

func isTime(f *schema.Field) bool { return f.Type() == "date" || f.Type() == "autodate" }

// guess proposes a plan from the names of the columns and their values.
func (f *file) guess(in *schema.Collection, snapshot *schema.Snapshot) Plan {
	p := Plan{Existing: Update}
	for i, name := range f.columns {
		column := Column{Name: name, Empty: AsEmpty}
		if field := fieldFor(in, name); field != nil && !slices.ContainsFunc(p.Columns, func(c Column) bool { return c.Field == field.Name }) {
			column.Field, column.As, column.Empty = field.Name, f.read(i, field, targetOf(field, snapshot)), emptyOf(field)
		}
		p.Columns = append(p.Columns, column)
	}
	for _, c := range p.Columns {
		if field := in.Field(c.Field); field != nil && field.IsID() {
			p.Match = field.Name
		}
	}
	return p
}

// fieldFor returns the importable field with the name of the column; case, spaces, "-" and "_" are
// ignored. It returns nil if there is no such field.
func fieldFor(in *schema.Collection, name string) *schema.Field {
	simple := func(s string) string {
		return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(s))
	}
	for _, f := range in.Fields {
		if simple(f.Name) == simple(name) && Importable(in, f) {
			return f
		}
	}
	return nil
}

// Importable reports whether a column can be mapped to the field: file fields and the token keys of
// accounts cannot be imported.
func Importable(in *schema.Collection, f *schema.Field) bool {
	return f.Type() != "file" && !(in.IsAuth() && f.Name == "tokenKey")
}

// Matchable reports whether the field can be the Match of a plan: the id, or a text field with a
// unique index.
func Matchable(in *schema.Collection, f *schema.Field) bool {
	_, unique := in.UniqueIndex(f.Name)
	return f.IsID() || unique && f.Kind.Class() == schema.ClassText
}

func targetOf(f *schema.Field, snapshot *schema.Snapshot) *schema.Collection {
	kind, ok := f.Kind.(*schema.Relation)
	if !ok {
		return nil
	}
	return snapshot.ByID(kind.CollectionID)
}

// emptyOf returns the proposed meaning of empty cells for a field.
func emptyOf(f *schema.Field) Empty {
	text, _ := f.Kind.(*schema.Text)
	switch {
	case f.Type() == "json":
		return AsNull
	case f.Type() == "autodate", f.IsPassword(), f.IsID(), text != nil && text.AutogeneratePattern != "":
		return AsDefault
	}
	return AsEmpty
}

var (
	commaNumber = regexp.MustCompile(`^[+-]?\d{1,3}(\.\d{3})+,\d+$|^[+-]?\d[\d ]*,(\d{1,2}|\d{4,})$`)
	isoDate     = regexp.MustCompile(`^\d{4}-\d`)
	shortDate   = regexp.MustCompile(`^(\d{1,2})([./-])(\d{1,2})([./-])\d{2,4}\b`)
	someID      = regexp.MustCompile(`^[a-z0-9]{15}$`)
)

// read guesses the Way of a column for a field from all values of the column. It returns "" for a
// field that has one way only.
func (f *file) read(column int, field *schema.Field, of *schema.Collection) string {
	switch {
	case field.Kind.Class() == schema.ClassNumber:
		return f.numbers(column)
	case isTime(field):
		return f.readDate(column)
	case of != nil:
		if f.any(column, func(text string) bool { return !allIDs(text) }) {
			for _, g := range of.Fields {
				if g.Presentable && g.Kind.Class() == schema.ClassText && !g.IsPassword() {
					return "by " + g.Name
				}
			}
			for _, name := range []string{"name", "title", "email"} {
				if of.Field(name) != nil {
					return "by " + name
				}
			}
		}
		return "id"
	}
	return ""
}

// allIDs reports whether a cell holds an id or a list of ids.
func allIDs(text string) bool {
	for _, part := range split(text) {
		if !someID.MatchString(part) {
			return false
		}
	}
	return true
}

func (f *file) readDate(column int) string {
	way := "iso"
	f.any(column, func(text string) bool {
		m := shortDate.FindStringSubmatch(text)
		if m == nil {
			return false
		}
		first, _ := strconv.Atoi(m[1])
		second, _ := strconv.Atoi(m[3])
		if way == "iso" || second > 12 {
			way = "dmy"
		}
		if second > 12 {
			way = "mdy"
		}
		return first > 12 || second > 12
	})
	return way
}

// any reports whether is returns true for a non-empty value of the column.
func (f *file) any(column int, is func(text string) bool) bool {
	for _, row := range f.rows {
		text, ok := row.cells[column].plain()
		if ok && text != "" && is(strings.TrimSpace(text)) {
			return true
		}
	}
	return false
}

// Like returns the earlier plan with its columns in the order of the file. fits is false if the
// file has other column names, or if the plan is no longer valid for the collection.
func (j *Job) Like(earlier Plan) (p Plan, fits bool) {
	in, err := j.collection()
	if err != nil || len(earlier.Columns) != len(j.file.columns) {
		return p, false
	}
	known := map[string]Column{}
	for _, c := range earlier.Columns {
		known[c.Name] = c
	}
	p = earlier
	p.Columns = nil
	for _, name := range j.file.columns {
		c, ok := known[name]
		if !ok {
			return p, false
		}
		p.Columns = append(p.Columns, c)
	}
	return p, p.check(in, j.file.columns) == nil
}
