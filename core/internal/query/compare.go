package query

import "github.com/loambase/loam/core/internal/query/lang"

// form is how a test is spelled in the end.
type form uint8

const (
	formEqual form = iota
	formNotEqual
	formLess
	formLessEqual
	formGreater
	formGreaterEqual
	formLike
	formNotLike
	formIs      // IS NOT DISTINCT FROM
	formIsNot   // IS DISTINCT FROM
	formSame    // = in which NULL is ''
	formDiffer  // != in which NULL is ''
	formBlank   // left is '' or NULL
	formFilled  // left is neither
	formNull    // left is NULL
	formNotNull // left is not
	formAlways  // true, unless an operand is NULL
)

// compare types a comparison (docs/wire/records.md §5.5, §5.6) and folds it if it can.
func compare(op lang.Op, l, r operand) cond {
	c := typed(op, l, r)
	for _, o := range [...]operand{l, r} {
		if o.visible != nil {
			c = visibleAnd{o.visible, c}
		}
	}
	return c
}

func typed(op lang.Op, l, r operand) cond {
	switch {
	case folds(op, l, r):
		return truthValue(foldCompare(op, l, r))
	case op == lang.Like || op == lang.NotLike:
		return compareLike(op, l, r)
	case l.constant() != nil: // the constant goes right
		l, r, op = r, l, op.Flipped()
	}
	l.strict = l.strict || r.strict
	v := r.constant()
	switch {
	case v == nil:
		return comparePair(op, l, r)
	case v.empty() && (op == lang.Equal || op == lang.NotEqual):
		return compareEmpty(op, l, *v)
	case v.kind == valueNull:
		return truthValue(false)
	case l.constant() != nil: // the engine must compare them
		return comparePair(op, l, r)
	case r.affinity == affinityNone || r.kind == l.kind:
		return compareKnown(op, l, *v)
	}
	return comparePair(op, l, r)
}

// compareEmpty is = and != with NULL or ”.
func compareEmpty(op lang.Op, l operand, v value) cond {
	switch {
	case l.strict && v.kind != valueNull:
		return compareKnown(op, l, v)
	case l.strict || l.kind.isNumber(): // a number is never ''
		if !l.nullable {
			return truthValue(op == lang.NotEqual)
		}
		return &test{choose(op, formNull, formNotNull), l, constantOf(null)}
	case !l.nullable:
		return &test{choose(op, formEqual, formNotEqual), l, constantOf(text(""))}
	}
	return &test{choose(op, formBlank, formFilled), l, constantOf(null)}
}

// choose is the form for = or for !=.
func choose(op lang.Op, equal, notEqual form) form {
	if op == lang.Equal {
		return equal
	}
	return notEqual
}

// compareKnown compares with a constant that is not NULL, converted to the kind
// of the other side; if that cannot be, every number is below every text.
func compareKnown(op lang.Op, l operand, v value) cond {
	v, order := l.convert(v)
	if order != 0 {
		return compareClasses(op, l, order)
	}
	r := constantOf(v)
	if l.kind == kindBool && v.num != 0 && v.num != 1 && (op == lang.Equal || op == lang.NotEqual) {
		return compareClasses(op, l, -1)
	}
	if l.kind == kindBool && (v.num == 0 || v.num == 1) {
		r.kind = kindBool
	}
	switch op {
	case lang.Equal:
		if l.strict {
			return &test{formIs, l, r}
		}
		return &test{formEqual, l, r}
	case lang.NotEqual:
		if l.nullable {
			return &test{formIsNot, l, r}
		}
		return &test{formNotEqual, l, r}
	}
	return &test{orderForm(op), l, r}
}

// compareClasses is the outcome when every value of l is below (order < 0) or
// above what it is compared with.
func compareClasses(op lang.Op, l operand, order int) cond {
	switch {
	case op == lang.NotEqual:
		return truthValue(true) // of NULL too
	case !holds(op, order):
		return truthValue(false)
	}
	return always(l, constantOf(text("")))
}

// always is true, but NULL if an operand is.
func always(l, r operand) cond {
	if !l.nullable && !r.nullable {
		return truthValue(true)
	}
	return &test{formAlways, l, r}
}

func orderForm(op lang.Op) form {
	return [...]form{lang.Less: formLess, lang.LessEqual: formLessEqual, lang.Greater: formGreater, lang.GreaterEqual: formGreaterEqual}[op]
}

