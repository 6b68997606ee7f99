// The parts of a rule, each judged by itself in the scope of the whole.

package record

import (
	"slices"
	"strconv"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Clause is a part of a rule: a comparison, or several parts joined by && or ||.
type Clause struct {
	Text     string
	Pos, End int    // the position in the rule, in bytes
	Join     string // "&&" or "||"; "" for a comparison
	Parts    []*Clause

	Holds   bool
	Known   bool // Holds is known
	Decides bool // the part decides the answer of the whole rule

	Left, Right Side // the operands of a comparison
}

// maxFlags is the maximum number of expressions that one statement judges.
const maxFlags = 16

// clauses returns the tree of the rule. Its clauses hold their answers and the values of their
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

// flags judges the expressions, and stores the answers in their clauses. If an expression does not
// compile by itself, all expressions in its statement stay unknown.
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

// someFlags does the work of flags for at most maxFlags expressions, in one statement.
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

// shown returns the value of a field as JSON, "" if there is no such field. Passwords and token
// keys are never shown.
func (r *Record) shown(field string) string {
	i := r.collection.FieldIndex(field)
	if i < 0 || r.collection.Fields[i].IsPassword() || r.collection.IsAuth() && field == "tokenKey" {
		return ""
	}
	text, err := schema.Marshal(r.values[i])
	if err != nil {
		return "" // a value that JSON cannot hold is not shown
	}
	return string(text)
}

// ignoreRule drops the error of an expression that cannot be used.
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

// decide marks the parts that are the reason why the clause holds or not: all parts with the same
// answer, or the first part that suffices. If no part suffices, as with parts that share a related
// record, the clause itself decides.
func (c *Clause) decide() {
	if c.Join == "" {
		c.Decides = true
		return
	}
	sufficient := c.Join == "||" // the answer that one part alone settles
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
