// Typed comparisons: the form of SQL that two operands need (equality, LIKE, IS, NULL as the
// empty text), with constants folded.

package ir

import (
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/schema"
)

// Form is the form of SQL of a comparison.
type Form uint8

// The forms. Those without a comment are the operators of the same names.
const (
	CmpEqual Form = iota
	CmpNotEqual
	CmpLess
	CmpLessEqual
	CmpGreater
	CmpGreaterEqual
	CmpLike
	CmpNotLike
	CmpLikeCase // case-sensitive LIKE
	CmpNotLikeCase
	CmpIs      // IS NOT DISTINCT FROM
	CmpIsNot   // IS DISTINCT FROM
	CmpSame    // = for which NULL is ''
	CmpDiffer  // != for which NULL is ''
	CmpBlank   // left is '' or NULL
	CmpFilled  // left is neither '' nor NULL
	CmpNull    // left is NULL
	CmpNotNull // left is not NULL
	CmpAlways  // true, unless an operand is NULL
)

// Compare returns the condition of a comparison (docs/wire/records.md §5.5, §5.6), typed, and
// folded to a Truth if both sides are known. A comparison with a hidden e-mail address is never
// true.
func Compare(op lang.Op, l, r Operand) Cond {
	c := CompareValues(op, l, r)
	for _, o := range [...]Operand{l, r} {
		if o.EmailOf != nil {
			c = EmailShown{o.EmailOf, c}
		}
	}
	return c
}

// CompareValues is Compare without the guard of hidden e-mail addresses.
func CompareValues(op lang.Op, l, r Operand) Cond {
	if !isLike(op) {
		l, r = l.beside(r), r.beside(l)
	}
	switch {
	case folds(op, l, r):
		return Truth(foldCompare(op, l, r))
	case isLike(op):
		return compareLike(op, l, r)
	case l.Constant() != nil: // the constant becomes the right side
		l, r, op = r, l, op.Flipped()
	}
	l.Strict = l.Strict || r.Strict
	v := r.Constant()
	switch {
	case v == nil:
		return comparePair(op, l, r)
	case v.empty() && (op == lang.Equal || op == lang.NotEqual):
		return compareEmpty(op, l, *v)
	case v.Kind == ValueNull:
		return Truth(false)
	case l.Constant() != nil: // the engine must compare them
		return comparePair(op, l, r)
	case r.Affinity == AffinityNone || r.Kind == l.Kind:
		return compareKnown(op, l, *v)
	}
	return comparePair(op, l, r)
}

// beside returns the operand for a comparison with other: beside a date, a constant that is a
// whole time, in any accepted form, is converted to the stored form. A part of a time is kept, as
// a prefix.
func (o Operand) beside(other Operand) Operand {
	if !other.Date || o.Date {
		return o
	}
	if v := o.Constant(); v != nil && v.Kind == ValueText {
		if text, ok := schema.StoredTime(v.Text); ok {
			o.Term = Text(text)
		}
	}
	return o
}

// compareEmpty returns the condition of = or != with NULL or an empty text.
func compareEmpty(op lang.Op, l Operand, v Value) Cond {
	switch {
	case l.Strict && v.Kind != ValueNull:
		return compareKnown(op, l, v)
	case l.Strict || l.Kind.IsNumber(): // a number is never ''
		if !l.Nullable {
			return Truth(op == lang.NotEqual)
		}
		return &Comparison{choose(op, CmpNull, CmpNotNull), l, ConstantOf(Null)}
	case !l.Nullable:
		return &Comparison{choose(op, CmpEqual, CmpNotEqual), l, ConstantOf(Text(""))}
	}
	return &Comparison{choose(op, CmpBlank, CmpFilled), l, ConstantOf(Null)}
}

// choose returns the form for = or for !=.
func choose(op lang.Op, equal, notEqual Form) Form {
	if op == lang.Equal {
		return equal
	}
	return notEqual
}

// compareKnown returns the condition of a comparison with a constant that is not NULL, converted
// to the kind of the other side. If it cannot be converted, every number is less than every text,
// as in SQLite.
func compareKnown(op lang.Op, l Operand, v Value) Cond {
	v, order := l.convert(v)
	if order != 0 {
		return compareClasses(op, l, order)
	}
	r := ConstantOf(v)
	if l.Kind == KindBool && v.Num != 0 && v.Num != 1 && (op == lang.Equal || op == lang.NotEqual) {
		return compareClasses(op, l, -1)
	}
	if l.Kind == KindBool && (v.Num == 0 || v.Num == 1) {
		r.Kind = KindBool
	}
	switch op {
	case lang.Equal:
		if l.Strict {
			return &Comparison{CmpIs, l, r}
		}
		return &Comparison{CmpEqual, l, r}
	case lang.NotEqual:
		if l.Nullable {
			return &Comparison{CmpIsNot, l, r}
		}
		return &Comparison{CmpNotEqual, l, r}
	}
	return &Comparison{orderForm(op), l, r}
}

// compareClasses returns the result of a comparison in which every value of l is less (order < 0)
// or greater than the other side, because their kinds differ.
func compareClasses(op lang.Op, l Operand, order int) Cond {
	switch {
	case op == lang.NotEqual:
		return Truth(true) // also for NULL
	case !holds(op, order):
		return Truth(false)
	}
	return always(l, ConstantOf(Text("")))
}

// always returns a condition that is true, or NULL if an operand is NULL.
func always(l, r Operand) Cond {
	if !l.Nullable && !r.Nullable {
		return Truth(true)
	}
	return &Comparison{CmpAlways, l, r}
}

