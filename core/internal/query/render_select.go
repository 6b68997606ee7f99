package query

import (
	"math"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// picks renders the conditions of a Select that are not expressions.
func (w *writer) picks(s *statement) []string {
	var list []string
	if s.id != "" {
		list = append(list, w.column(s.base, "id")+" = "+w.slot(&w.slots.id, store.Text(s.id)))
	}
	if s.ids != nil {
		list = append(list, w.column(s.base, "id")+" IN "+w.idSet(&w.slots.ids, s.ids))
	}
	if s.refField != "" {
		column := w.column(s.base, s.refField)
		if f := s.base.collection.Field(s.refField); f != nil && f.Multiple() {
			list = append(list, "EXISTS (SELECT 1 FROM "+w.dialect.Each(column, "m")+` WHERE m."value" IN `+w.idSet(&w.slots.refs, s.refIDs)+")")
		} else {
			list = append(list, column+" IN "+w.idSet(&w.slots.refs, s.refIDs))
		}
	}
	return list
}

func (w *writer) idSet(slot *int, ids []string) string {
	return `(SELECT e."value" FROM ` + w.dialect.Items(w.slot(slot, idList(ids)), "e") + ")"
}

func idList(ids []string) store.Value {
	return store.Text(string(schema.AppendStrings(nil, ids)))
}

// read renders the SELECT.
func (w *writer) read(s *statement, keys []orderKey) (string, error) {
	also := w.picks(s)
	if s.after != "" {
		after, err := w.after(s, keys)
		if err != nil {
			return "", err
		}
		also = append(also, after)
	}
	if s.offset >= deepOffset && s.sorted && !s.base.collection.IsView() {
		return w.deep(s, keys, also), nil
	}
	sql := w.outputs(s)
	if s.readKeys {
		for _, k := range keys {
			sql = append(append(sql, ", "...), k.sql...)
		}
	}
	sql = append(append(sql, " FROM "...), w.table(s.base)...)
	sql = append(sql, w.where(s.base, s.conds, s.scans(), s.reads, also...)...)
	sql = appendOrder(sql, keys)
	sql = w.appendLimit(sql, s)
	if s.forUpdate {
		sql = append(sql, w.dialect.ForUpdate("t")...)
	}
	return string(sql), nil
}

// deep renders a page far from the start: the row ids of the page are found
// first, with no more than the sort keys carried along.
func (w *writer) deep(s *statement, keys []orderKey, also []string) string {
	inner := []byte("SELECT ")
	outer := make([]orderKey, len(keys))
	for i, k := range keys {
		name := "k" + strconv.Itoa(i)
		inner = append(inner, k.sql+" AS "+name+", "...)
		outer[i] = orderKey{sql: "s." + name, descending: k.descending, nulls: k.nulls}
	}
	inner = append(append(inner, "t._rowid_ AS r FROM "...), w.table(s.base)...)
	inner = append(inner, w.where(s.base, s.conds, s.scans(), s.keyReads, also...)...)
	inner = w.appendLimit(appendOrder(inner, keys), s)

	sql := w.outputs(s)
	if s.readKeys {
		for _, k := range outer {
			sql = append(append(sql, ", "...), k.sql...)
		}
	}
	sql = append(append(append(sql, " FROM ("...), inner...), ") AS s JOIN "+w.table(s.base)+" ON t._rowid_ = s.r"...)
	sql = append(sql, w.where(s.base, nil, false, s.flagReads)...)
	return string(appendOrder(sql, outer))
}

// candidate renders the judgement of a record that is in the parameters: one row,
// if it passes.
func (w *writer) candidate(s *statement) string {
	w.tables = append(w.tables, s.base.collection.Name)
	sql := "SELECT 1"
	if len(s.flags) > 0 {
		sql = string(w.appendFlags([]byte("SELECT "), s))
	}
	var parts []string
	for _, c := range s.conds {
		parts = append(parts, w.conjuncts(c)...)
	}
	if len(parts) == 0 {
		return sql
	}
	return sql + " WHERE " + strings.Join(parts, " AND ")
}

// outputs begins the statement with what it gives besides the keys.
func (w *writer) outputs(s *statement) []byte {
	size := 128
	for _, c := range s.columns {
		size += len(c) + 6
	}
	sql := append(make([]byte, 0, size), "SELECT "...)
	for i, c := range s.columns {
		if i > 0 {
			sql = append(sql, ", "...)
		}
		sql = appendName(append(sql, "t."...), c)
	}
	if len(s.flags) > 0 {
		if len(s.columns) > 0 {
			sql = append(sql, ", "...)
		}
		sql = w.appendFlags(sql, s)
	} else if len(s.columns) == 0 {
		sql = append(sql, '1')
	}
	return sql
}

// appendFlags renders the flags; one that is NULL is false.
func (w *writer) appendFlags(sql []byte, s *statement) []byte {
	for i, flag := range s.flags {
		if i > 0 {
			sql = append(sql, ", "...)
		}
		if known, ok := flag.(truthValue); ok {
			sql = append(sql, w.cond(known)...)
			continue
		}
		sql = append(sql, "CASE WHEN "+w.cond(flag)+" THEN TRUE ELSE FALSE END"...)
	}
	return sql
}

// appendLimit renders LIMIT and OFFSET.
func (w *writer) appendLimit(sql []byte, s *statement) []byte {
	limit := int64(s.limit)
	if limit == 0 && s.offset > 0 {
		limit = math.MaxInt64 // SQLite knows no OFFSET alone
	}
	if limit > 0 {
		sql = append(append(sql, " LIMIT "...), w.slot(&w.slots.limit, store.Int(limit))...)
	}
	if s.offset > 0 {
		sql = append(append(sql, " OFFSET "...), w.slot(&w.slots.offset, store.Int(int64(s.offset)))...)
	}
	return sql
}
