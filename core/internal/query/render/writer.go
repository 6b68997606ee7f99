// writer: the state of rendering one statement (parameters, aliases, tables), and the SQL
// of terms and operands.

package render

import (
	"slices"
	"strconv"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/store"
)

// writer renders the SQL of one statement. Values become parameters in the order in which
// they are rendered, so the order of calls matters.
type writer struct {
	dialect store.Dialect
	seal    *Seal // of cursors
	args    []store.Value
	tables  []string
	aliases int
	slots   Slots
	present []*ir.Source // joined sources that have a row at the current place
	err     error        // set if a part cannot be rendered
}

const maxJoins = 60 // in one FROM; SQLite's limit is 64

// from refuses a FROM with more joins than SQLite allows.
func (w *writer) from(items []*ir.Source) {
	if len(items) > maxJoins {
		w.err = &lang.Error{Message: "max joined relations reached"}
	}
}

// nullable reports whether the operand may be NULL in the rows at this place: columns of an inner
// join cannot.
func (w *writer) nullable(o ir.Operand) bool {
	c, ok := o.Term.(ir.Column)
	return o.Nullable && !(ok && !c.Of.Collection.IsView() && slices.Contains(w.present, c.Of))
}

// bind adds a parameter and returns its mark.
func (w *writer) bind(v store.Value) string {
	w.args = append(w.args, v)
	return "$" + strconv.Itoa(len(w.args))
}

// slot is bind for a parameter from the Select itself. It records the position, so that a cached
// plan can replace the parameter.
func (w *writer) slot(at *int, v store.Value) string {
	mark := w.bind(v)
	*at = len(w.args)
	return mark
}

// finish returns the SQL with the parameters and tables of its rendering.
func (w *writer) finish(sql string) (*Rendered, error) {
	return &Rendered{SQL: sql, Args: w.args, Tables: w.tables, Slots: w.slots}, w.err
}

// alias returns the source's alias in SQL. The first call assigns it.
func (w *writer) alias(s *ir.Source) string {
	if s.Alias == "" {
		w.aliases++
		s.Alias = "j" + strconv.Itoa(w.aliases)
	}
	return s.Alias
}

// table renders the source's collection as an item of a FROM.
func (w *writer) table(s *ir.Source) string {
	if !slices.Contains(w.tables, s.Collection.Name) {
		w.tables = append(w.tables, s.Collection.Name)
	}
	return store.Quote(s.Collection.Name) + " AS " + w.alias(s)
}

// appendName appends a quoted name, like store.Quote, without an allocation.
func appendName(sql []byte, name string) []byte {
	sql = append(sql, '"')
	for i := range len(name) {
		if name[i] == '"' {
			sql = append(sql, '"')
		}
		sql = append(sql, name[i])
	}
	return append(sql, '"')
}

// column renders a column of the source's row.
func (w *writer) column(s *ir.Source, name string) string {
	if s.Scalar() {
		return w.scalar(s, name)
	}
	return w.alias(s) + "." + store.Quote(name)
}

// scalar renders a column of a record that is reached from one with a known id, as a subquery. It
// reads nothing of the rows around it, so engines run it once.
func (w *writer) scalar(s *ir.Source, name string) string {
	var joins string
	from := s
	for ; from.Joined(); from = from.Parent {
		joins = " JOIN " + w.table(from) + " ON " + w.on(from, true) + joins
	}
	return "(SELECT " + w.alias(s) + "." + store.Quote(name) + " FROM " + w.table(from) + joins +
		" WHERE " + w.alias(from) + `."id" = ` + w.bind(store.Text(from.ID)) + ")"
}

// on renders the condition that joins rows of a source to those of its parent. local says that
// the parent is an item of the same FROM although it is part of a scalar.
func (w *writer) on(s *ir.Source, local bool) string {
	parent := func(name string) string {
		if local {
			return w.alias(s.Parent) + "." + store.Quote(name)
		}
		return w.column(s.Parent, name)
	}
	a := w.alias(s) + "."
	switch s.Kind {
	case ir.FromTable: // the single record of many callers
		return a + `"id" = ` + w.slot(&w.slots.ID, store.Text(s.ID))
	case ir.ToOne:
		return a + `"id" = ` + parent(s.Field)
	case ir.ToMember:
		return a + `"id" = ` + parent("value")
	case ir.ToOwner, ir.EachRef:
		return a + store.Quote(s.Field) + " = " + parent("id")
	case ir.EachMember:
		return `EXISTS (SELECT 1 FROM ` + w.dialect.Each(a+store.Quote(s.Field), "m") + ` WHERE m."value" = ` + parent("id") + ")"
	case ir.EachID:
		return a + `"id" IN (SELECT e."value" FROM ` + w.dialect.Items(w.bind(IDList(s.IDs)), "e") + ")"
	}
	return "TRUE"
}

