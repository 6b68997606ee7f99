// Outputs: columns of related records read through to-one joins, guarded by view rules.

package query

import "github.com/loambase/loam/core/internal/query/ir"

// output resolves a path of Select.Outputs. It shares no sources with filters, since the records
// on its path are guarded by view rules, and those of a filter by list rules.
func (r *read) output(path string) (ir.Output, error) {
	var out ir.Output
	p, err := parsePath(path)
	if err != nil {
		return out, err
	}
	if p.modifier != "" {
		return out, misplaced(p)
	}
	in := resolver{b: r.b, base: r.b.base, scope: r.b.newScope(), restricted: r.sel.Restricted, guards: &out.Guards, output: true}
	o, err := in.path(r.b.base, p)
	if err != nil {
		return out, err
	}
	if len(r.b.many(in.scope)) > 0 {
		return out, &Error{Message: quoted(path) + " has several values"}
	}
	term := o.Term
	if whole, ok := term.(ir.Path); ok && len(whole.Parts) == 0 {
		term = whole.Doc
	}
	column, ok := term.(ir.Column)
	if !ok {
		return out, unresolved(path)
	}
	out.Column, out.EmailOf = column, o.EmailOf
	return out, nil
}

// crossedForOutput adds the view rule of a record on the path of an output to the guards. If it
// does not hold, the output is NULL and the row remains.
func (r *resolver) crossedForOutput(s *ir.Source) error {
	rule := s.Collection.ViewRule
	switch {
	case rule == nil:
		*r.guards = append(*r.guards, ir.Truth(false))
		return nil
	case *rule == "":
		return nil
	}
	c, err := r.b.rule(s, *rule)
	if err != nil {
		return err
	}
	*r.guards = append(*r.guards, c)
	return nil
}
