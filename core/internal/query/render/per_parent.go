// SQL of lists per parent: children of many parents in one statement, each list with its own sort
// and limit (expand, nested lists).

package render

import (
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/store"
)

// Lists of children, each with its own sort and limit. If a child has one parent and is a row of
// a table, its list is a query that runs once for each parent and stops at the limit, which is
// fast with an index on the relation. Otherwise all children are numbered within their lists
// (ROW_NUMBER).

// lateral reports whether each child has one parent and is a row of a table, so that the first
// form can be used.
func (w *writer) lateral(s *ir.Statement) bool {
	f := s.Base.Collection.Field(s.ParentField)
	return f != nil && !f.Multiple() && !s.Base.Collection.IsView()
}

// parents renders the FROM item p: the ids of the parents with their positions.
func (w *writer) parents(s *ir.Statement) string {
	return w.dialect.Items(w.slot(&w.slots.Parents, IDList(s.ParentIDs)), "p")
}

// perParentJoined renders the first form: a limited query per parent that finds row ids, joined
// to the rows.
func (w *writer) perParentJoined(s *ir.Statement, keys []orderKey, also []string) string {
	parents := w.parents(s)
	inner := "SELECT t._rowid_ AS r FROM " + w.table(s.Base)
	refers := w.column(s.Base, s.ParentField) + ` = p."value"`
	inner += w.where(s.Base, s.Conds, false, s.KeyReads, append([]string{refers}, also...)...)
	inner = string(w.appendLimit(appendOrder([]byte(inner), keys), s))

	sql := w.outputs(s)
	if s.ReadKeys {
		for _, k := range keys {
			sql = append(append(sql, ", "...), w.keyColumn(k)...)
		}
	}
	sql = append(sql, `, p."value" FROM `+parents+w.dialect.JoinRows(w.table(s.Base), inner)...)
	sql = append(sql, w.where(s.Base, nil, false, s.Reads)...)
	return string(appendOrder(sql, append([]orderKey{{sql: `p."key"`}}, keys...)))
}

// perParentNumbered renders the second form: all children, numbered within their lists, without
// those beyond the limit.
func (w *writer) perParentNumbered(s *ir.Statement, keys []orderKey, also []string) string {
	list := w.outputList(s)
	outer := make([]orderKey, 0, len(keys)+1)
	outer = append(outer, orderKey{sql: "s.pk"})
	for i, k := range keys {
		outer = append(outer, orderKey{sql: "s.k" + strconv.Itoa(i), descending: k.descending, nulls: k.nulls, kind: k.kind})
	}
	var inner, out strings.Builder
	for i, o := range list {
		inner.WriteString(o + " AS o" + strconv.Itoa(i) + ", ")
		out.WriteString("s.o" + strconv.Itoa(i) + ", ")
	}
	for i, k := range keys {
		inner.WriteString(k.sql + " AS k" + strconv.Itoa(i) + ", ")
		if s.ReadKeys {
			out.WriteString(w.keyColumn(outer[i+1]) + ", ")
		}
	}
	inner.WriteString(`p."value" AS pv, p."key" AS pk, ROW_NUMBER() OVER (PARTITION BY p."key"` + string(appendOrder(nil, keys)) + ") AS rn FROM ")
	inner.WriteString(w.childrenOfAll(s) + w.where(s.Base, s.Conds, false, s.Reads, also...))
	sql := "SELECT " + out.String() + "s.pv FROM (SELECT " + inner.String() + ") AS s"
	if s.Limit > 0 {
		sql += " WHERE s.rn <= " + w.slot(&w.slots.Limit, store.Int(int64(s.Limit)))
	}
	return string(appendOrder([]byte(sql), outer))
}

// childrenOfAll renders the FROM items of the children of all parents: a row for each pair
// of child and parent.
func (w *writer) childrenOfAll(s *ir.Statement) string {
	parents := `(SELECT e."value", e."key" FROM ` + w.dialect.Items(w.slot(&w.slots.Parents, IDList(s.ParentIDs)), "e") + ") AS p"
	table, column := w.table(s.Base), w.column(s.Base, s.ParentField)
	if f := s.Base.Collection.Field(s.ParentField); f != nil && f.Multiple() {
		return table + " CROSS JOIN " + w.dialect.Each(column, "m") + " JOIN " + parents + ` ON p."value" = m."value"`
	}
	return table + " JOIN " + parents + ` ON p."value" = ` + column
}

// countPerParent renders the number of children of each parent that has children.
func (w *writer) countPerParent(s *ir.Statement) string {
	from := w.childrenOfAll(s)
	return `SELECT count(*), p."value" FROM ` + from + w.where(s.Base, s.Conds, false, nil, w.picks(s)...) +
		` GROUP BY p."key", p."value" ORDER BY p."key"`
}

// outputList renders the selected columns besides the sort keys, one by one.
func (w *writer) outputList(s *ir.Statement) []string {
	var list []string
	for _, c := range s.Columns {
		list = append(list, w.cut(s, c))
	}
	for i := range s.Outputs {
		list = append(list, w.output(&s.Outputs[i]))
	}
	for _, flag := range s.Flags {
		list = append(list, w.flag(flag))
	}
	if len(list) == 0 {
		list = append(list, "1")
	}
	return list
}