// term renders a term without conversion.
func (w *writer) term(t ir.Term) string {
	switch t := t.(type) {
	case ir.Value:
		return w.bind(t.Param())
	case ir.Column:
		return w.column(t.Of, t.Name)
	case ir.Stored:
		return w.dialect.Param(w.bind(t.V), t.Kind)
	case ir.Detached:
		column := w.column(t.Of.Of, t.Of.Name)
		if t.Of.Kind == store.ColumnBool {
			return "CASE " + column + " WHEN TRUE THEN 1 WHEN FALSE THEN 0 END"
		}
		return "(" + column + " || '')"
	case ir.Derived:
		if t.Integer { // it must compare with any number
			return "CAST(s.c" + strconv.Itoa(t.Column) + " AS DOUBLE PRECISION)"
		}
		return "s.c" + strconv.Itoa(t.Column)
	case ir.Item:
		return w.alias(t.Of) + `."value"`
	case ir.Element:
		return w.dialect.Element(w.alias(t.Of) + `."value"`)
	case ir.Path:
		return w.dialect.Path(w.term(t.Doc), t.Parts)
	case ir.Length:
		if p, ok := t.Of.(ir.Path); ok {
			return w.dialect.ItemCount(w.term(p.Doc), p.Parts)
		}
		if t.List {
			return w.dialect.Length(w.term(t.Of))
		}
		return "CASE WHEN " + w.term(t.Of) + " <> '' THEN 1 ELSE 0 END"
	case ir.Lowered:
		return "lower(" + w.text(t.Of) + ")"
	case *ir.Distance:
		return w.dialect.Distance(w.number(t.Args[0]), w.number(t.Args[1]), w.number(t.Args[2]), w.number(t.Args[3]))
	case *ir.Strftime:
		return w.strftime(t)
	}
	return "NULL"
}

// strftime renders a formatted time.
func (w *writer) strftime(t *ir.Strftime) string {
	format, modifiers := w.bind(store.Text(t.Format)), make([]string, len(t.Modifiers))
	var time string
	kind := t.Time.Kind.Column()
	if t.Time.Kind == ir.KindAny || t.Time.Kind == ir.KindList {
		time, kind = w.text(t.Time), store.ColumnText
	} else {
		time = w.operand(t.Time)
	}
	for i, m := range t.Modifiers {
		modifiers[i] = w.bind(store.Text(m))
	}
	sql := w.dialect.Strftime(format, time, kind, modifiers)
	if t.Time.Date || t.Literal || len(t.Modifiers) > 0 && t.Modifiers[0] == "unixepoch" {
		return sql
	}
	// SQLite treats any number as a Julian day and the text "now" as the clock. A value that does
	// not begin like a date or time has no parts.
	text := w.dialect.Text(time, kind)
	return "CASE WHEN " + text + " LIKE '____-__-__%' OR " + text + " LIKE '__:__%' THEN " + sql + " END"
}

// operand renders an operand as a value of its kind. A constant that has the affinity of a column
// keeps it.
func (w *writer) operand(o ir.Operand) string {
	v := o.Constant()
	if v == nil {
		return w.term(o.Term)
	}
	p := v.Param()
	if o.Kind == ir.KindBool {
		p = store.Bool(v.Num != 0)
	}
	if o.Affinity != ir.AffinityNone {
		return w.dialect.Param(w.bind(p), o.Kind.Column())
	}
	return w.bind(p)
}

// text renders an operand as text.
func (w *writer) text(o ir.Operand) string {
	if v := o.Constant(); v != nil && v.Kind == ir.ValueNumber && o.Affinity == ir.AffinityNone {
		return w.bind(store.Text(v.AsText()))
	}
	switch {
	case o.Kind == ir.KindList:
		return w.dialect.ListText(w.operand(o))
	case o.Kind.IsNumber():
		return w.dialect.Text(w.operand(o), o.Kind.Column())
	case o.Kind == ir.KindAny:
		switch t := o.Term.(type) {
		case ir.Path:
			return w.dialect.PathText(w.term(t.Doc), t.Parts)
		case ir.Element:
			return w.dialect.ElementText(w.alias(t.Of) + `."value"`)
		}
	}
	return w.operand(o)
}

// number renders an operand as a number.
func (w *writer) number(o ir.Operand) string {
	if o.Kind.IsNumber() {
		return w.dialect.Number(w.operand(o), o.Kind.Column())
	}
	return w.dialect.Number(w.text(o), store.ColumnText)
}