// convert gives a constant without affinity the kind of the operand; order is
// how the operand's values compare with what has another kind.
func (o operand) convert(v value) (converted value, order int) {
	switch {
	case o.kind == kindAny:
		return v, 0
	case o.kind.isNumber() && v.kind == valueText:
		if f, ok := numeric(v.text); ok && o.affinity == affinityNumber {
			return number(f), 0
		}
		return v, -1
	case o.kind == kindText && v.kind == valueNumber:
		if o.affinity != affinityText {
			return v, 1
		}
		return text(v.asText()), 0
	case o.kind == kindList:
		if v.kind == valueNumber {
			return v, 1
		}
		if _, ok := numeric(v.text); ok {
			return v, 1
		}
	}
	return v, 0
}

// comparePair compares two operands of which neither is known, or one is only
// known with the affinity of its column.
func comparePair(op lang.Op, l, r operand) cond {
	classes := classOrder(l, r)
	if op != lang.Equal && op != lang.NotEqual {
		switch {
		case classes == 0:
			return &test{orderForm(op), l, r}
		case holds(op, classes):
			return always(l, r)
		}
		return truthValue(false)
	}
	switch {
	case classes != 0:
		return compareNulls(op, l, r)
	case l.strict || r.strict:
		return &test{choose(op, formIs, formIsNot), l, r}
	case l.nullable || r.nullable:
		return &test{choose(op, formSame, formDiffer), l, r}
	}
	return &test{choose(op, formEqual, formNotEqual), l, r}
}

// classOrder is not 0 if one of the operands is always a text, the other always a
// number, and neither converts the other.
func classOrder(l, r operand) int {
	switch {
	case l.kind == kindAny || r.kind == kindAny || l.kind.isNumber() == r.kind.isNumber():
		return 0
	case l.kind == kindList:
		return 1
	case r.kind == kindList:
		return -1
	case l.affinity != affinityNone || r.affinity != affinityNone:
		return 0
	case l.kind.isNumber():
		return -1
	}
	return 1
}

// compareNulls is = and != of a text and a number: they are equal only in that
// both are NULL, for which the text may also be ” where that is the same.
func compareNulls(op lang.Op, l, r operand) cond {
	strict := l.strict || r.strict
	l.strict, r.strict = strict, strict
	parts := [...]cond{compareEmpty(op, l, null), compareEmpty(op, r, null)}
	if op == lang.Equal {
		return and(parts[:]...)
	}
	return or(parts[:]...)
}

// compareLike compares with ~ or !~.
func compareLike(op lang.Op, l, r operand) cond {
	f := formLike
	if op == lang.NotLike {
		f = formNotLike
	}
	if v := l.constant(); v != nil && v.kind == valueNull {
		return truthValue(false)
	}
	v := r.constant()
	switch {
	case v == nil || !r.prints():
		return &test{f, l, r}
	case v.kind == valueNull:
		return truthValue(false)
	}
	pattern, ok := patternOf(r)
	switch {
	case ok:
		return &test{f, l, constantOf(text(pattern))}
	case op == lang.Like:
		return truthValue(false)
	}
	return always(l, constantOf(text("")))
}

// patternOf is the pattern of a right side that is known. One that stands for a
// column is put between % as it is, as a column is.
func patternOf(r operand) (pattern string, ok bool) {
	if r.affinity != affinityNone {
		return "%" + r.constant().asText() + "%", true
	}
	return likePattern(r.constant().pattern())
}

// outcome is what a condition gives when a row is missing.
type outcome uint8

const (
	outcomeOpen outcome = iota // it depends
	outcomeTrue
	outcomeFalse
	outcomeNull
)

// missing is the outcome of the test when the left or right operand is NULL.
func (t *test) missing(left bool) outcome {
	other := t.left
	if left {
		other = t.right
	}
	switch t.form {
	case formBlank, formNull:
		return outcomeTrue
	case formFilled, formNotNull:
		return outcomeFalse
	case formIs:
		return known(!other.nullable, outcomeFalse)
	case formIsNot:
		return known(!other.nullable, outcomeTrue)
	case formSame:
		return known(other.filled && !other.nullable, outcomeFalse)
	case formDiffer:
		return known(other.filled && !other.nullable, outcomeTrue)
	}
	return outcomeNull
}

func known(ok bool, o outcome) outcome {
	if ok {
		return o
	}
	return outcomeOpen
}