// orderForm returns the form of an order comparison.
func orderForm(op lang.Op) Form {
	return [...]Form{lang.Less: CmpLess, lang.LessEqual: CmpLessEqual, lang.Greater: CmpGreater, lang.GreaterEqual: CmpGreaterEqual}[op]
}

// convert converts a constant without affinity to the kind of the operand. If that is not
// possible, order says how the operand's values compare with values of the other kind.
func (o Operand) convert(v Value) (converted Value, order int) {
	switch {
	case o.Kind == KindAny:
		return v, 0
	case o.Kind.IsNumber() && v.Kind == ValueText:
		if f, ok := Numeric(v.Text); ok && o.Affinity == AffinityNumber {
			return Number(f), 0
		}
		return v, -1
	case o.Kind == KindText && v.Kind == ValueNumber:
		if o.Affinity != AffinityText {
			return v, 1
		}
		return Text(v.AsText()), 0
	case o.Kind == KindList:
		if v.Kind == ValueNumber {
			return v, 1
		}
		if _, ok := Numeric(v.Text); ok {
			return v, 1
		}
	}
	return v, 0
}

// comparePair returns the condition of a comparison of two operands that are not constants, or of
// which a constant has the affinity of its column.
func comparePair(op lang.Op, l, r Operand) Cond {
	classes := classOrder(l, r)
	if op != lang.Equal && op != lang.NotEqual {
		switch {
		case classes == 0:
			return &Comparison{orderForm(op), l, r}
		case holds(op, classes):
			return always(l, r)
		}
		return Truth(false)
	}
	switch {
	case classes != 0:
		return compareNulls(op, l, r)
	case l.Strict || r.Strict:
		return &Comparison{choose(op, CmpIs, CmpIsNot), l, r}
	case l.Nullable || r.Nullable:
		return &Comparison{choose(op, CmpSame, CmpDiffer), l, r}
	}
	return &Comparison{choose(op, CmpEqual, CmpNotEqual), l, r}
}

// classOrder returns the order of the operands if one of them is always a text, the other always
// a number, and neither converts the other; otherwise 0.
func classOrder(l, r Operand) int {
	switch {
	case l.Kind == KindAny || r.Kind == KindAny || l.Kind.IsNumber() == r.Kind.IsNumber():
		return 0
	case l.Kind == KindList:
		return 1
	case r.Kind == KindList:
		return -1
	case l.Affinity != AffinityNone || r.Affinity != AffinityNone:
		return 0
	case l.Kind.IsNumber():
		return -1
	}
	return 1
}

// compareNulls returns the condition of = or != for a text and a number: they are equal only if
// both are NULL; the text may also be empty if that counts as NULL.
func compareNulls(op lang.Op, l, r Operand) Cond {
	strict := l.Strict || r.Strict
	l.Strict, r.Strict = strict, strict
	parts := [...]Cond{compareEmpty(op, l, Null), compareEmpty(op, r, Null)}
	if op == lang.Equal {
		return AllOf(parts[:]...)
	}
	return AnyOf(parts[:]...)
}

func isLike(op lang.Op) bool { return op >= lang.Like }

// compareLike returns the condition of a comparison with a pattern.
func compareLike(op lang.Op, l, r Operand) Cond {
	f := [...]Form{lang.Like: CmpLike, lang.NotLike: CmpNotLike, lang.LikeCase: CmpLikeCase, lang.NotLikeCase: CmpNotLikeCase}[op]
	if v := l.Constant(); v != nil && v.Kind == ValueNull {
		return Truth(false)
	}
	v := r.Constant()
	switch {
	case v == nil || !r.prints():
		return &Comparison{f, l, r}
	case v.Kind == ValueNull:
		return Truth(false)
	}
	pattern, ok := patternOf(r)
	switch {
	case ok:
		return &Comparison{f, l, ConstantOf(Text(pattern))}
	case op == lang.Like || op == lang.LikeCase:
		return Truth(false)
	}
	return always(l, ConstantOf(Text("")))
}

// patternOf returns the pattern of a constant right side. A constant in place of a column is put
// between % unescaped, as a column is.
func patternOf(r Operand) (pattern string, ok bool) {
	if r.Affinity != AffinityNone {
		return "%" + r.Constant().AsText() + "%", true
	}
	return LikePattern(r.Constant().Pattern())
}

// outcome is the truth value of a condition if a row is missing.
type outcome uint8

const (
	outcomeOpen outcome = iota // not known
	OutcomeTrue                // the condition holds
	outcomeFalse
	outcomeNull
)

// Missing returns the outcome of the comparison if the left or right operand is NULL.
func (t *Comparison) Missing(left bool) outcome {
	other := t.Left
	if left {
		other = t.Right
	}
	switch t.Form {
	case CmpBlank, CmpNull:
		return OutcomeTrue
	case CmpFilled, CmpNotNull:
		return outcomeFalse
	case CmpIs:
		return known(!other.Nullable, outcomeFalse)
	case CmpIsNot:
		return known(!other.Nullable, OutcomeTrue)
	case CmpSame:
		return known(other.NeverEmpty && !other.Nullable, outcomeFalse)
	case CmpDiffer:
		return known(other.NeverEmpty && !other.Nullable, OutcomeTrue)
	}
	return outcomeNull
}

func known(ok bool, o outcome) outcome {
	if ok {
		return o
	}
	return outcomeOpen
}
