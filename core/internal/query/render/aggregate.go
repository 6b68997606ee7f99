// SQL of aggregates: an inner SELECT with GROUP BY, and an outer SELECT with HAVING as WHERE,
// ORDER BY and LIMIT.

package render

import (
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/store"
)

// Aggregate renders groups and figures. Figures get names in an inner statement, so that
// conditions on groups and the sort can use them on both engines without repeating
// expressions.
func Aggregate(d store.Dialect, a *ir.Aggregate) (*Rendered, error) {
	w := &writer{dialect: d}
	var inner, outer, groups []string
	for i, c := range a.Columns {
		name := "c" + strconv.Itoa(i)
		inner = append(inner, w.figure(c)+" AS "+name)
		outer = append(outer, "s."+name)
		if c.Func == ir.GroupKey {
			groups = append(groups, strconv.Itoa(i+1))
		}
	}
	from := w.table(a.Base)
	sql := "SELECT " + strings.Join(outer, ", ") + " FROM (SELECT " + strings.Join(inner, ", ") + " FROM " + from
	sql += w.where(a.Base, a.Conds, true, a.Reads)
	if len(groups) > 0 {
		sql += " GROUP BY " + strings.Join(groups, ", ")
	}
	sql += ") AS s"
	var having []string
	for _, c := range a.Having {
		having = append(having, w.conjuncts(c)...)
	}
	if len(having) > 0 {
		sql += " WHERE " + strings.Join(having, " AND ")
	}
	order := make([]orderKey, len(a.Order))
	for i, o := range a.Order {
		order[i] = orderKey{sql: "s.c" + strconv.Itoa(o.Column), descending: o.Descending}
		if o.Nullable {
			order[i].nulls = d.Nulls(o.Descending)
		}
	}
	out := appendOrder([]byte(sql), order)
	return w.finish(string(w.appendLimit(out, &ir.Statement{Limit: a.Limit, Offset: a.Offset})))
}

// figure renders one column of an aggregate. It binds no parameters: PostgreSQL treats two
// parameters of equal value in SELECT and GROUP BY as different expressions.
func (w *writer) figure(c ir.AggregateColumn) string {
	if c.Func == ir.Count {
		return "count(*)"
	}
	var v string
	if v = w.term(c.Of.Term); c.Of.Kind == ir.KindList {
		v = w.dialect.ListText(v)
	}
	// A date that is not set is stored as ''; aggregate functions must not count it as a value.
	if c.Date && c.Func != ir.GroupKey {
		v = "NULLIF(" + v + ", '')"
	}
	switch c.Func {
	case ir.CountDistinct:
		return "count(DISTINCT " + v + ")"
	case ir.Sum:
		// The sum is of floats on both engines: a sum of integers would be an integer, and could
		// overflow.
		return "COALESCE(sum(" + v + " * 1.0), 0.0)"
	case ir.Avg:
		return "avg(" + v + " * 1.0)"
	case ir.Min:
		return "min(" + v + ")"
	case ir.Max:
		return "max(" + v + ")"
	}
	if c.From > 0 {
		part := "NULLIF(substr(" + v + ", " + strconv.Itoa(c.From) + ", " + strconv.Itoa(c.Len) + "), '')"
		return "CAST(" + w.dialect.Number(part, store.ColumnText) + " AS DOUBLE PRECISION)"
	}
	return v
}
