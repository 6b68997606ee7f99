// SQL of a read: columns, outputs and flags, the conditions that are not expressions (ids,
// relations), LIMIT, and pages far from the start.

package render

import (
	"math"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// DeepOffset is the offset from which a sorted page is looked up by row ids first, so that
// skipped rows are not read completely.
const DeepOffset = 500

// picks renders the conditions of a Select that are not expressions: ids, and relations to given
// ids.
func (w *writer) picks(s *ir.Statement) []string {
	var list []string
	if s.ID != "" {
		list = append(list, w.column(s.Base, "id")+" = "+w.slot(&w.slots.ID, store.Text(s.ID)))
	}
	if s.IDs != nil {
		list = append(list, w.column(s.Base, "id")+" IN "+w.idSet(&w.slots.IDs, s.IDs))
	}
	if s.RefField != "" {
		column := w.column(s.Base, s.RefField)
		if f := s.Base.Collection.Field(s.RefField); f != nil && f.Multiple() {
			list = append(list, "EXISTS (SELECT 1 FROM "+w.dialect.Each(column, "m")+` WHERE m."value" IN `+w.idSet(&w.slots.Refs, s.RefIDs)+")")
		} else {
			list = append(list, column+" IN "+w.idSet(&w.slots.Refs, s.RefIDs))
		}
	}
	return list
}

// idSet renders a list of ids, one parameter, as the right side of IN.
func (w *writer) idSet(slot *int, ids []string) string {
	return `(SELECT e."value" FROM ` + w.dialect.Items(w.slot(slot, IDList(ids)), "e") + ")"
}

// IDList returns ids as a single parameter for Dialect.Items and Dialect.Each: a JSON array.
func IDList(ids []string) store.Value {
	return store.Text(string(schema.AppendStrings(nil, ids)))
}

// read renders the SELECT in the form that its parts need.
func (w *writer) read(s *ir.Statement, keys []orderKey) (string, error) {
	also := w.picks(s)
	cursors, err := w.cursors(s, keys)
	if err != nil {
		return "", err
	}
	also = append(also, cursors...)
	if s.Backward {
		keys = reversed(keys, w.dialect)
	}
	switch {
	case s.ParentField != "" && w.lateral(s):
		return w.perParentJoined(s, keys, also), nil
	case s.ParentField != "":
		return w.perParentNumbered(s, keys, also), nil
	case s.Offset >= DeepOffset && s.Sorted && !s.Base.Collection.IsView():
		return w.deep(s, keys, also), nil
	}
	sql := w.outputs(s)
	if s.ReadKeys {
		for _, k := range keys {
			sql = append(append(sql, ", "...), w.keyColumn(k)...)
		}
	}
	sql = append(append(sql, " FROM "...), w.table(s.Base)...)
	sql = append(sql, w.where(s.Base, s.Conds, s.Scans(), s.Reads, also...)...)
	sql = appendOrder(sql, keys)
	sql = w.appendLimit(sql, s)
	if s.ForUpdate {
		sql = append(sql, w.dialect.ForUpdate("t")...)
	}
	return string(sql), nil
}

// deep renders a page far from the start: an inner statement finds the row ids of the page and
// reads only sort keys, the outer one reads those rows.
func (w *writer) deep(s *ir.Statement, keys []orderKey, also []string) string {
	inner := []byte("SELECT ")
	outer := make([]orderKey, len(keys))
	for i, k := range keys {
		name := "k" + strconv.Itoa(i)
		inner = append(inner, k.sql+" AS "+name+", "...)
		outer[i] = orderKey{sql: "s." + name, descending: k.descending, nulls: k.nulls, kind: k.kind}
	}
	inner = append(append(inner, "t._rowid_ AS r FROM "...), w.table(s.Base)...)
	inner = append(inner, w.where(s.Base, s.Conds, s.Scans(), s.KeyReads, also...)...)
	inner = w.appendLimit(appendOrder(inner, keys), s)

	sql := w.outputs(s)
	if s.ReadKeys {
		for _, k := range outer {
			sql = append(append(sql, ", "...), w.keyColumn(k)...)
		}
	}
	sql = append(append(append(sql, " FROM ("...), inner...), ") AS s JOIN "+w.table(s.Base)+" ON t._rowid_ = s.r"...)
	sql = append(sql, w.where(s.Base, nil, false, s.OutputReads)...)
	return string(appendOrder(sql, outer))
}

// candidate renders the evaluation for a record that exists only in the parameters: one row if it
// passes, otherwise none.
func (w *writer) candidate(s *ir.Statement) string {
	w.tables = append(w.tables, s.Base.Collection.Name)
	sql := "SELECT 1"
	if len(s.Flags) > 0 {
		sql = string(w.appendFlags([]byte("SELECT "), s))
	}
	var parts []string
	for _, c := range s.Conds {
		parts = append(parts, w.conjuncts(c)...)
	}
	if len(parts) == 0 {
		return sql
	}
	return sql + " WHERE " + strings.Join(parts, " AND ")
}

// outputs begins the statement: SELECT with columns, outputs and flags. It appends to one buffer,
// since it takes a good part of the time of planning.
func (w *writer) outputs(s *ir.Statement) []byte {
	size := 128
	for _, c := range s.Columns {
		size += len(c) + 6
	}
	sql := append(make([]byte, 0, size), "SELECT "...)
	start := len(sql)
	next := func() {
		if len(sql) > start {
			sql = append(sql, ", "...)
		}
	}
	for _, c := range s.Columns {
		next()
		if s.Cut > 0 {
			sql = append(sql, w.cut(s, c)...)
		} else {
			sql = appendName(append(sql, "t."...), c)
		}
	}
	for i := range s.Outputs {
		next()
		sql = append(sql, w.output(&s.Outputs[i])...)
	}
	if len(s.Flags) > 0 {
		next()
		sql = w.appendFlags(sql, s)
	} else if len(sql) == start {
		sql = append(sql, '1')
	}
	return sql
}

// cut renders a column of the statement. If Statement.Cut is set, it renders only the beginning of
// a text or JSON column. The id is never cut.
func (w *writer) cut(s *ir.Statement, name string) string {
	column := w.column(s.Base, name)
	f := s.Base.Collection.Field(name)
	if s.Cut == 0 || f == nil || f.IsID() || f.Kind.Class() != schema.ClassText && f.Kind.Class() != schema.ClassJSON {
		return column
	}
	return w.dialect.Cut(column, s.Cut)
}

// output renders a column of a related record, NULL if a guard does not hold.
func (w *writer) output(o *ir.Output) string {
	var guards []string
	for _, g := range o.Guards {
		guards = append(guards, w.conjuncts(g)...)
	}
	if o.EmailOf != nil {
		guards = append(guards, w.column(o.EmailOf, "emailVisibility")+" = TRUE")
	}
	column := w.column(o.Column.Of, o.Column.Name)
	if len(guards) == 0 {
		return column
	}
	return "CASE WHEN " + strings.Join(guards, " AND ") + " THEN " + column + " END"
}

// appendFlags renders the flags, separated by commas.
func (w *writer) appendFlags(sql []byte, s *ir.Statement) []byte {
	for i, flag := range s.Flags {
		if i > 0 {
			sql = append(sql, ", "...)
		}
		sql = append(sql, w.flag(flag)...)
	}
	return sql
}

// flag renders a condition as a boolean; NULL is false.
func (w *writer) flag(c ir.Cond) string {
	if known, ok := c.(ir.Truth); ok {
		return w.cond(known)
	}
	return "CASE WHEN " + w.cond(c) + " THEN TRUE ELSE FALSE END"
}

// appendLimit renders LIMIT and OFFSET.
func (w *writer) appendLimit(sql []byte, s *ir.Statement) []byte {
	limit := int64(s.Limit)
	if limit == 0 && s.Offset > 0 {
		limit = math.MaxInt64 // SQLite has no OFFSET without LIMIT
	}
	if limit > 0 {
		sql = append(append(sql, " LIMIT "...), w.slot(&w.slots.Limit, store.Int(limit))...)
	}
	if s.Offset > 0 {
		sql = append(append(sql, " OFFSET "...), w.slot(&w.slots.Offset, store.Int(int64(s.Offset)))...)
	}
	return sql
}
