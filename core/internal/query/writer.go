package query

import (
	"slices"
	"strconv"

	"github.com/loambase/loam/core/internal/store"
)

// writer renders SQL for one statement. Values become parameters in the order in
// which they are rendered.
type writer struct {
	dialect store.Dialect
	args    []store.Value
	tables  []string
	aliases int
	slots   slots
	present []*source // joined sources that have a row where is rendered now
	err     error     // what cannot be rendered
}

// from checks the size of a FROM.
func (w *writer) from(items []*source) {
	if len(items) > maxJoins {
		w.err = &Error{Message: "max joined relations reached"}
	}
}

// nullable says whether the operand may be NULL in the rows that are left.
func (w *writer) nullable(o operand) bool {
	c, ok := o.term.(column)
	return o.nullable && !(ok && !c.of.collection.IsView() && slices.Contains(w.present, c.of))
}

// bind is the parameter of a value.
func (w *writer) bind(v store.Value) string {
	w.args = append(w.args, v)
	return "$" + strconv.Itoa(len(w.args))
}

// slot is bind of a parameter that comes from the Select itself, and notes where it
// is.
func (w *writer) slot(at *int, v store.Value) string {
	mark := w.bind(v)
	*at = len(w.args)
	return mark
}

// finish is the SQL with what was collected in rendering it.
func (w *writer) finish(sql string) (*rendered, error) {
	return &rendered{SQL: sql, args: w.args, tables: w.tables, slots: w.slots}, w.err
}

// alias is the source's name in SQL.
func (w *writer) alias(s *source) string {
	if s.alias == "" {
		w.aliases++
		s.alias = "j" + strconv.Itoa(w.aliases)
	}
	return s.alias
}

// table is a FROM item of the source's collection.
func (w *writer) table(s *source) string {
	if !slices.Contains(w.tables, s.collection.Name) {
		w.tables = append(w.tables, s.collection.Name)
	}
	return quote(s.collection.Name) + " AS " + w.alias(s)
}

// quote is a name in SQL.
func quote(name string) string { return string(appendName(nil, name)) }

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

// column is a column of the source's row.
func (w *writer) column(s *source, name string) string {
	if s.scalar() {
		return w.scalar(s, name)
	}
	return w.alias(s) + "." + quote(name)
}

// scalar is a column of a record that is reached from one known by its id: a
// query that reads nothing of the rows around it, so that it runs once.
func (w *writer) scalar(s *source, name string) string {
	var joins string
	from := s
	for ; from.joined(); from = from.parent {
		joins = " JOIN " + w.table(from) + " ON " + w.on(from, true) + joins
	}
	return "(SELECT " + w.alias(s) + "." + quote(name) + " FROM " + w.table(from) + joins +
		" WHERE " + w.alias(from) + `."id" = ` + w.bind(store.Text(from.id)) + ")"
}

// on is what ties the rows of a source to those of its parent. local: the parent
// is in the same FROM, though it belongs to a scalar.
func (w *writer) on(s *source, local bool) string {
	parent := func(name string) string {
		if local {
			return w.alias(s.parent) + "." + quote(name)
		}
		return w.column(s.parent, name)
	}
	a := w.alias(s) + "."
	switch s.how {
	case toOne:
		return a + `"id" = ` + parent(s.field)
	case toMember:
		return a + `"id" = ` + parent("value")
	case toOwner, fromRefs:
		return a + quote(s.field) + " = " + parent("id")
	case fromMembers:
		return `EXISTS (SELECT 1 FROM ` + w.dialect.Each(a+quote(s.field), "m") + ` WHERE m."value" = ` + parent("id") + ")"
	case fromIDs:
		return a + `"id" IN (SELECT e."value" FROM ` + w.dialect.Items(w.bind(idList(s.ids)), "e") + ")"
	}
	return "TRUE"
}

// term renders a term as it stands.
func (w *writer) term(t term) string {
	switch t := t.(type) {
	case value:
		return w.bind(t.param())
	case column:
		return w.column(t.of, t.name)
	case stored:
		return w.dialect.Param(w.bind(t.v), t.kind)
	case item:
		return w.alias(t.of) + `."value"`
	case path:
		return w.dialect.Path(w.term(t.doc), t.parts)
	case length:
		if t.list {
			return w.dialect.Length(w.term(t.of))
		}
		return "CASE WHEN " + w.term(t.of) + " <> '' THEN 1 ELSE 0 END"
	case lowered:
		return "lower(" + w.text(t.of) + ")"
	case *distance:
		return w.dialect.Distance(w.number(t.args[0]), w.number(t.args[1]), w.number(t.args[2]), w.number(t.args[3]))
	case *strftime:
		return w.strftime(t)
	}
	return "NULL"
}

func (w *writer) strftime(t *strftime) string {
	format, modifiers := w.bind(store.Text(t.format)), make([]string, len(t.modifiers))
	var time string
	kind := t.time.kind.scalar()
	if t.time.kind == kindAny || t.time.kind == kindList {
		time, kind = w.text(t.time), store.ColumnText
	} else {
		time = w.operand(t.time)
	}
	for i, m := range t.modifiers {
		modifiers[i] = w.bind(store.Text(m))
	}
	return w.dialect.Strftime(format, time, kind, modifiers)
}

// operand renders an operand as a value of its kind. A constant that has the
// affinity of a column keeps it.
func (w *writer) operand(o operand) string {
	v := o.constant()
	if v == nil {
		return w.term(o.term)
	}
	p := v.param()
	if o.kind == kindBool {
		p = store.Bool(v.num != 0)
	}
	if o.affinity != affinityNone {
		return w.dialect.Param(w.bind(p), o.kind.scalar())
	}
	return w.bind(p)
}

// text renders an operand as text.
func (w *writer) text(o operand) string {
	if v := o.constant(); v != nil && v.kind == valueNumber && o.affinity == affinityNone {
		return w.bind(store.Text(v.asText()))
	}
	switch {
	case o.kind == kindList:
		return w.dialect.ListText(w.operand(o))
	case o.kind.isNumber():
		return w.dialect.Text(w.operand(o), o.kind.scalar())
	case o.kind == kindAny:
		if p, ok := o.term.(path); ok {
			return w.dialect.PathText(w.term(p.doc), p.parts)
		}
	}
	return w.operand(o)
}

// number renders an operand as a number.
func (w *writer) number(o operand) string {
	if o.kind.isNumber() {
		return w.dialect.Number(w.operand(o), o.kind.scalar())
	}
	return w.dialect.Number(w.text(o), store.ColumnText)
}
