// Sorts and cursors: the keys of an ORDER BY, made total by the row number, and the tag that
// binds a cursor to its sort.

package query

import (
	"hash/fnv"
	"strings"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/query/lang"
)

// Limits of a sort (docs/wire/records.md §4.2).
const (
	maxSortKeys = 8
	maxSortKey  = 255 // bytes
)

// sort resolves the client's sort and appends the row number, so that the order is total: then
// pages and cursors neither repeat nor skip rows.
func (r *read) sort(sel *Select) error {
	if sel.Sort == "" {
		if sel.Parents != nil || sel.ID == "" && sel.IDs == nil && sel.Candidate == nil {
			r.keys = append(r.keys, ir.SortKey{Kind: ir.KeyRow})
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
		if k.Kind != ir.KeyValue || k.IsID(r.b.base) {
			return nil // further keys have no effect
		}
	}
	r.keys = append(r.keys, ir.SortKey{Kind: ir.KeyRow, Descending: r.keys[len(r.keys)-1].Descending})
	return nil
}

// sortKey resolves one item of a sort. A path with several values sorts by the first value that
// the caller may see.
func (r *read) sortKey(item string, restricted bool) (k ir.SortKey, err error) {
	if len(item) > maxSortKey {
		return k, &Error{Message: "max sort expression length limit reached"}
	}
	name := strings.TrimSpace(item)
	if strings.HasPrefix(name, "-") || strings.HasPrefix(name, "+") {
		k.Descending = name[0] == '-'
		name = strings.TrimSpace(name[1:])
	}
	switch {
	case name == "@random":
		k.Kind = ir.KeyRandom
		r.b.volatile = true
		return k, nil
	case name == "@rowid" && !r.b.Scope.Collection.IsView():
		k.Kind = ir.KeyRow
		return k, nil
	}
	if !lang.IsPath(name) || strings.HasPrefix(name, "@request.") {
		return k, unresolved(name)
	}
	shared := resolver{b: r.b, base: r.b.base, restricted: restricted, guards: &r.guards}
	own := shared
	if restricted { // crossed records are guarded for the whole query
		if _, err := shared.ident(name); err != nil {
			return k, err
		}
	}
	own.scope, own.guards = r.b.newScope(), &k.Guards
	if k.Operand, err = own.ident(name); err != nil {
		return k, err
	}
	if k.Operand.Constant() != nil {
		return k, unresolved(name)
	}
	k.Sources = r.b.many(own.scope)
	return k, nil
}

// Cursors returns an *Error if the sort is by @random, which has no cursors, otherwise nil.
func Cursors(sort string) error {
	for _, item := range strings.Split(sort, ",") {
		if name := strings.TrimLeft(strings.TrimSpace(item), "+- "); name == "@random" {
			return &Error{Message: "a sort by @random has no cursors"}
		}
	}
	return nil
}

// sortTag returns a hash of collection and sort. Each cursor contains the hash, so that a cursor
// of another sort is refused and not misread.
func sortTag(sel *Select) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(sel.Collection.ID)) // a hash never fails
	for _, item := range strings.Split(sel.Sort, ",") {
		_, _ = h.Write([]byte{0})
		_, _ = h.Write([]byte(strings.TrimPrefix(strings.TrimSpace(item), "+")))
	}
	return h.Sum32()
}
