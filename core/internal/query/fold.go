package query

import (
	"strings"

	"github.com/loambase/loam/core/internal/query/lang"
)

// affinity is what a value's origin does to what it is compared with, as in
// SQLite: a column of numbers makes a number of a text that looks like one, a
// text column makes a text of a number that has no affinity.
type affinity uint8

const (
	affinityNone affinity = iota
	affinityText
	affinityNumber
)

// folds says whether a comparison of two constants can be done here: not if it
// needs a text that only the engine can make.
func folds(op lang.Op, l, r operand) bool {
	if l.constant() == nil || r.constant() == nil {
		return false
	}
	return op != lang.Like && op != lang.NotLike || l.prints() && r.prints()
}

// prints says whether the text of a constant is known: that of a number which
// stands for a column is the engine's.
func (o operand) prints() bool { return o.affinity == affinityNone || o.constant().prints() }

// foldCompare is the truth of a comparison of two constants; what SQL would find
// NULL is false.
func foldCompare(op lang.Op, l, r operand) bool {
	a, b := *l.constant(), *r.constant()
	switch op {
	case lang.Like, lang.NotLike:
		if a.kind == valueNull || b.kind == valueNull {
			return false
		}
		pattern, ok := patternOf(r)
		return (ok && like(pattern, a.asText())) == (op == lang.Like)
	case lang.Equal:
		return foldEqual(l, r)
	case lang.NotEqual:
		return !foldEqual(l, r)
	}
	if a.kind == valueNull || b.kind == valueNull {
		return false
	}
	return holds(op, compareValues(a, l.affinity, b, r.affinity))
}

// foldEqual follows the rules of docs/wire/records.md §5.6 for =.
func foldEqual(l, r operand) bool {
	a, b := *l.constant(), *r.constant()
	if l.strict || r.strict {
		if a.kind == valueNull || b.kind == valueNull {
			return a.kind == b.kind
		}
	} else if a.empty() || b.empty() {
		return a.empty() && b.empty()
	}
	return compareValues(a, l.affinity, b, r.affinity) == 0
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

// compareValues compares two values that are not NULL after their affinities have had
// their effect; numbers are below texts.
func compareValues(a value, aa affinity, b value, ba affinity) int {
	a, b = apply(a, aa, ba), apply(b, ba, aa)
	switch {
	case a.kind != b.kind:
		return int(a.kind) - int(b.kind)
	case a.kind == valueText:
		return strings.Compare(a.text, b.text)
	case a.num < b.num:
		return -1
	case a.num > b.num:
		return 1
	}
	return 0
}

// apply is v, whose own affinity is own, after a comparison with what has the
// other.
func apply(v value, own, other affinity) value {
	switch {
	case other == affinityNumber && own != affinityNumber && v.kind == valueText:
		if f, ok := numeric(v.text); ok {
			return number(f)
		}
	case other == affinityText && own == affinityNone && v.kind == valueNumber:
		return text(v.asText())
	}
	return v
}
