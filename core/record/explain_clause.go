// The parts of a rule, each judged by itself in the scope of the whole.

package record

import (
	"slices"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Clause is a part of a rule: a comparison, or parts that && or || join.
type Clause struct {
	Text     string
	Pos, End int    // where it stands in the rule, in bytes
	Join     string // "&&" or "||"; "" for a comparison
	Parts    []*Clause

	Holds   bool
	Known   bool // Holds was found out
	Decides bool // it is why the whole rule has its answer

	Left, Right string // the values of the sides of a comparison as JSON, "" where they are not one value
}

// maxFlags is how many parts one statement judges.
const maxFlags = 16

// clauses is the tree of the rule, with what holds of its parts and the values of their sides.
func (x *explaining) clauses(r store.Reader, rule string, e lang.Expr) (*Clause, error) {
	var all []*Clause
	var flags []string
	var paths []operandAt
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
			paths = append(paths, operandAt{&c.Left, e.Left}, operandAt{&c.Right, e.Right})
		}
		for _, part := range list {
			c.Parts = append(c.Parts, build(part))
		}
		return c
	}
	root := build(e)
	for i := 1; i < len(all); i += maxFlags { // the root is judged already
		end := min(i+maxFlags, len(all))
		if err := x.flags(r, all[i:end], flags[i:end]); err != nil {
			return nil, err
		}
	}
	return root, x.values(r, paths)
}

// flags finds out which of the parts hold. A part that does not compile by itself stays unknown.
func (x *explaining) flags(r store.Reader, clauses []*Clause, flags []string) error {
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

// operandAt is a side of a comparison, and where its value goes.
type operandAt struct {
	to *string
	of lang.Operand
}

// values finds the values of sides that have one: what the request tells, fields of the
// record, and fields at the end of single relations.
func (x *explaining) values(r store.Reader, sides []operandAt) error {
	var far []operandAt
	for _, s := range sides {
		name, isName := s.of.(lang.Ident)
		v, known := query.Known(x.sel.Scope, s.of)
		switch {
		case known:
			*s.to = shownValue(v)
		case !isName:
		case strings.HasPrefix(name.Name, "@request.auth."):
			*s.to = x.rq.caller.Auth.shown(strings.TrimPrefix(name.Name, "@request.auth."))
		case strings.HasPrefix(name.Name, "@"):
		case x.collection.FieldIndex(name.Name) >= 0:
			*s.to = x.record.shown(name.Name)
		case x.sel.Candidate == nil:
			far = append(far, s)
		}
	}
	for _, s := range far {
		if err := x.output(r, s); err != nil {
			return err
		}
	}
	return nil
}

// shown is the value of a field as JSON, "" if there is none. Nobody is shown a password, or
// what makes tokens.
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

// output reads a field at the end of a path. A path of several records has no one value.
func (x *explaining) output(r store.Reader, s operandAt) error {
	name := s.of.String()
	last := name[strings.LastIndexByte(name, '.')+1:]
	if slices.Contains([]string{"password", "tokenKey"}, last) {
		return nil
	}
	sel := x.sel
	sel.Outputs = []string{name}
	plan, err := x.rq.service.planner.Compile(sel)
	if err != nil {
		return ignoreRule(err)
	}
	rows, err := r.Query(plan.SQL, plan.Args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	if rows.Next() {
		at := len(sel.Columns)
		switch rows.Kind(at) {
		case store.KindNull:
			*s.to = "null"
		case store.KindInt, store.KindFloat, store.KindBool:
			*s.to = rows.Text(at)
		default:
			*s.to = strconv.Quote(rows.Text(at))
		}
	}
	return rows.Close()
}

// ignoreRule drops the error of an expression that cannot be used.
func ignoreRule(err error) error {
	if _, invalid := err.(*query.Error); invalid { //nolint:errorlint // the planner returns it as it is
		return nil
	}
	return err
}

// shownValue is a value as JSON.
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

// decide marks the parts that are why the clause holds or not: all that hold together, or
// the first that suffices. Where none suffices, as of parts that share a related record,
// the clause itself decides.
func (c *Clause) decide() {
	if c.Join == "" {
		c.Decides = true
		return
	}
	sufficient := c.Join == "||" // what one part alone settles
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
