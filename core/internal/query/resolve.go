package query

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/query/lang"

	"github.com/loambase/loam/core/schema"
)

// build is what the expressions of one Select make together.
type build struct {
	Scope
	planner *Planner // its cache of parsed expressions; nil: none
	base    *source

	spaces   int
	roots    []*source // sources that are reached from no other
	made     []*source // all sources, parents before children
	guarded  []*source
	volatile bool
	depends  dependence
}

// resolver turns parsed expressions into conditions on the rows of base.
//
// Paths that may give many rows share their source with others of the same
// space. An expression has one space for all of its any-comparisons; each side
// of an all-comparison has its own (docs/wire/records.md §5.7).
type resolver struct {
	*build
	base       *source
	space      int
	restricted bool
	guards     *[]cond // where the conditions on crossed records go
}

// newSpace makes a space. Space 0 is that of rule and filter.
func (b *build) newSpace() int {
	b.spaces++
	return b.spaces
}

// expr resolves an expression. Any-comparisons in it still lack their EXISTS:
// see close.
func (r *resolver) expr(e lang.Expr) (cond, error) {
	switch e := e.(type) {
	case *lang.And:
		return r.list(e.List, and)
	case *lang.Or:
		return r.list(e.List, or)
	}
	return r.compare(e.(*lang.Compare))
}

func (r *resolver) list(list []lang.Expr, combine func(...cond) cond) (cond, error) {
	conds := make([]cond, len(list))
	for i, e := range list {
		c, err := r.expr(e)
		if err != nil {
			return nil, err
		}
		conds[i] = c
	}
	return combine(conds...), nil
}

func (r *resolver) compare(c *lang.Compare) (cond, error) {
	if id, ok := changedField(c.Left); ok {
		return r.changed(id, c.Right, func(is, other operand) cond { return compare(c.Op, is, other) })
	}
	if id, ok := changedField(c.Right); ok {
		return r.changed(id, c.Left, func(is, other operand) cond { return compare(c.Op, other, is) })
	}
	if wanted, ok := asksWhetherSignedIn(c); ok && !r.restricted {
		return truthValue(r.signedIn() == wanted), nil
	}
	if c.Any {
		left, right, err := r.sides(r, r, c)
		if err != nil {
			return nil, err
		}
		return compare(c.Op, left, right), nil
	}
	return r.compareAll(c)
}

// sides resolves the operands of a comparison.
func (r *resolver) sides(l, rr *resolver, c *lang.Compare) (left, right operand, err error) {
	if left, err = l.operand(c.Left); err != nil {
		return left, right, wrap("left", c.Left, err)
	}
	if right, err = rr.operand(c.Right); err != nil {
		return left, right, wrap("right", c.Right, err)
	}
	if v := right.constant(); v != nil && len(v.text) > maxPattern && (c.Op == lang.Like || c.Op == lang.NotLike) {
		return left, right, wrap("right", c.Right, &Error{Message: "the pattern is too long"})
	}
	return left, right, nil
}

func wrap(side string, o lang.Operand, err error) error {
	pos, _ := o.Position()
	return &Error{Message: "invalid " + side + " operand " + quoted(o.String()) + " - " + err.Error(), Pos: pos}
}

// compareAll is a comparison that must hold for every value of both sides.
func (r *resolver) compareAll(c *lang.Compare) (cond, error) {
	if r.restricted { // the guards of what is crossed hold for the whole filter
		if _, _, err := r.sides(r, r, c); err != nil {
			return nil, err
		}
	}
	var guards []cond
	l, rr := *r, *r
	l.space, rr.space = r.newSpace(), r.newSpace()
	l.guards, rr.guards = &guards, &guards
	left, right, err := r.sides(&l, &rr, c)
	if err != nil {
		return nil, err
	}
	leaf := compare(c.Op, left, right)
	many := r.many(l.space, rr.space)
	if _, known := leaf.(truthValue); known || len(many) == 0 {
		return leaf, nil
	}
	never := &exists{sources: many, in: and(append([]cond{negate(leaf)}, guards...)...), none: true}
	if len(guards) == 0 && holdsForNone(leaf, left, right) {
		return never, nil
	}
	return and(&exists{sources: many, in: and(append([]cond{leaf}, guards...)...)}, never), nil
}

// holdsForNone says whether the comparison is true for a side that has no values,
// and never NULL: then no violation is all that it takes.
func holdsForNone(c cond, left, right operand) bool {
	t, ok := c.(*test)
	if !ok {
		return false
	}
	// compare may have put the operands in the other order.
	for _, side := range [...]struct {
		o    operand
		left bool
	}{{t.left, true}, {t.right, false}} {
		reads := false
		visit(side.o.term, func(*source) { reads = true })
		if reads && (!follows(side.o.term) || t.missing(side.left) != outcomeTrue) {
			return false
		}
	}
	return true
}

