// Filters of mutations, which must not hold for all records by mistake.

package graphql

import (
	"github.com/loambase/loam/api/internal/graphql/model"
)

// narrows reports whether a valid filter contains a comparison in each of the ways in which a
// record may satisfy it.
func narrows(r *model.Record, filter map[string]any) bool { return narrowing{r, false}.all(filter) }

// narrowing judges parts of a filter, which may be negated.
type narrowing struct {
	record  *model.Record
	negated bool
}

// together reports whether parts of which all must hold contain a comparison: one such part is
// enough. If they are negated, one part that does not hold is enough for a record, so each part
// must contain a comparison.
func (n narrowing) together(count int, narrows func(yield func(bool) bool)) bool {
	for part := range narrows {
		if part != n.negated {
			return part
		}
	}
	return n.negated && count > 0
}

// all judges an object, of whose keys all must hold.
func (n narrowing) all(filter map[string]any) bool {
	return n.together(len(filter), func(yield func(bool) bool) {
		for key, v := range filter {
			if !yield(n.key(key, v)) {
				return
			}
		}
	})
}

// list judges the filters of and, or the filters of or, which is the negation of an and of
// negations.
func (n narrowing) list(v any, or bool) bool {
	list, _ := v.([]any)
	joined := narrowing{n.record, n.negated != or}
	return joined.together(len(list), func(yield func(bool) bool) {
		for _, item := range list {
			part, _ := item.(map[string]any)
			if !yield(n.all(part)) {
				return
			}
		}
	})
}

func (n narrowing) key(key string, v any) bool {
	inner, _ := v.(map[string]any)
	switch n.record.Connective(key) {
	case model.And:
		return n.list(v, false)
	case model.Or:
		return n.list(v, true)
	case model.Not:
		return narrowing{n.record, !n.negated}.all(inner)
	}
	switch f := n.record.Filter(key); f.Kind {
	case model.One:
		return narrowing{f.Target, n.negated}.all(inner)
	case model.Many, model.Back:
		return n.together(len(inner), func(yield func(bool) bool) {
			for which, of := range inner {
				part, _ := of.(map[string]any)
				if !yield(narrowing{f.Target, n.negated != (which == "none")}.all(part)) {
					return
				}
			}
		})
	}
	return n.operators(inner)
}

// operators judges a comparison. Comparisons with an empty list hold always or never.
func (n narrowing) operators(comparison map[string]any) bool {
	return n.together(len(comparison), func(yield func(bool) bool) {
		for operator, value := range comparison {
			narrows := true
			if list, ok := value.([]any); ok && len(list) == 0 {
				never := operator == "in" || operator == "containsAny"
				narrows = never != n.negated
			} else if length, ok := value.(map[string]any); ok {
				narrows = n.operators(length)
			}
			if !yield(narrows) {
				return
			}
		}
	})
}
