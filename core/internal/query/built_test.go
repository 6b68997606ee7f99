package query_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/schema"
)

// built runs a filter expression and returns the selected ids in order; ok is false if the
// expression is refused.
func (f *fixture) built(c *schema.Collection, e lang.Expr, restricted bool, listed bool) (ids []string, ok bool) {
	sel := query.Select{Scope: f.scope(c.Name, nil), FilterExpr: e, Restricted: restricted}
	if listed && c.ListRule != nil {
		sel.Rule = *c.ListRule
	}
	got := f.run(sel)
	if got == "E" {
		return nil, false
	}
	ids = strings.Fields(got)
	slices.Sort(ids)
	return ids, true
}

func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(id string) bool { return slices.Contains(some, id) })
}

func or(list ...lang.Expr) lang.Expr { return &lang.Or{List: list} }

// relations returns the relation fields of the collection and their targets.
func (g *generator) relations(c *schema.Collection) (paths []string, targets []*schema.Collection) {
	for _, fd := range c.Fields {
		if r, ok := fd.Kind.(*schema.Relation); ok {
			paths, targets = append(paths, fd.Name), append(targets, g.f.snapshot.ByID(r.CollectionID))
		}
	}
	for _, ref := range g.f.snapshot.References(c.ID) {
		paths, targets = append(paths, ref.Collection.Name+"_via_"+ref.Field.Name), append(targets, ref.Collection)
	}
	return paths, targets
}

// built returns a random expression with all nodes that only code builds.
func (g *generator) built(c *schema.Collection, depth int) lang.Expr {
	switch n := g.IntN(12); {
	case depth > 0 && n < 2:
		return &lang.And{List: []lang.Expr{g.built(c, depth-1), g.built(c, depth-1)}}
	case depth > 0 && n < 4:
		return or(g.built(c, depth-1), g.built(c, depth-1))
	case depth > 0 && n < 6:
		return &lang.Not{Of: g.built(c, depth-1)}
	case depth > 0 && n < 9:
		paths, targets := g.relations(c)
		i := g.IntN(len(paths))
		return &lang.Related{Which: lang.Quantifier(g.IntN(3)), Path: paths[i], In: g.built(targets[i], depth-1)}
	case n < 10:
		return &lang.In{Any: g.IntN(2) == 0, Left: lang.Ident{Name: g.path(c, 1)}, Values: g.values()}
	}
	e, err := lang.Parse(g.expr(c, 0))
	if err != nil {
		g.f.t.Fatal(err)
	}
	return e
}

func (g *generator) values() []any {
	all := []any{"x", "", "5", "a", "b", nil, 5, 2.5, true, false, "a@x.org", "gone", clock}
	out := []any{}
	for range g.IntN(5) {
		out = append(out, all[g.IntN(len(all))])
	}
	return out
}

// TestBuiltExpressionsAgreeWithText compares expressions that only code builds with equivalent
// texts.
func TestBuiltExpressionsAgreeWithText(t *testing.T) {
	f := everything(t)
	n := 1500
	if testing.Short() {
		n = 200
	}
	for seed := range uint64(n) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 21)), f: f}
		c := f.snapshot.Find(g.pick("node", "person", "card", "view"))
		restricted := g.IntN(3) == 0
		all, _ := f.built(c, &lang.And{}, restricted, false)
		same := func(what string, e lang.Expr, got, want []string) {
			t.Helper()
			if fmt.Sprint(got) != fmt.Sprint(want) {
				plan, err := f.planner.Compile(query.Select{Scope: f.scope(c.Name, nil), FilterExpr: e, Restricted: restricted, Columns: []string{"id"}})
				t.Fatalf("seed %d, %s (restricted %v), %s: %s = %v, want %v\n%v %v", seed, c.Name, restricted, what, e, got, want, plan, err)
			}
		}

		in := &lang.In{Any: g.IntN(2) == 0, Left: lang.Ident{Name: g.path(c, 2)}, Values: g.values()}
		if got, ok := f.built(c, in, restricted, false); ok {
			parts := []lang.Expr{}
			for _, v := range in.Values {
				parts = append(parts, &lang.Compare{Any: in.Any, Left: in.Left, Right: lang.Value{V: v}})
			}
			want, _ := f.built(c, or(parts...), restricted, false)
			if in.Any || len(in.Values) < 2 || !strings.ContainsAny(in.Left.String(), ".:") { // all of many: each is one of them, not all the same
				if len(in.Values) > 0 {
					same("in", in, got, want)
				}
			}
		}

		inner := g.built(c, 2)
		if got, ok := f.built(c, &lang.Not{Of: inner}, false, false); ok {
			not, _ := f.built(c, inner, false, false)
			restricted = false
			same("not", inner, got, without(all, not))
		}
		relatedAgrees(g, c, same)
	}
}

// relatedAgrees compares a quantifier with two queries: the first finds the related records, the
// second the records that refer to one of them.
func relatedAgrees(g *generator, c *schema.Collection, same func(string, lang.Expr, []string, []string)) {
	f := g.f
	paths, targets := g.relations(c)
	i := g.IntN(len(paths))
	inner := g.built(targets[i], 1)
	restricted := g.IntN(2) == 0
	found, ok := f.built(targets[i], inner, restricted, restricted)
	some := &lang.Related{Path: paths[i], In: inner}
	got, sure := f.built(c, some, restricted, false)
	if !ok || !sure {
		return
	}
	has := func(ids []string) []string {
		values := []any{}
		for _, id := range ids {
			values = append(values, id)
		}
		list, _ := f.built(c, &lang.In{Any: true, Left: lang.Ident{Name: paths[i] + ".id"}, Values: values}, false, false)
		return list
	}
	same("some", some, got, has(found))
	if restricted {
		return
	}
	all, _ := f.built(c, &lang.And{}, false, false)
	none, _ := f.built(c, &lang.Related{Which: lang.None, Path: paths[i], In: inner}, false, false)
	same("none", some, none, without(all, got))
	others, _ := f.built(targets[i], &lang.Not{Of: inner}, false, false)
	every, _ := f.built(c, &lang.Related{Which: lang.Every, Path: paths[i], In: inner}, false, false)
	same("every", some, every, without(all, has(others)))
}

