// Constant folding: comparisons of two constants are evaluated here, with the results of SQLite.

package ir

import (
	"cmp"
	"strings"

	"github.com/loambase/loam/core/internal/query/lang"
)

// Affinity is the effect of a value's origin on the other side of a comparison, as in SQLite: a
// number column converts a text that has the form of a number, a text column converts a number
// without affinity to a text.
type Affinity uint8

// The affinities.
const (
	AffinityNone Affinity = iota // constants and JSON documents
	AffinityText
	AffinityNumber
)

// folds reports whether a comparison of two constants can be evaluated here. It cannot if it
// needs a text that only the engine can make.
func folds(op lang.Op, l, r Operand) bool {
	if l.Constant() == nil || r.Constant() == nil {
		return false
	}
	return !isLike(op) || l.prints() && r.prints()
}

// prints reports whether the text of a constant is known: the text of a number in place of a
// column is made by the engine.
func (o Operand) prints() bool { return o.Affinity == AffinityNone || o.Constant().prints() }

// foldCompare returns the truth of a comparison of two constants; NULL counts as false.
func foldCompare(op lang.Op, l, r Operand) bool {
	a, b := *l.Constant(), *r.Constant()
	switch op {
	case lang.Like, lang.NotLike, lang.LikeCase, lang.NotLikeCase:
		if a.Kind == ValueNull || b.Kind == ValueNull {
			return false
		}
		pattern, ok := patternOf(r)
		exact := op == lang.LikeCase || op == lang.NotLikeCase
		return (ok && like(pattern, a.AsText(), exact)) == (op == lang.Like || op == lang.LikeCase)
	case lang.Equal:
		return foldEqual(l, r)
	case lang.NotEqual:
		return !foldEqual(l, r)
	}
	if a.Kind == ValueNull || b.Kind == ValueNull {
		return false
	}
	return holds(op, orderOf(a, l.Affinity, b, r.Affinity))
}

// foldEqual evaluates = by the rules of docs/wire/records.md §5.6.
func foldEqual(l, r Operand) bool {
	a, b := *l.Constant(), *r.Constant()
	if l.Strict || r.Strict {
		if a.Kind == ValueNull || b.Kind == ValueNull {
			return a.Kind == b.Kind
		}
	} else if a.empty() || b.empty() {
		return a.empty() && b.empty()
	}
	return orderOf(a, l.Affinity, b, r.Affinity) == 0
}

// holds reports whether a op b is true for the given order of a and b.
func holds(op lang.Op, order int) bool {
	switch op {
	case lang.Less:
		return order < 0
	case lang.LessEqual:
		return order <= 0
	case lang.Greater:
		return order > 0
	case lang.GreaterEqual:
		return order >= 0
	case lang.NotEqual:
		return order != 0
	}
	return order == 0
}

// orderOf compares two values that are not NULL after applying their affinities; numbers are less
// than texts.
func orderOf(a Value, aa Affinity, b Value, ba Affinity) int {
	a, b = apply(a, aa, ba), apply(b, ba, aa)
	switch {
	case a.Kind != b.Kind:
		return int(a.Kind) - int(b.Kind)
	case a.Kind == ValueText:
		return strings.Compare(a.Text, b.Text)
	case a.long != 0 && b.long != 0:
		return cmp.Compare(a.long, b.long)
	case a.Num < b.Num:
		return -1
	case a.Num > b.Num:
		return 1
	}
	return 0
}

// apply returns v, which has the affinity own, as converted by a comparison with a value of the
// affinity other.
func apply(v Value, own, other Affinity) Value {
	switch {
	case other == AffinityNumber && own != AffinityNumber && v.Kind == ValueText:
		if f, ok := Numeric(v.Text); ok {
			return Number(f)
		}
	case other == AffinityText && own == AffinityNone && v.Kind == ValueNumber:
		return Text(v.AsText())
	}
	return v
}
