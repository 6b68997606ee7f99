package query

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/store"
)

// A filter may name a record by what is unique, as a slug. An index finds it, and it is one
// row. But whether the rule is judged for no row or for one would tell whether a hidden
// record has that slug. So the rule is always judged for one: where none has it, for
// another (DESIGN.md, "The clock").

// only is the condition that a row is the one which the filter names by an index that is
// unique, or the one that stands for it; nil if the filter names none, or if what the rule
// costs differs from row to row by more than the size of the row.
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

// namedBy are the parts that give each column of a unique index a value; nil if there are
// not as many.
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

// readsMany says whether the condition reads sources that may have many rows.
func readsMany(c ir.Cond) bool {
	found := false
	ir.VisitSources(c, func(s *ir.Source) {
		for ; s != nil; s = s.Parent {
			found = found || s.MultiRow()
		}
	})
	return found
}
