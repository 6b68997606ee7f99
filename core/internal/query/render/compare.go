package render

import (
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/store"
)

var signs = [...]string{ir.CmpEqual: " = ", ir.CmpNotEqual: " <> ", ir.CmpLess: " < ", ir.CmpLessEqual: " <= ",
	ir.CmpGreater: " > ", ir.CmpGreaterEqual: " >= ", ir.CmpIs: " IS NOT DISTINCT FROM ", ir.CmpIsNot: " IS DISTINCT FROM "}

// test renders a comparison. It may stand beside AND without parentheses.
func (w *writer) test(t *ir.Comparison) string {
	switch t.Form {
	case ir.CmpLike:
		return w.like(t)
	case ir.CmpNotLike:
		return "NOT (" + w.like(t) + ")"
	case ir.CmpLikeCase:
		return w.likeCase(t)
	case ir.CmpNotLikeCase:
		return "NOT (" + w.likeCase(t) + ")"
	case ir.CmpSame:
		return w.same(t)
	case ir.CmpDiffer:
		return "NOT (" + w.same(t) + ")"
	case ir.CmpNull:
		return w.operand(t.Left) + " IS NULL"
	case ir.CmpNotNull:
		return w.operand(t.Left) + " IS NOT NULL"
	case ir.CmpBlank:
		s := w.text(t.Left)
		if !w.nullable(t.Left) {
			return s + " = ''"
		}
		return "(" + s + " = '' OR " + s + " IS NULL)"
	case ir.CmpFilled:
		s := w.text(t.Left)
		if !w.nullable(t.Left) {
			return s + " <> ''"
		}
		return s + " <> '' AND " + s + " IS NOT NULL"
	case ir.CmpAlways:
		return w.always(t)
	}
	return w.compare(t.Form, t.Left, t.Right)
}

// compare renders a comparison by one of the signs.
func (w *writer) compare(f ir.Form, l, r ir.Operand) string {
	if number, text, flipped, ok := mixed(l, r); ok {
		return w.mixed(f, number, text, flipped)
	}
	a, b := w.pair(l, r)
	return a + signs[f] + b
}

// pair renders two operands so that one sign compares them.
func (w *writer) pair(l, r ir.Operand) (string, string) {
	switch {
	case l.Kind == ir.KindAny || r.Kind == ir.KindAny:
		if l.Affinity == ir.AffinityText || r.Affinity == ir.AffinityText {
			return w.text(l), w.text(r)
		}
		return w.lifted(l), w.lifted(r)
	case l.Kind.IsNumber() != r.Kind.IsNumber():
		return w.text(l), w.text(r)
	case l.Kind.IsNumber() && l.Kind != r.Kind:
		return w.number(l), w.number(r)
	case l.Kind == ir.KindList || r.Kind == ir.KindList:
		return w.text(l), w.text(r)
	}
	return w.operand(l), w.operand(r)
}

// lifted renders an operand so that it compares with what is in a document.
func (w *writer) lifted(o ir.Operand) string {
	switch o.Term.(type) {
	case ir.Path, ir.Element:
		return w.term(o.Term)
	}
	if v := o.Constant(); v != nil && v.Exact() {
		return w.dialect.LiftInteger(w.operand(o))
	}
	if o.Kind.IsNumber() {
		return w.dialect.Lift(w.operand(o), o.Kind.Column())
	}
	return w.dialect.Lift(w.text(o), store.ColumnText)
}

// mixed says whether one operand is a number that makes a number of the other, a
// text. flipped: the text is on the left.
func mixed(l, r ir.Operand) (number, text ir.Operand, flipped, ok bool) {
	switch {
	case l.Kind.IsNumber() && l.Affinity == ir.AffinityNumber && r.Kind == ir.KindText:
		return l, r, false, true
	case r.Kind.IsNumber() && r.Affinity == ir.AffinityNumber && l.Kind == ir.KindText:
		return r, l, true, true
	}
	return l, r, false, false
}

// mixed compares a number with a text that it may make a number of.
func (w *writer) mixed(f ir.Form, number, text ir.Operand, flipped bool) string {
	n, t := w.operand(number), w.operand(text)
	if number.Kind == ir.KindBool {
		n = w.dialect.Number(n, store.ColumnBool)
	}
	equal := w.dialect.Mixed(n, "=", t)
	switch f {
	case ir.CmpEqual:
		return equal
	case ir.CmpNotEqual:
		return "NOT (" + equal + ")"
	case ir.CmpIs, ir.CmpIsNot:
		same := "CASE WHEN " + n + " IS NULL OR " + t + " IS NULL THEN " + n + " IS NULL AND " + t + " IS NULL ELSE " + equal + " END"
		if f == ir.CmpIsNot {
			return "NOT (" + same + ")"
		}
		return same
	}
	if flipped {
		f = [...]ir.Form{ir.CmpLess: ir.CmpGreater, ir.CmpLessEqual: ir.CmpGreaterEqual,
			ir.CmpGreater: ir.CmpLess, ir.CmpGreaterEqual: ir.CmpLessEqual}[f]
	}
	return w.dialect.Mixed(n, strings.TrimSpace(signs[f]), t)
}

// same is equality in which NULL is the same as ”.
func (w *writer) same(t *ir.Comparison) string {
	l, r := t.Left, t.Right
	switch {
	case !w.nullable(l) && !w.nullable(r):
		return w.compare(ir.CmpEqual, l, r)
	case l.Kind.IsNumber() && r.Kind.IsNumber():
		return w.compare(ir.CmpIs, l, r)
	case !l.Kind.IsNumber() && !r.Kind.IsNumber():
		return w.filled(l) + " = " + w.filled(r)
	}
	return "COALESCE(" + w.compare(ir.CmpEqual, l, r) + ", " + w.filled(l) + " = " + w.filled(r) + ")"
}

func (w *writer) filled(o ir.Operand) string {
	if !w.nullable(o) {
		return w.text(o)
	}
	return "COALESCE(" + w.text(o) + ", '')"
}

func (w *writer) like(t *ir.Comparison) string {
	l := w.text(t.Left)
	if v := t.Right.Constant(); v != nil && v.Kind == ir.ValueText {
		return w.dialect.Like(l, w.operand(t.Right))
	}
	// A stored text may be longer than a pattern can be; such never match. A
	// character has four bytes at most.
	r := w.text(t.Right)
	return "CASE WHEN length(" + r + ") <= " + strconv.Itoa(ir.MaxPattern/2) + " THEN " +
		w.dialect.Like(l, "('%' || "+r+" || '%')") + " END"
}

// likeCase renders LIKE that tells upper from lower case; the pattern is a constant.
func (w *writer) likeCase(t *ir.Comparison) string {
	return w.dialect.LikeCase(w.text(t.Left), t.Right.Constant().Text, func(pattern string) string {
		return w.bind(store.Text(pattern))
	})
}

// always is TRUE, or NULL if an operand is.
func (w *writer) always(t *ir.Comparison) string {
	sql := "CASE WHEN "
	for _, o := range [...]ir.Operand{t.Left, t.Right} {
		if !o.Nullable {
			continue
		}
		if len(sql) > len("CASE WHEN ") {
			sql += " AND "
		}
		sql += w.operand(o) + " IS NOT NULL"
	}
	return sql + " THEN TRUE END"
}
