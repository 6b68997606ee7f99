package query

// orderKey is a rendered sort key.
type orderKey struct {
	sql        string
	descending bool
	nullable   bool
	nulls      string // how the engine is told where NULL goes
	kind       kind
	noCursor   bool
}

// keys renders the sort.
func (w *writer) keys(s *statement) []orderKey {
	list := make([]orderKey, 0, 2)
	for i := range s.keys {
		k := &s.keys[i]
		o := orderKey{descending: k.descending, kind: kindNumber}
		switch k.how {
		case keyRandom:
			o.sql, o.noCursor = "random()", true
		case keyRow:
			o.sql = "t._rowid_"
			if s.base.collection.IsView() {
				o.sql, o.kind = `t."id"`, kindText
			}
		default:
			o.sql, o.kind, o.noCursor = w.sortValue(k), k.operand.kind, k.operand.kind == kindAny
			if o.nullable = k.operand.nullable || len(k.sources) > 0; o.nullable {
				o.nulls = w.dialect.Nulls(k.descending)
			}
		}
		list = append(list, o)
	}
	return list
}

func (w *writer) sortValue(k *sortKey) string {
	if len(k.sources) == 0 {
		return w.shown(k.operand)
	}
	first := &exists{sources: k.sources, in: and(k.guards...), none: true}
	sql := "(SELECT " + w.shown(k.operand) + " FROM " + w.fromMany(first, k.reads) + " ORDER BY "
	for i, s := range k.sources {
		if i > 0 {
			sql += ", "
		}
		sql += w.alias(s) + "." + storedOrder(s)
	}
	return sql + " LIMIT 1)"
}

// storedOrder is the column that tells in which order the rows of s were stored.
func storedOrder(s *source) string {
	switch {
	case s.how == fromItems:
		return `"key"`
	case s.collection.IsView():
		return `"id"`
	}
	return "_rowid_"
}

// shown renders the value that a sort sees: of an address that is hidden, ”.
func (w *writer) shown(o operand) string {
	var sql string
	switch o.kind {
	case kindList:
		sql = w.text(o)
	default:
		sql = w.operand(o)
	}
	if o.visible == nil {
		return sql
	}
	return "CASE WHEN " + w.column(o.visible, "emailVisibility") + " = TRUE THEN " + sql + " ELSE '' END"
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
