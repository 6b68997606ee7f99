// The resolver turns expressions into typed conditions (ir.Cond) on sources, and encloses
// comparisons of multi-valued paths in EXISTS.

package query

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/query/lang"
)

// builder is the state that all expressions of one Select share: the sources that their paths
// reach, and the parts of the request on which the plan depends.
type builder struct {
	Scope   Scope
	planner *Planner // has the cache of parsed expressions; nil: no cache
	base    *ir.Source

	scopes int
	roots  []*ir.Source // sources without a parent, except base
	made   []*ir.Source // all sources, parents before children
	// Sources whose list rule is in the guards already.
	guarded  []*ir.Source
	callers  *ir.Source // the source for @request.auth if there are many callers, otherwise nil
	tells    bool       // an expression reads a value that differs between the callers
	volatile bool
	depends  dependence
}

// resolver turns parsed expressions into conditions on the rows of base.
//
// Paths that may have many rows share their sources with the other paths of the same scope. All
// any-comparisons of an expression have one scope; each side of an all-comparison has a scope of
// its own (docs/wire/records.md §5.7).
type resolver struct {
	b          *builder
	base       *ir.Source
	scope      int
	restricted bool
	guards     *[]ir.Cond            // list to which the rules of crossed records are added
	names      map[string]ir.Operand // outputs of an Aggregate by name; nil: names are fields
	output     bool                  // resolves a path of Outputs: view rules guard the crossed records
}

// newScope returns the number of a new scope. Scope 0 is the scope of rule and filter.
func (b *builder) newScope() int {
	b.scopes++
	return b.scopes
}

// expr resolves an expression. Any-comparisons in the result have no EXISTS yet: close adds one
// EXISTS per source, so that the comparisons share rows.
func (r *resolver) expr(e lang.Expr) (ir.Cond, error) {
	switch e := e.(type) {
	case *lang.And:
		return r.list(e.List, ir.AllOf)
	case *lang.Or:
		return r.list(e.List, ir.AnyOf)
	case *lang.Not:
		return r.not(e)
	case *lang.In:
		return r.in(e)
	case *lang.Related:
		if r.names != nil {
			return nil, unresolved(e.Path)
		}
		return r.related(e)
	case *lang.Compare:
		return r.compare(e)
	}
	return nil, &Error{Message: "empty filter expression"}
}

// list resolves the parts of a conjunction or disjunction.
func (r *resolver) list(list []lang.Expr, combine func(...ir.Cond) ir.Cond) (ir.Cond, error) {
	conds := make([]ir.Cond, len(list))
	for i, e := range list {
		c, err := r.expr(e)
		if err != nil {
			return nil, err
		}
		conds[i] = c
	}
	return combine(conds...), nil
}

// compare resolves a comparison. Two special forms come first: comparisons with :changed, and the
// test whether the caller is signed in.
func (r *resolver) compare(c *lang.Compare) (ir.Cond, error) {
	if id, ok := changedField(c.Left); ok {
		return r.changed(id, c.Right, func(is, other ir.Operand) ir.Cond { return ir.Compare(c.Op, is, other) })
	}
	if id, ok := changedField(c.Right); ok {
		return r.changed(id, c.Left, func(is, other ir.Operand) ir.Cond { return ir.Compare(c.Op, other, is) })
	}
	if wanted, ok := asksWhetherSignedIn(c); ok && !r.restricted {
		return ir.Truth(r.b.signedIn() == wanted), nil
	}
	if c.Any {
		left, right, err := r.sides(r, r, c)
		if err != nil {
			return nil, err
		}
		return ir.Compare(c.Op, left, right), nil
	}
	return r.compareAll(c)
}

// sides resolves the operands of a comparison, the left operand by l and the right operand by rr.
func (r *resolver) sides(l, rr *resolver, c *lang.Compare) (left, right ir.Operand, err error) {
	if left, err = l.operand(c.Left); err != nil {
		return left, right, wrap("left", c.Left, err)
	}
	if right, err = rr.operand(c.Right); err != nil {
		return left, right, wrap("right", c.Right, err)
	}
	return left, right, checkPattern(c, right)
}

// checkPattern refuses a pattern that an engine would refuse at run time: a pattern that is too
// long, or that is not a constant where the engine needs a constant.
func checkPattern(c *lang.Compare, right ir.Operand) error {
	if c.Op < lang.Like {
		return nil
	}
	limit, exact := ir.MaxPattern, c.Op >= lang.LikeCase
	if exact {
		limit = ir.MaxCasePattern
	}
	v := right.Constant()
	switch {
	case v == nil && exact:
		return wrap("right", c.Right, &Error{Message: "the pattern must be a constant"})
	case v != nil && len(v.Text) > limit:
		return wrap("right", c.Right, &Error{Message: "the pattern is too long"})
	}
	return nil
}

