// SQL of comparisons: numbers with texts, NULL as the empty text, JSON values, LIKE. The results
// are the same on both engines.

package render

import (
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/store"
)

// signs are the SQL operators of the forms that have one.
var signs = [...]string{ir.CmpEqual: " = ", ir.CmpNotEqual: " <> ", ir.CmpLess: " < ", ir.CmpLessEqual: " <= ",
	ir.CmpGreater: " > ", ir.CmpGreaterEqual: " >= ", ir.CmpIs: " IS NOT DISTINCT FROM ", ir.CmpIsNot: " IS DISTINCT FROM "}

// test renders a comparison. The result may be combined by AND without parentheses.
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

// compare renders a comparison by an operator. A number and a text are compared by mixed.
func (w *writer) compare(f ir.Form, l, r ir.Operand) string {
	if number, text, flipped, ok := mixed(l, r); ok {
		return w.mixed(f, number, text, flipped)
	}
	a, b := w.pair(l, r)
	if n := w.prefix(f, l, r); n > 0 {
		first := signs[f]
		switch f {
		case ir.CmpLess:
			first = signs[ir.CmpLessEqual]
		case ir.CmpGreater:
			first = signs[ir.CmpGreaterEqual]
		}
		return "(" + prefixOf(a, n) + first + prefixOf(b, n) + " AND " + a + signs[f] + b + ")"
	}
	return a + signs[f] + b
}

// prefix returns the number of characters that an index contains of the column that is compared
// with a constant, 0 if it contains whole values or cannot serve the comparison.
func (w *writer) prefix(f ir.Form, l, r ir.Operand) int {
	switch f {
	case ir.CmpEqual, ir.CmpLess, ir.CmpLessEqual, ir.CmpGreater, ir.CmpGreaterEqual:
	default:
		return 0
	}
	if l.Kind != ir.KindText || r.Kind != ir.KindText {
		return 0
	}
	if l.Constant() != nil {
		l, r = r, l
	}
	if r.Constant() == nil {
		return 0
	}
	return w.columnPrefix(l)
}

// columnPrefix returns the number of characters that an index contains of a column of a table, 0
// for whole values.
func (w *writer) columnPrefix(o ir.Operand) int {
	c, ok := o.Term.(ir.Column)
	if !ok || c.Of.Collection == nil || c.Of.Collection.IsView() || c.Of.Scalar() {
		return 0
	}
	return w.dialect.Prefix(c.Of.Collection.Name, c.Name, false)
}

func prefixOf(sql string, n int) string { return "left(" + sql + ", " + strconv.Itoa(n) + ")" }

// pair renders two operands so that one operator compares them in the same way on both engines:
// both as text, both as numbers, or both as JSON values.
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

// lifted renders an operand in the form of a value from a JSON document, so that the two compare
// by kind first.
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

// mixed reports whether one operand is a number whose column converts the other, a text, to
// a number before comparing (SQLite's affinity). flipped says that the text is on the left.
func mixed(l, r ir.Operand) (number, text ir.Operand, flipped, ok bool) {
	switch {
	case l.Kind.IsNumber() && l.Affinity == ir.AffinityNumber && r.Kind == ir.KindText:
		return l, r, false, true
	case r.Kind.IsNumber() && r.Affinity == ir.AffinityNumber && l.Kind == ir.KindText:
		return r, l, true, true
	}
	return l, r, false, false
}

// mixed renders the comparison of a number with a text that may have the form of a number.
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
		// IS NOT DISTINCT FROM is written out: the comparison itself is an expression, not an
		// operator.
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

// same renders equality in which NULL equals the empty text.
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

// filled renders an operand as text, NULL as the empty text.
func (w *writer) filled(o ir.Operand) string {
	if !w.nullable(o) {
		return w.text(o)
	}
	return "COALESCE(" + w.text(o) + ", '')"
}

// like renders a case-insensitive LIKE.
func (w *writer) like(t *ir.Comparison) string {
	l := w.text(t.Left)
	if v := t.Right.Constant(); v != nil && v.Kind == ir.ValueText {
		return w.dialect.Like(l, w.operand(t.Right))
	}
	// A stored text may be longer than the maximum of a pattern; such a text never matches. A
	// character has at most four bytes.
	r := w.text(t.Right)
	return "CASE WHEN length(" + r + ") <= " + strconv.Itoa(ir.MaxPattern/2) + " THEN " +
		w.dialect.Like(l, "('%' || "+r+" || '%')") + " END"
}

// likeCase renders a case-sensitive LIKE. Its pattern is a constant (checkPattern).
func (w *writer) likeCase(t *ir.Comparison) string {
	return w.dialect.LikeCase(w.text(t.Left), t.Right.Constant().Text, func(pattern string) string {
		return w.bind(store.Text(pattern))
	})
}

// always renders a comparison that is true, or NULL if an operand is NULL.
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
