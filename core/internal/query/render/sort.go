package render

import "github.com/loambase/loam/core/internal/query/ir"

// orderKey is a rendered sort key.
type orderKey struct {
	sql        string
	descending bool
	nullable   bool
	nulls      string // how the engine is told where NULL goes
	kind       ir.Kind
	noCursor   bool
}

// keyColumn is the key as the statement reads it for a cursor.
func (w *writer) keyColumn(k orderKey) string {
	if k.kind == ir.KindAny {
		return w.dialect.Keep(k.sql)
	}
	return k.sql
}

// keys renders the sort.
func (w *writer) keys(s *ir.Statement) []orderKey {
	list := make([]orderKey, 0, 2)
	for i := range s.Keys {
		k := &s.Keys[i]
		o := orderKey{descending: k.Descending, kind: ir.KindNumber}
		switch k.Kind {
		case ir.KeyRandom:
			o.sql, o.noCursor = "random()", true
		case ir.KeyRow:
			o.sql = "t._rowid_"
			if s.Base.Collection.IsView() {
				o.sql, o.kind = `t."id"`, ir.KindText
			}
		default:
			o.sql, o.kind = w.sortValue(k), k.Operand.Kind
			if o.nullable = k.Operand.Nullable || len(k.Sources) > 0; o.nullable {
				o.nulls = w.dialect.Nulls(k.Descending)
			}
		}
		list = append(list, o)
	}
	return list
}

func (w *writer) sortValue(k *ir.SortKey) string {
	if len(k.Sources) == 0 {
		return w.shown(k.Operand)
	}
	first := &ir.Exists{Sources: k.Sources, In: ir.AllOf(k.Guards...), None: true}
	sql := "(SELECT " + w.shown(k.Operand) + " FROM " + w.fromMany(first, k.Reads) + " ORDER BY "
	for i, s := range k.Sources {
		if i > 0 {
			sql += ", "
		}
		sql += w.alias(s) + "." + storedOrder(s)
	}
	return sql + " LIMIT 1)"
}

// storedOrder is the column that tells in which order the rows of s were stored.
func storedOrder(s *ir.Source) string {
	switch {
	case s.Kind == ir.EachItem || s.Kind == ir.EachElement:
		return `"key"`
	case s.Collection.IsView():
		return `"id"`
	}
	return "_rowid_"
}

// shown renders the value that a sort sees: of an address that is hidden, ”.
func (w *writer) shown(o ir.Operand) string {
	var sql string
	switch o.Kind {
	case ir.KindList:
		sql = w.text(o)
	default:
		sql = w.operand(o)
	}
	if o.EmailOf == nil {
		return sql
	}
	return "CASE WHEN " + w.column(o.EmailOf, "emailVisibility") + " = TRUE THEN " + sql + " ELSE '' END"
}

// appendOrder renders ORDER BY.
func appendOrder(sql []byte, keys []orderKey) []byte {
	for i, k := range keys {
		if i == 0 {
			sql = append(sql, " ORDER BY "...)
		} else {
			sql = append(sql, ", "...)
		}
		sql = append(sql, k.sql...)
		if k.descending {
			sql = append(sql, " DESC"...)
		}
		sql = append(sql, k.nulls...)
	}
	return sql
}