// wrap names the side of the comparison in an error, with the text of the wire format.
func wrap(side string, o lang.Operand, err error) error {
	pos, _ := o.Position()
	return &Error{Message: "invalid " + side + " operand " + quoted(o.String()) + " - " + err.Error(), Pos: pos}
}

// compareAll resolves a comparison that must hold for all values of both sides (= instead of ?=).
// Each side has a scope of its own.
func (r *resolver) compareAll(c *lang.Compare) (ir.Cond, error) {
	if r.restricted { // crossed records are guarded for the whole filter
		if _, _, err := r.sides(r, r, c); err != nil {
			return nil, err
		}
	}
	var guards []ir.Cond
	l, rr := r.alone(&guards), r.alone(&guards)
	left, right, err := r.sides(l, rr, c)
	if err != nil {
		return nil, err
	}
	leaf := ir.Compare(c.Op, left, right)
	return r.b.forAll(leaf, guards, holdsForNone(leaf, left, right), l.scope, rr.scope), nil
}

// alone returns a copy of the resolver with a new scope, which adds its guards to the given list.
func (r *resolver) alone(guards *[]ir.Cond) *resolver {
	own := *r
	own.scope, own.guards = r.b.newScope(), guards
	return &own
}

// forAll returns the condition that a comparison holds for all rows of the scopes: there is a row
// for which it holds, and no row for which it does not hold. bare means that the comparison also
// holds if there are no rows; then the second half is enough.
func (b *builder) forAll(leaf ir.Cond, guards []ir.Cond, bare bool, scopes ...int) ir.Cond {
	many := b.many(scopes...)
	if _, known := leaf.(ir.Truth); known || len(many) == 0 {
		return leaf
	}
	guard := ir.AllOf(guards...)
	never := &ir.Exists{Sources: many, In: ir.Guard(guard, ir.Negate(leaf)), None: true}
	if len(guards) == 0 && bare {
		return never
	}
	return ir.AllOf(&ir.Exists{Sources: many, In: ir.Guard(guard, leaf)}, never)
}

// holdsForNone reports whether the comparison is true, and never NULL, for a side without values.
// Then "there is no violating row" is enough.
func holdsForNone(c ir.Cond, left, right ir.Operand) bool {
	t, ok := c.(*ir.Comparison)
	if !ok {
		return false
	}
	// ir.Compare may have exchanged the operands.
	for _, side := range [...]struct {
		o    ir.Operand
		left bool
	}{{t.Left, true}, {t.Right, false}} {
		reads := false
		ir.VisitTerm(side.o.Term, func(*ir.Source) { reads = true })
		if reads && (!ir.PropagatesNull(side.o.Term) || t.Missing(side.left) != ir.OutcomeTrue) {
			return false
		}
	}
	return true
}

// many returns the sources of the given scopes that may have many rows, parents first.
func (b *builder) many(spaces ...int) []*ir.Source {
	var list []*ir.Source
	for _, s := range b.made {
		if s.MultiRow() && slices.Contains(spaces, s.Scope) {
			list = append(list, s)
		}
	}
	return list
}

// close encloses the conditions that share a source of the scope in EXISTS, innermost source
// first.
func (b *builder) close(c ir.Cond, space int) ir.Cond {
	many := b.many(space)
	for _, s := range slices.Backward(many) {
		c = ir.PlaceExists(c, s)
	}
	return c
}

// operand resolves one side of a comparison.
func (r *resolver) operand(o lang.Operand) (ir.Operand, error) {
	switch o := o.(type) {
	case lang.Text:
		return ir.ConstantOf(ir.Text(o.Value)), nil
	case lang.Number:
		return ir.ConstantOf(number(o)), nil
	case *lang.Call:
		return r.call(o)
	case lang.Value:
		return ir.ConstantOf(constant(o.V)), nil
	case lang.Ident:
		return r.ident(o.Name)
	}
	return ir.Operand{}, &Error{Message: "missing parameter " + quoted(o.String())}
}

// number returns the value of a number literal. A 64-bit integer stays exact, even if a float64
// cannot hold it.
func number(o lang.Number) ir.Value {
	if math.Abs(o.Value) >= 1<<53 {
		if n, err := strconv.ParseInt(o.Text, 10, 64); err == nil {
			return ir.Long(n)
		}
	}
	return ir.Number(o.Value)
}

