package query

import (
	"hash/fnv"
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

// sortTag tells cursors of different sorts apart.
func sortTag(sel *Select) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(sel.Collection.ID)) // a hash never fails
	for _, item := range strings.Split(sel.Sort, ",") {
		_, _ = h.Write([]byte{0})
		_, _ = h.Write([]byte(strings.TrimPrefix(strings.TrimSpace(item), "+")))
	}
	return h.Sum32()
}