func TestLikeThatTellsCase(t *testing.T) {
	f := observed(t)
	for pattern, want := range map[string]string{"o": "1 2 5", "O": "", "T%": "2", "t%": "", "%o": "2", "o%": "1", `100\%`: "4", `%\_x%`: "4", "_n%": "1", "[n]": "", "*": "", "'": "5"} {
		like := func(op lang.Op) string {
			return f.run(query.Select{Scope: f.scope("a", nil), FilterExpr: &lang.Compare{Op: op, Left: lang.Ident{Name: "t"}, Right: lang.Value{V: pattern}}})
		}
		if got := like(lang.LikeCase); got != want {
			t.Errorf("%q matches %q, want %q", pattern, got, want)
		}
		if got, all := like(lang.NotLikeCase), "1 2 3 4 5"; len(got)+len(want) < len(all)-1 || len(got)+len(want) > len(all) {
			t.Errorf("%q matches %q and does not match %q", pattern, want, got)
		}
	}
	column := &lang.Compare{Op: lang.LikeCase, Left: lang.Ident{Name: "t"}, Right: lang.Ident{Name: "t"}}
	if got := f.run(query.Select{Scope: f.scope("a", nil), FilterExpr: column}); got != "E" {
		t.Errorf("a pattern that is a column gives %q, want an error", got)
	}
}

// TestPlaceholders binds values that would end a text if they were quoted into it.
func TestPlaceholders(t *testing.T) {
	f := observed(t)
	for name, c := range map[string]struct {
		text   string
		params map[string]any
		want   string
	}{
		"a text":           {"t = {:t}", map[string]any{"t": `quote'"`}, "5"},
		"an attack":        {"t = {:t}", map[string]any{"t": `' || '' = '`}, ""},
		"numbers":          {"n >= {:a} && n < {:b}", map[string]any{"a": 1, "b": 2.5}, "1 2"},
		"null":             {"t = {:t}", map[string]any{"t": nil}, "3"},
		"a boolean":        {"b = {:b}", map[string]any{"b": true}, "1"},
		"a time":           {"d > {:d}", map[string]any{"d": clock.AddDate(0, -2, 0)}, "1"},
		"in a function":    {"geoDistance(g.lon, g.lat, {:lon}, {:lat}) < 1", map[string]any{"lon": 2.35, "lat": 48.85}, "1"},
		"the same twice":   {"t = {:t} || s1 = {:t}", map[string]any{"t": "x"}, "1"},
		"a name in a text": {"t = '{:t}'", nil, ""},
	} {
		e, err := lang.Bind(c.text, c.params)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := f.run(query.Select{Scope: f.scope("a", nil), FilterExpr: e}); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestBuiltLimits: expressions built in code have limits of their own, and one that is too large
// or makes no sense is an *Error.
func TestBuiltLimits(t *testing.T) {
	f := observed(t)
	one := is("t", "one")
	many := func(n int) lang.Expr { return or(slices.Repeat([]lang.Expr{one}, n)...) }
	deep := func(n int) (e lang.Expr) {
		e = one
		for range n {
			e = &lang.Not{Of: e}
		}
		return e
	}
	values := make([]any, lang.MaxBuiltValues)
	for i := range values {
		values[i] = "v" + itoa(i)
	}
	values[7] = "one"
	for name, c := range map[string]struct {
		e    lang.Expr
		want string
	}{
		"201 comparisons":      {many(201), "1"},
		"all comparisons":      {many(lang.MaxBuiltCompares), "1"},
		"too many comparisons": {many(lang.MaxBuiltCompares + 1), "E"},
		"deep":                 {deep(lang.MaxBuiltNesting - 2), "1"},
		"too deep":             {deep(lang.MaxBuiltNesting), "E"},
		"many values":          {&lang.In{Left: lang.Ident{Name: "t"}, Values: values}, "1"},
		"too many values":      {&lang.In{Left: lang.Ident{Name: "t"}, Values: append(values, "x")}, "E"},
		"a foreign type":       {&lang.In{Left: lang.Ident{Name: "t"}, Values: []any{struct{}{}}}, "E"},
		"an injected name":     {is(`t" OR 1=1 --`, "x"), "E"},
		"a hostile path":       {&lang.Related{Path: `tags"`}, "E"},
		"a path of no records": {&lang.Related{Path: "t"}, "E"},
		"an unbound name":      {&lang.Compare{Left: lang.Param{Name: "p"}, Right: lang.Value{}}, "E"},
		"U+0000":               {is("t", "\x00"), "E"},
		"nothing":              {&lang.And{List: []lang.Expr{nil}}, "E"},
		"a nil operand":        {&lang.Compare{}, "E"},
	} {
		if got := f.run(query.Select{Scope: f.scope("a", nil), FilterExpr: c.e}); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	_, err := lang.Bind("t = {:a}", nil)
	if refused := (*query.Error)(nil); !errors.As(err, &refused) || refused.Pos != 4 {
		t.Errorf("a missing parameter: %v, want an error at byte 4", err)
	}
}
