// SQL of ORDER BY: sort keys, the position of NULL, the first value of a multi-valued path,
// hidden e-mail addresses.

package render

import "github.com/loambase/loam/core/internal/query/ir"

// orderKey is a rendered sort key.
type orderKey struct {
	sql        string
	descending bool
	nullable   bool
	nulls      string // the clause for the position of NULL
	kind       ir.Kind
	prefix     int // number of characters in the index that sorts, 0 for whole values
	noCursor   bool
}

// keyColumn renders the key as a column for a cursor: values of JSON documents keep their kind.
func (w *writer) keyColumn(k orderKey) string {
	if k.kind == ir.KindAny {
		return w.dialect.Keep(k.sql)
	}
	return k.sql
}

// keys renders the sort keys of the statement.
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
			if o.kind == ir.KindText && len(k.Sources) == 0 && k.Operand.EmailOf == nil {
				o.prefix = w.columnPrefix(k.Operand)
			}
			if o.nullable = k.Operand.Nullable || len(k.Sources) > 0; o.nullable {
				o.nulls = w.dialect.Nulls(k.Descending)
			}
		}
		list = append(list, o)
	}
	return list
}

// sortValue renders the value of a key. For a path with several values it is the first one in
// stored order whose guards hold.
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

// storedOrder returns the column by which rows of s are in stored order.
func storedOrder(s *ir.Source) string {
	switch {
	case s.Kind == ir.EachItem || s.Kind == ir.EachElement:
		return `"key"`
	case s.Collection.IsView():
		return `"id"`
	}
	return "_rowid_"
}

// shown renders the value for sorting: the empty text in place of a hidden address, so that the
// order does not reveal it.
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
		if k.prefix > 0 {
			sql = append(k.appendDirection(append(sql, prefixOf(k.sql, k.prefix)...)), ", "...)
		}
		sql = k.appendDirection(append(sql, k.sql...))
	}
	return sql
}

func (k *orderKey) appendDirection(sql []byte) []byte {
	if k.descending {
		sql = append(sql, " DESC"...)
	}
	return append(sql, k.nulls...)
}
