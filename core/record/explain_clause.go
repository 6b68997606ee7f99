// The parts of a rule. Each part is judged by itself in the scope of the whole rule.

package record

import (
	"slices"
	"strconv"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Clause is a part of a rule: a comparison, or parts that are joined by && or ||.
type Clause struct {
	Text     string
	Pos, End int    // the range in the rule, in bytes
	Join     string // "&&" or "||"; "" for a comparison
	Parts    []*Clause

	Holds   bool
	Known   bool // Holds is known
	Decides bool // the clause decides the answer of the whole rule

	Left, Right Side // the operands of a comparison
}

// maxFlags is the maximum number of expressions in one statement.
const maxFlags = 16

// clauses returns the tree of the rule, with the results of its parts and the values of their
// sides.
func (x *explaining) clauses(r store.Reader, rule string, e lang.Expr) (*Clause, error) {
	var all []*Clause
	var flags []string
	var comparisons []compared
	var build func(lang.Expr) *Clause
	build = func(e lang.Expr) *Clause {
		c := &Clause{Text: e.String()}
		c.Pos, c.End = lang.Position(e)
		all, flags = append(all, c), append(flags, c.Text)
		var list []lang.Expr
		switch e := e.(type) {
		case *lang.And:
			c.Join, list = "&&", e.List
		case *lang.Or:
			c.Join, list = "||", e.List
		case *lang.Compare:
			c.Text = rule[e.Pos:e.End]
			comparisons = append(comparisons, compared{c, e})
		}
		for _, part := range list {
			c.Parts = append(c.Parts, build(part))
		}
		return c
	}
	root := build(e)
	root.Holds, root.Known = x.out.Allowed, true
	if err := x.flags(r, all[1:], flags[1:]); err != nil {
		return nil, err
	}
	return root, x.values(r, comparisons)
}

// flags judges expressions and sets Holds and Known of their clauses. If an expression cannot be
// compiled by itself, all expressions of its statement stay unknown.
func (x *explaining) flags(r store.Reader, clauses []*Clause, flags []string) error {
	for len(flags) > 0 {
		n := min(maxFlags, len(flags))
		if err := x.someFlags(r, clauses[:n], flags[:n]); err != nil {
			return err
		}
		clauses, flags = clauses[n:], flags[n:]
	}
	return nil
}

// someFlags is flags for at most maxFlags expressions, with one statement.
func (x *explaining) someFlags(r store.Reader, clauses []*Clause, flags []string) error {
	sel := x.sel
	sel.Flags = flags
	plan, err := x.rq.service.planner.Compile(sel)
	if err != nil || plan.Empty {
		return ignoreRule(err)
	}
	rows, err := r.Query(plan.SQL, plan.Args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	if rows.Next() {
		for i, c := range clauses {
			c.Holds, c.Known = rows.Bool(len(sel.Columns)+i), true
		}
	}
	return rows.Close()
}

// shown returns the value of a field as JSON; "" for a missing field, a password and a token key.
func (r *Record) shown(field string) string {
	i := r.collection.FieldIndex(field)
	if i < 0 || r.collection.Fields[i].IsPassword() || r.collection.IsAuth() && field == "tokenKey" {
		return ""
	}
	text, err := schema.Marshal(r.values[i])
	if err != nil {
		return "" // the value cannot be encoded as JSON
	}
	return string(text)
}

// ignoreRule drops the error of an expression that is not valid by itself.
func ignoreRule(err error) error {
	if _, invalid := err.(*query.Error); invalid { //nolint:errorlint // the planner returns it as it is
		return nil
	}
	return err
}

// shownValue returns a value as JSON.
func shownValue(v store.Value) string {
	switch v.Kind() {
	case store.KindNull:
		return "null"
	case store.KindInt, store.KindBool:
		return strconv.FormatInt(v.AsInt(), 10)
	case store.KindFloat:
		return strconv.FormatFloat(v.AsFloat(), 'g', -1, 64)
	}
	text, _ := schema.Marshal(v.AsText()) // Marshal of a string never fails
	return string(text)
}

// decide marks the parts that decide the result of the clause: the first part that suffices, or all
// parts together. If no part suffices, as with parts that share a related record, the clause itself
// decides.
func (c *Clause) decide() {
	if c.Join == "" {
		c.Decides = true
		return
	}
	sufficient := c.Join == "||" // the result of a part that settles the clause alone
	if c.Holds == sufficient {
		i := slices.IndexFunc(c.Parts, func(p *Clause) bool { return p.Known && p.Holds == sufficient })
		if i < 0 {
			c.Decides = true
			return
		}
		c.Parts[i].decide()
		return
	}
	for _, p := range c.Parts {
		p.decide()
	}
}
