package sheet

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/where"
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
func (s *Service) guess(ctx context.Context, f *file, in *schema.Collection) (p Plan, err error) {
	p.Existing = Update
	for i, name := range f.columns {
		column := Column{Name: name, Empty: AsEmpty}
		if field := fieldFor(in, name); field != nil && !slices.ContainsFunc(p.Columns, func(c Column) bool { return c.Field == field.Name }) {
			if column, err = s.reads(ctx, f, i, in, field); err != nil {
				return p, err
			}
			if field.IsID() {
				p.Match = field.Name
			}
		}
		p.Columns = append(p.Columns, column)
	}
	return p, nil
}

// reads proposes how a column of the file is mapped to the field.
func (s *Service) reads(ctx context.Context, f *file, column int, in *schema.Collection, field *schema.Field) (c Column, err error) {
	c = Column{Name: f.columns[column], Field: field.Name, Empty: emptyOf(field)}
	switch of := targetOf(field, s.app.Snapshot()); {
	case field.Kind.Class() == schema.ClassNumber:
		c.As = f.numbers(column)
	case isTime(field):
		c.As = f.readDate(column)
	case of != nil:
		names := f.names(column, field.Multiple())
		c.As = "id"
		by := TitleField(of)
		if by.IsID() || !slices.ContainsFunc(names, func(name string) bool { return !someID.MatchString(name) }) || of == in && f.hasIDs(in, names) {
			break
		}
		var known bool
		if known, err = s.isID(ctx, of, names); !known {
			c.As = "by " + by.Name
		}
	}
	return c, err
}

// TitleField returns the field whose value is the title of a record: the first presentable text field,
// else the first text field with the name name, title, label, email or username, else the id.
func TitleField(of *schema.Collection) *schema.Field {
	var likely *schema.Field
	for _, f := range of.Fields {
		text := f.Kind.Class() == schema.ClassText && !f.IsPassword() && !f.IsID()
		switch {
		case text && f.Presentable:
			return f
		case text && likely == nil && slices.Contains([]string{"name", "title", "label", "email", "username"}, f.Name):
			likely = f
		}
	}
	return cmp.Or(likely, of.Field("id"))
}

// names returns the first different values, at most lookedUp, of a column that refers to records.
// If multiple is true, a cell holds a list of values.
func (f *file) names(column int, multiple bool) (list []string) {
	known := map[string]bool{}
	for _, row := range f.rows {
		text, _ := row.cells[column].plain()
		names := []string{text}
		if multiple {
			names = split(text)
		}
		for _, name := range names {
			if name == "" || known[name] {
				continue
			}
			if known[name], list = true, append(list, name); len(list) == lookedUp {
				return list
			}
		}
	}
	return list
}

// hasIDs reports whether one of the names is in the column of the file with the ids of its records.
func (f *file) hasIDs(in *schema.Collection, names []string) bool {
	column := slices.IndexFunc(f.columns, func(name string) bool {
		field := fieldFor(in, name)
		return field != nil && field.IsID()
	})
	return column >= 0 && f.any(column, func(text string) bool { return slices.Contains(names, text) })
}

// isID reports whether one of the names is the id of a record of the collection.
func (s *Service) isID(ctx context.Context, of *schema.Collection, names []string) (bool, error) {
	ids := make([]any, len(names))
	for i, name := range names {
		ids[i] = name
	}
	branch, err := s.app.Records().Tree(ctx, record.Root(), &record.Node{Collection: of.ID, Fields: []string{"id"}, Where: where.In("id", ids...), Limit: 1})
	if err != nil {
		return false, err
	}
	return len(branch.Records) > 0, branch.Err
}

// fieldFor returns the importable field with the name of the column, or nil. Case, spaces, "-" and
// "_" are ignored.
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
	commaNumber = regexp.MustCompile(`^[+-]?\d{1,3}(\.\d{3})+,\d+$|^[+-]?\d[\d \x{a0}\x{202f}']*,(\d{1,2}|\d{4,})$|^[+-]?(0|\d{1,3}([ \x{a0}\x{202f}']\d{3})+),\d+$`)
	shortDate   = regexp.MustCompile(`^(\d{1,2})([./-])(\d{1,2})([./-])\d{2,4}\b`)
	someID      = regexp.MustCompile(`^[a-z0-9]{15}$`)
)

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

// any reports whether a value of the column satisfies is. Empty cells are ignored.
func (f *file) any(column int, is func(text string) bool) bool {
	for _, row := range f.rows {
		text, ok := row.cells[column].plain()
		if ok && text != "" && is(strings.TrimSpace(text)) {
			return true
		}
	}
	return false
}

// Like returns the earlier plan with its columns in the order of the file. If the Way of a column
// of numbers or dates cannot read all values in the file, and the proposed Way can, the column gets
// the proposed Way. fits is false if the file has other column names, or if the plan is no longer
// valid for the collection.
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
	for i, name := range j.file.columns {
		c, ok := known[name]
		if !ok {
			return p, false
		}
		p.Columns = append(p.Columns, j.file.reread(i, in.Field(c.Field), c))
	}
	return p, p.check(in, j.file.columns) == nil
}

// reread returns the mapping c of a column. For a column of numbers or dates, the proposed Way
// replaces the Way of c if only the proposed Way can read all values.
func (f *file) reread(column int, field *schema.Field, c Column) Column {
	other := c
	switch {
	case field == nil:
		return c
	case field.Kind.Class() == schema.ClassNumber:
		other.As = f.numbers(column)
	case isTime(field):
		other.As = f.readDate(column)
	}
	reads := func(c Column) bool {
		return !slices.ContainsFunc(f.rows, func(row line) bool {
			_, wrong := row.cells[column].value(field, c)
			return wrong != ""
		})
	}
	if other.As != c.As && !reads(c) && reads(other) {
		return other
	}
	return c
}
