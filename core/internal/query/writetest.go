package query

import (
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

var signs = [...]string{formEqual: " = ", formNotEqual: " <> ", formLess: " < ", formLessEqual: " <= ",
	formGreater: " > ", formGreaterEqual: " >= ", formIs: " IS NOT DISTINCT FROM ", formIsNot: " IS DISTINCT FROM "}

// test renders a comparison. It may stand beside AND without parentheses.
func (w *writer) test(t *test) string {
	switch t.form {
	case formLike:
		return w.like(t)
	case formNotLike:
		return "NOT (" + w.like(t) + ")"
	case formSame:
		return w.same(t)
	case formDiffer:
		return "NOT (" + w.same(t) + ")"
	case formNull:
		return w.operand(t.left) + " IS NULL"
	case formNotNull:
		return w.operand(t.left) + " IS NOT NULL"
	case formBlank:
		s := w.text(t.left)
		if !w.nullable(t.left) {
			return s + " = ''"
		}
		return "(" + s + " = '' OR " + s + " IS NULL)"
	case formFilled:
		s := w.text(t.left)
		if !w.nullable(t.left) {
			return s + " <> ''"
		}
		return s + " <> '' AND " + s + " IS NOT NULL"
	case formAlways:
		return w.always(t)
	}
	return w.compare(t.form, t.left, t.right)
}

// compare renders a comparison by one of the signs.
func (w *writer) compare(f form, l, r operand) string {
	if number, text, flipped, ok := mixed(l, r); ok {
		return w.mixed(f, number, text, flipped)
	}
	a, b := w.pair(l, r)
	return a + signs[f] + b
}

// pair renders two operands so that one sign compares them.
func (w *writer) pair(l, r operand) (string, string) {
	switch {
	case l.kind == kindAny || r.kind == kindAny:
		if l.affinity == affinityText || r.affinity == affinityText {
			return w.text(l), w.text(r)
		}
		return w.lifted(l), w.lifted(r)
	case l.kind.isNumber() != r.kind.isNumber():
		return w.text(l), w.text(r)
	case l.kind.isNumber() && l.kind != r.kind:
		return w.number(l), w.number(r)
	case l.kind == kindList || r.kind == kindList:
		return w.text(l), w.text(r)
	}
	return w.operand(l), w.operand(r)
}

// lifted renders an operand so that it compares with what is in a document.
func (w *writer) lifted(o operand) string {
	if _, ok := o.term.(path); ok {
		return w.term(o.term)
	}
	if o.kind.isNumber() {
		return w.dialect.Lift(w.operand(o), o.kind.scalar())
	}
	return w.dialect.Lift(w.text(o), store.ColumnText)
}

// mixed says whether one operand is a number that makes a number of the other, a
// text. flipped: the text is on the left.
func mixed(l, r operand) (number, text operand, flipped, ok bool) {
	switch {
	case l.kind.isNumber() && l.affinity == affinityNumber && r.kind == kindText:
		return l, r, false, true
	case r.kind.isNumber() && r.affinity == affinityNumber && l.kind == kindText:
		return r, l, true, true
	}
	return l, r, false, false
}

// mixed compares a number with a text that it may make a number of.
func (w *writer) mixed(f form, number, text operand, flipped bool) string {
	n, t := w.operand(number), w.operand(text)
	if number.kind == kindBool {
		n = w.dialect.Number(n, store.ColumnBool)
	}
	equal := w.dialect.Mixed(n, "=", t)
	switch f {
	case formEqual:
		return equal
	case formNotEqual:
		return "NOT (" + equal + ")"
	case formIs, formIsNot:
		same := "CASE WHEN " + n + " IS NULL OR " + t + " IS NULL THEN " + n + " IS NULL AND " + t + " IS NULL ELSE " + equal + " END"
		if f == formIsNot {
			return "NOT (" + same + ")"
		}
		return same
	}
	if flipped {
		f = [...]form{formLess: formGreater, formLessEqual: formGreaterEqual,
			formGreater: formLess, formGreaterEqual: formLessEqual}[f]
	}
	return w.dialect.Mixed(n, strings.TrimSpace(signs[f]), t)
}

// same is equality in which NULL is the same as ”.
func (w *writer) same(t *test) string {
	l, r := t.left, t.right
	switch {
	case !w.nullable(l) && !w.nullable(r):
		return w.compare(formEqual, l, r)
	case l.kind.isNumber() && r.kind.isNumber():
		return w.compare(formIs, l, r)
	case !l.kind.isNumber() && !r.kind.isNumber():
		return w.filled(l) + " = " + w.filled(r)
	}
	return "COALESCE(" + w.compare(formEqual, l, r) + ", " + w.filled(l) + " = " + w.filled(r) + ")"
}

func (w *writer) filled(o operand) string {
	if !w.nullable(o) {
		return w.text(o)
	}
	return "COALESCE(" + w.text(o) + ", '')"
}

func (w *writer) like(t *test) string {
	l := w.text(t.left)
	if v := t.right.constant(); v != nil && v.kind == valueText {
		return w.dialect.Like(l, w.operand(t.right))
	}
	// A stored text may be longer than a pattern can be; such never match. A
	// character has four bytes at most.
	r := w.text(t.right)
	return "CASE WHEN length(" + r + ") <= " + strconv.Itoa(maxPattern/2) + " THEN " +
		w.dialect.Like(l, "('%' || "+r+" || '%')") + " END"
}

// always is TRUE, or NULL if an operand is.
func (w *writer) always(t *test) string {
	sql := "CASE WHEN "
	for _, o := range [...]operand{t.left, t.right} {
		if !o.nullable {
			continue
		}
		if len(sql) > len("CASE WHEN ") {
			sql += " AND "
		}
		sql += w.operand(o) + " IS NOT NULL"
	}
	return sql + " THEN TRUE END"
}
