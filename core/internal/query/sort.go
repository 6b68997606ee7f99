package query

import (
	"strings"

	"github.com/loambase/loam/core/internal/query/lang"
)

// Limits of a sort (docs/wire/records.md §4.2).
const (
	maxSortKeys = 8
	maxSortKey  = 255 // bytes
)

// deepOffset is from where on a sorted page is looked up by row ids first, so
// that what is skipped is not read whole.
const deepOffset = 500

// sortKey is one part of a sort.
type sortKey struct {
	how        keyKind
	descending bool
	operand    operand

	// A path with many values sorts by the first one stored.
	sources []*source
	guards  []cond
}

type keyKind uint8

const (
	keyValue keyKind = iota
	keyRandom
	keyRow // insertion order; of a view, by id
)

// sort resolves the client's sort and ends it with what makes it total.
func (r *read) sort(sel *Select) error {
	if sel.Sort == "" {
		if sel.ID == "" && sel.IDs == nil && sel.Candidate == nil {
			r.keys = append(r.keys, sortKey{how: keyRow})
		}
		return nil
	}
	items := strings.Split(sel.Sort, ",")
	if len(items) > maxSortKeys {
		return &Error{Message: "max sort expressions limit reached"}
	}
	for _, item := range items {
		k, err := r.sortKey(item, sel.Restricted)
		if err != nil {
			return err
		}
		r.keys = append(r.keys, k)
		if k.how != keyValue || k.isID(r.base) {
			return nil // the rest has no effect
		}
	}
	r.keys = append(r.keys, sortKey{how: keyRow, descending: r.keys[len(r.keys)-1].descending})
	return nil
}

// isID says whether the key is the primary key of the selected table.
func (k *sortKey) isID(base *source) bool {
	c, ok := k.operand.term.(column)
	return ok && c.of == base && c.name == "id"
}

func (r *read) sortKey(item string, restricted bool) (k sortKey, err error) {
	if len(item) > maxSortKey {
		return k, &Error{Message: "max sort expression length limit reached"}
	}
	name := strings.TrimSpace(item)
	if strings.HasPrefix(name, "-") || strings.HasPrefix(name, "+") {
		k.descending = name[0] == '-'
		name = strings.TrimSpace(name[1:])
	}
	switch {
	case name == "@random":
		k.how = keyRandom
		r.volatile = true
		return k, nil
	case name == "@rowid" && !r.Collection.IsView():
		k.how = keyRow
		return k, nil
	}
	if !lang.IsIdent(name) || strings.HasPrefix(name, "@request.") {
		return k, unresolved(name)
	}
	shared := resolver{build: r.build, base: r.base, restricted: restricted, guards: &r.guards}
	own := shared
	if restricted { // what is crossed must be listable, for the whole query
		if _, err := shared.ident(name); err != nil {
			return k, err
		}
	}
	own.space, own.guards = r.newSpace(), &k.guards
	if k.operand, err = own.ident(name); err != nil {
		return k, err
	}
	if k.operand.constant() != nil {
		return k, unresolved(name)
	}
	k.sources = r.many(own.space)
	return k, nil
}

// reads names the sources of the key's value.
func (k *sortKey) reads(fn func(*source)) {
	if k.how != keyValue {
		return
	}
	visit(k.operand.term, fn)
	if k.operand.visible != nil {
		fn(k.operand.visible)
	}
}

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
func (w *writer) keys(r *read) []orderKey {
	list := make([]orderKey, 0, 2)
	for i := range r.keys {
		k := &r.keys[i]
		o := orderKey{descending: k.descending, kind: kindNumber}
		switch k.how {
		case keyRandom:
			o.sql, o.noCursor = "random()", true
		case keyRow:
			o.sql = "t._rowid_"
			if r.Collection.IsView() {
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
