// Constant folding: comparisons of two constants are decided here, as SQLite would decide
// them.

package ir

import (
	"cmp"
	"strings"

	"github.com/loambase/loam/core/internal/query/lang"
)

// Affinity is what a value's origin does to what it is compared with, as in
// SQLite: a column of numbers makes a number of a text that looks like one, a
// text column makes a text of a number that has no affinity.
type Affinity uint8

// The affinities.
const (
	AffinityNone Affinity = iota // of constants and JSON documents
	AffinityText
	AffinityNumber
)

// folds says whether a comparison of two constants can be done here: not if it
// needs a text that only the engine can make.
func folds(op lang.Op, l, r Operand) bool {
	if l.Constant() == nil || r.Constant() == nil {
		return false
	}
	return !isLike(op) || l.prints() && r.prints()
}

// prints says whether the text of a constant is known: that of a number which
// stands for a column is the engine's.
func (o Operand) prints() bool { return o.Affinity == AffinityNone || o.Constant().prints() }

// foldCompare is the truth of a comparison of two constants; what SQL would find
// NULL is false.
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

// foldEqual follows the rules of docs/wire/records.md §5.6 for =.
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

// holds says whether a op b, given the order of the two.
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

// orderOf compares two values that are not NULL after their affinities have had
// their effect; numbers are below texts.
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

// apply is v, whose own affinity is own, after a comparison with what has the
// other.
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