// many are the sources of the spaces that may have many rows, parents first.
func (b *build) many(spaces ...int) []*source {
	var list []*source
	for _, s := range b.made {
		if s.many() && slices.Contains(spaces, s.space) {
			list = append(list, s)
		}
	}
	return list
}

// close puts an EXISTS around what shares each source of the space.
func (b *build) close(c cond, space int) cond {
	many := b.many(space)
	for _, s := range slices.Backward(many) {
		c = place(c, s)
	}
	return c
}

// operand resolves one side of a comparison.
func (r *resolver) operand(o lang.Operand) (operand, error) {
	switch o := o.(type) {
	case lang.Text:
		return constantOf(text(o.Value)), nil
	case lang.Number:
		return constantOf(number(o.Value)), nil
	case *lang.Call:
		return r.call(o)
	}
	return r.ident(o.(lang.Ident).Name)
}

func (r *resolver) ident(name string) (operand, error) {
	if !strings.HasPrefix(name, "@") {
		return r.fieldOrWord(name)
	}
	if v, ok := macro(name, r.Now); ok {
		r.volatile = true
		return constantOf(v), nil
	}
	if r.restricted && (strings.HasPrefix(name, "@request.") || strings.HasPrefix(name, "@collection.")) {
		return operand{}, unresolved(name)
	}
	if rest, ok := strings.CutPrefix(name, "@request."); ok {
		return r.requestIdent(name, rest)
	}
	if rest, ok := strings.CutPrefix(name, "@collection."); ok {
		return r.collectionIdent(name, rest)
	}
	return operand{}, unresolved(name)
}

func unresolved(name string) error {
	return &Error{Message: "failed to resolve field " + quoted(name)}
}

// fieldOrWord is a path from the base, else one of the words null, true, false.
func (r *resolver) fieldOrWord(name string) (operand, error) {
	p, err := parsePath(name)
	if err != nil {
		return operand{}, err
	}
	o, err := r.path(r.base, p)
	if err == nil || len(p.parts) > 1 || p.modifier != "" {
		return o, err
	}
	switch strings.ToLower(name) {
	case "null":
		return constantOf(null), nil
	case "true":
		return constantOf(truth(true)), nil
	case "false":
		return constantOf(truth(false)), nil
	}
	return operand{}, err
}

// collectionIdent is @collection.name[:alias].path.
func (r *resolver) collectionIdent(name, rest string) (operand, error) {
	first, rest, ok := strings.Cut(rest, ".")
	collection, alias, _ := strings.Cut(first, ":")
	c := r.Snapshot.Find(collection)
	if !ok || c == nil {
		return operand{}, unresolved(name)
	}
	p, err := parsePath(rest)
	if err != nil {
		return operand{}, err
	}
	return r.path(r.root(source{how: fromAll, collection: c, name: alias, space: r.space}), p)
}

// root is the source that is reached from no other and like s.
func (b *build) root(s source) *source {
	for _, known := range b.roots {
		if known.like(&s) {
			return known
		}
	}
	made := &s
	b.roots = append(b.roots, made)
	b.made = append(b.made, made)
	return made
}

// from is the source that is reached from parent and like s.
func (b *build) from(parent *source, s source) *source {
	s.parent = parent
	for _, known := range parent.children {
		if known.like(&s) {
			return known
		}
	}
	made := &s
	parent.children = append(parent.children, made)
	b.made = append(b.made, made)
	return made
}

// rule resolves the rule of a collection as a condition on the rows of s, by
// itself: it shares no sources with other expressions.
func (b *build) rule(s *source, rule string) (cond, error) {
	e, err := b.parse(rule)
	if err != nil {
		return nil, err
	}
	r := resolver{build: b, base: s, space: b.newSpace()}
	c, err := r.expr(e)
	if err != nil {
		return nil, err
	}
	return b.close(c, r.space), nil
}

func (b *build) parse(text string) (lang.Expr, error) {
	if b.planner == nil {
		return lang.Parse(text)
	}
	return b.planner.parse(text)
}

// crossed is called when a path reaches a record of the collection by a join.
func (r *resolver) crossed(s *source) error {
	if !r.restricted || s.how == ofNothing {
		return nil
	}
	rule := s.collection.ListRule
	switch {
	case rule == nil:
		return &Error{Message: "the records of " + quoted(s.collection.Name) + " may not be listed"}
	case *rule == "" || slices.Contains(r.guarded, s):
		return nil
	}
	r.guarded = append(r.guarded, s)
	c, err := r.rule(s, *rule)
	if err != nil {
		return err
	}
	if c != truthValue(true) {
		*r.guards = append(*r.guards, guard{s, c})
	}
	return nil
}

// isChoice says whether the field holds one or several of something, which :each
// and :length are about.
func isChoice(f *schema.Field) bool {
	switch f.Kind.(type) {
	case *schema.Select, *schema.Relation, *schema.File:
		return true
	}
	return false
}
