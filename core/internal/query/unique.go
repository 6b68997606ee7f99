package query

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/store"
)

// A filter may name a record by a unique value, such as a slug. An index finds the record, and
// the plan reads one row. But a time that depends on whether the rule is evaluated for no row or
// for one row would tell a client whether a hidden record has that slug. So the rule is always
// evaluated for exactly one row: if no record has the value, for another row (DESIGN.md, "The
// clock").

// only returns the condition that selects the row that the filter names by a unique index, or a
// stand-in if there is no such row. It returns nil if the filter names no row, or if the cost of
// the rule differs between rows by more than the size of the row.
func (r *read) only(rule ir.Cond, parts []ir.Cond) ir.Cond {
	if r.b.base.Collection.IsView() || readsMany(rule) {
		return nil
	}
	for _, ix := range r.b.base.Collection.ParsedIndexes() {
		if keys := r.namedBy(ix, parts); keys != nil {
			hash := fnv.New64a()
			for _, key := range keys {
				v := key.Right.Constant()
				_, _ = fmt.Fprintf(hash, "%q %v ", v.Text, v.Num) // a hash never fails
			}
			return &ir.Only{Of: r.b.base, Keys: keys, Else: hash.Sum64() >> 1}
		}
	}
	return nil
}

// namedBy returns the parts of the filter that compare each column of a unique index with a
// value; nil if a column has no such part.
func (r *read) namedBy(ix store.Index, parts []ir.Cond) (keys []*ir.Comparison) {
	if !ix.Unique || ix.Where != "" {
		return nil
	}
	for _, c := range ix.Columns {
		at := slices.IndexFunc(parts, func(part ir.Cond) bool {
			key := r.key(part)
			return key != nil && key.Form == ir.CmpEqual && strings.EqualFold(keyColumn(key), c.Name)
		})
		if at < 0 || c.Collate != "" && !strings.EqualFold(c.Collate, "BINARY") {
			return nil
		}
		keys = append(keys, r.key(parts[at]))
	}
	return keys
}

// readsMany reports whether the condition reads a source that may have many rows.
func readsMany(c ir.Cond) bool {
	found := false
	ir.VisitSources(c, func(s *ir.Source) {
		for ; s != nil; s = s.Parent {
			found = found || s.MultiRow()
		}
	})
	return found
}