// ident resolves an identifier: an output of an Aggregate, a field, a macro, or a name that
// begins with @request, @collection or @channel.
func (r *resolver) ident(name string) (ir.Operand, error) {
	if r.names != nil {
		if o, ok := r.names[name]; ok {
			return o, nil
		}
		return word(name)
	}
	if !strings.HasPrefix(name, "@") {
		return r.fieldOrWord(name)
	}
	if v, ok := macro(name, r.b.Scope.Now); ok {
		r.b.volatile = true
		return ir.ConstantOf(v), nil
	}
	if r.restricted && (strings.HasPrefix(name, "@request.") || strings.HasPrefix(name, "@collection.")) {
		return ir.Operand{}, unresolved(name)
	}
	if rest, ok := strings.CutPrefix(name, "@request."); ok {
		return r.requestIdent(name, rest)
	}
	if rest, ok := strings.CutPrefix(name, "@collection."); ok {
		return r.collectionIdent(name, rest)
	}
	if rest, ok := strings.CutPrefix(name, "@channel."); ok && !r.restricted {
		return r.channelIdent(name, rest)
	}
	return ir.Operand{}, unresolved(name)
}

// unresolved returns the error of an unknown name, with the text of the wire format.
func unresolved(name string) error {
	return &Error{Message: "failed to resolve field " + quoted(name)}
}

// fieldOrWord resolves a path from the base, or else one of the words null, true and false. A
// field with the name of a word takes precedence.
func (r *resolver) fieldOrWord(name string) (ir.Operand, error) {
	p, err := parsePath(name)
	if err != nil {
		return ir.Operand{}, err
	}
	o, err := r.path(r.base, p)
	if err == nil || len(p.parts) > 1 || p.modifier != "" {
		return o, err
	}
	if o, wordErr := word(name); wordErr == nil {
		return o, nil
	}
	return ir.Operand{}, err
}

// word resolves the words null, true and false, in any letter case.
func word(name string) (ir.Operand, error) {
	switch strings.ToLower(name) {
	case "null":
		return ir.ConstantOf(ir.Null), nil
	case "true":
		return ir.ConstantOf(ir.TruthOf(true)), nil
	case "false":
		return ir.ConstantOf(ir.TruthOf(false)), nil
	}
	return ir.Operand{}, unresolved(name)
}

// collectionIdent resolves @collection.name[:alias].path. Identifiers with the same name and
// alias share their rows.
func (r *resolver) collectionIdent(name, rest string) (ir.Operand, error) {
	first, rest, ok := strings.Cut(rest, ".")
	collection, alias, _ := strings.Cut(first, ":")
	c := r.b.Scope.Snapshot.Find(collection)
	if !ok || c == nil {
		return ir.Operand{}, unresolved(name)
	}
	p, err := parsePath(rest)
	if err != nil {
		return ir.Operand{}, err
	}
	return r.path(r.b.root(ir.Source{Kind: ir.EachRecord, Collection: c, Name: alias, Scope: r.scope}), p)
}

// root returns the source without a parent that is like s, and makes it if there is none.
func (b *builder) root(s ir.Source) *ir.Source {
	for _, known := range b.roots {
		if known.Like(&s) {
			return known
		}
	}
	made := &s
	b.roots = append(b.roots, made)
	b.made = append(b.made, made)
	return made
}

// from returns the child of parent that is like s, and makes it if there is none.
func (b *builder) from(parent *ir.Source, s ir.Source) *ir.Source {
	s.Parent = parent
	for _, known := range parent.Children {
		if known.Like(&s) {
			return known
		}
	}
	made := &s
	parent.Children = append(parent.Children, made)
	b.made = append(b.made, made)
	return made
}

// rule resolves a rule as a condition on the rows of s. It shares no sources with other
// expressions.
func (b *builder) rule(s *ir.Source, rule string) (ir.Cond, error) {
	e, err := b.parse(rule)
	if err != nil {
		return nil, err
	}
	r := resolver{b: b, base: s, scope: b.newScope()}
	c, err := r.expr(e)
	if err != nil {
		return nil, err
	}
	return b.close(c, r.scope), nil
}

// parse parses a text, through the planner's cache if there is a planner.
func (b *builder) parse(text string) (lang.Expr, error) {
	if b.planner == nil {
		return lang.Parse(text)
	}
	return b.planner.parse(text)
}

// crossed adds the list rule of a record that a path reaches by a join to the guards, since a
// client's filter may read only records that the client can list. If the rule is nil, the path is
// refused. On the path of an output the view rule is used instead. Unrestricted expressions have
// no guards.
func (r *resolver) crossed(s *ir.Source) error {
	if !r.restricted || s.Kind == ir.FromNothing {
		return nil
	}
	if r.output {
		return r.crossedForOutput(s)
	}
	rule := s.Collection.ListRule
	switch {
	case rule == nil:
		return &Error{Message: "the records of " + quoted(s.Collection.Name) + " may not be listed"}
	case *rule == "" || slices.Contains(r.b.guarded, s):
		return nil
	}
	r.b.guarded = append(r.b.guarded, s)
	c, err := r.b.rule(s, *rule)
	if err != nil {
		return err
	}
	if c != ir.Truth(true) {
		*r.guards = append(*r.guards, ir.ListGuard{Record: s, Rule: c})
	}
	return nil
}
