package query_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/store"
)

// FuzzPlan: input of a client is refused by an *Error or becomes SQL that runs. The text is used
// as it is, and as the seed of a random expression.
func FuzzPlan(f *testing.F) {
	fx := everything(f)
	f.Add("up.t = ups.t && who.email ~ 'a'", "-who.n", uint64(1))
	f.Add("sel:each ?= 'x' || @collection.node:x.j.a != @request.body.up.t", "t", uint64(2))
	f.Fuzz(func(t *testing.T, filter, sort string, seed uint64) {
		fuzzNewParts(t, fx.in(t), filter, sort, seed)
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 3)), f: fx, request: seed%2 == 0}
		c := g.f.snapshot.Find(g.pick("node", "person", "card", "view"))
		for _, text := range []string{filter, g.expr(c, g.IntN(6))} {
			check(t, fx.in(t), query.Select{Scope: fx.scope(c.Name, g.req()), Filter: text, Sort: sort, Restricted: seed%3 == 0, Flags: []string{text}})
		}
	})
}

// fuzzNewParts puts the client's input where a Select and an Aggregate take names.
func fuzzNewParts(t *testing.T, f *fixture, text, sort string, seed uint64) {
	t.Helper()
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 4)), f: f}
	c := f.snapshot.Find(g.pick("node", "person", "card", "view"))
	scope := f.scope(c.Name, g.req())
	restricted := seed%2 == 0
	built := &lang.And{List: []lang.Expr{g.built(c, 2), &lang.Compare{Op: lang.Op(g.IntN(10)), Left: lang.Ident{Name: g.path(c, 1)}, Right: lang.Value{V: text}}}}
	check(t, f, query.Select{Scope: scope, FilterExpr: built, Sort: sort, Restricted: restricted, Outputs: []string{text}})
	check(t, f, query.Select{Scope: scope, FilterExpr: built, Sort: sort, Restricted: restricted, Outputs: []string{g.path(c, 2)}})
	check(t, f, query.Select{Scope: scope, Filter: text, Sort: sort, Parents: &query.Parents{Field: text, IDs: []string{text}}})
	check(t, f, query.Select{Scope: scope, FilterExpr: &lang.Related{Path: text, In: built}, After: sort, Before: text})
	check(t, f, query.Select{Scope: scope, RuleExpr: built, Sort: sort, Backward: true, Parents: &query.Parents{Field: g.pick("up", "ups", "owner"), IDs: []string{"a", text}}})
	if g.IntN(2) == 0 {
		sel := query.Select{Scope: scope, Rule: text, ID: sort, Callers: &query.Callers{Collection: f.snapshot.Find("person"), IDs: []string{"a", "b"}}}
		if plan, err := f.planner.Compile(sel); err == nil {
			f.query(plan, 1)
		}
	}
	a := query.Aggregate{Scope: scope, FilterExpr: built, Restricted: restricted, Having: text, Sort: sort,
		GroupBy: []query.GroupKey{{Path: g.path(c, 1)}}, Values: []query.Figure{{Func: query.Count}, {Func: query.Func(g.pick("sum", "min", "countDistinct")), Path: g.path(c, 1)}}}
	for range 2 {
		_, _, err := f.aggregate(a)
		if refused := (*query.Error)(nil); err != nil && !errors.As(err, &refused) {
			t.Fatalf("Aggregate(%+v): %v, want a *query.Error", a, err)
		}
		a.GroupBy, a.Values, a.Having, a.Sort = []query.GroupKey{{Path: text}}, a.Values[:1], "count > 0", "-count"
	}
	_, _ = lang.Bind(text, map[string]any{"a": sort, "b": 1})
}

// check compiles a Select, its count and its deep page, and runs them.
func check(t *testing.T, f *fixture, sel query.Select) {
	t.Helper()
	sel.Columns, sel.Keys, sel.Limit = []string{"id"}, true, 10
	refused := (*query.Error)(nil)
	plan, err := f.planner.Compile(sel)
	if err != nil {
		if !errors.As(err, &refused) {
			t.Fatalf("Compile(%q): %v, want a *query.Error", sel.Filter, err)
		}
		return
	}
	f.query(plan, 1)
	if !slices.Equal(plan.Args, placeholders(t, plan)) {
		t.Fatalf("parameters of %s", plan.SQL)
	}
	count, err := f.planner.Count(sel)
	if err != nil {
		t.Fatalf("Count(%q) = %v, but Compile accepts it", sel.Filter, err)
	}
	f.query(count, 1)
	if sel.Sort != "" {
		sel.Offset = 1000
		if plan, err = f.planner.Compile(sel); err != nil {
			t.Fatalf("Compile(%q) with an offset: %v", sel.Filter, err)
		}
		f.query(plan, 1)
	}
}

// placeholders returns the parameters that the SQL contains, each once.
func placeholders(t *testing.T, plan *query.Plan) []store.Value {
	t.Helper()
	used := make([]store.Value, 0, len(plan.Args))
	for i := range plan.Args {
		name := "$" + itoa(i+1)
		at := strings.Index(plan.SQL+" ", name)
		if at < 0 {
			t.Fatalf("%s is not in %s", name, plan.SQL)
		}
		used = append(used, plan.Args[i])
	}
	return used
}

// TestNothingIsInjected puts texts that could end a text, a name or a path into every place that
// takes a client's input.
func TestNothingIsInjected(t *testing.T) {
	f := everything(t)
	hostile := []string{`'`, `"`, `\`, "`", `;`, `--`, `/*`, `' OR 1=1 --`, `" OR 1=1 --`, `$1`, `?1`, `:a`, `@a`, "\n", "\r", `]`, `)`, `x' || 'y`,
		`\' OR 1=1`, `%`, `%s`, "\u00a0", "\u2028", "💥"}
	rows := f.run(query.Select{Scope: f.scope("node", nil)})
	for _, bad := range hostile {
		literal := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(bad) + `"`
		for _, filter := range []string{`t = ` + literal, literal + ` ?~ up.t`, `j.a = ` + literal, `ups:each ?= ` + literal,
			`strftime(` + literal + `, d) = 'x'`, `strftime('%Y', ` + literal + `) = 'x'`, `strftime('%Y', d, ` + literal + `) = 'x'`} {
			if got := f.run(query.Select{Scope: f.scope("node", nil), Filter: filter}); got != "" && got != "E" {
				if !strings.HasPrefix(filter, literal) && bad != "%" { // as a pattern, % matches all
					t.Errorf("%s = %q, want nothing or an error", filter, got)
				}
			}
		}
		for _, filter := range []string{`t` + bad + ` = 1`, `j.a` + bad + ` = 1`, `up.t:` + bad + ` = 1`, `@collection.node:` + bad + `.t = 1`,
			`@collection.` + bad + `.t = 1`, `@request.body.` + bad + ` = 1`, `node_via_up` + bad + `.t = 1`, `f` + bad + `(1) = 1`, `t = 1` + bad + `2`} {
			check(t, f, query.Select{Scope: f.scope("node", nil), Filter: filter})
		}
		check(t, f, query.Select{Scope: f.scope("node", nil), Sort: `t` + bad})
		check(t, f, query.Select{Scope: f.scope("node", nil), Sort: bad})
		check(t, f, query.Select{Scope: f.scope("node", nil), ID: bad})
		check(t, f, query.Select{Scope: f.scope("node", nil), IDs: []string{bad, bad}, RefBy: &query.Ref{Field: "ups", IDs: []string{bad}}})
		request := &query.Request{Method: bad, Context: bad, Query: map[string][]string{"q": {bad}}, Headers: map[string][]string{"X-" + bad: {bad}},
			Body: map[string]any{"t": bad, "up": bad, "ups": []string{bad}, "j": bad, bad: bad}, Auth: user{f.snapshot.Find("person"), row{"id": bad}}}
		for _, rule := range []string{`t = @request.query.q`, `@request.body.up.t = t`, `@request.body.ups.t ?= t`, `@request.body.ups:each ?= t`,
			`@request.auth.n = n`, `@request.auth.up.n = n`, `j = @request.body.j`, `t ~ @request.method`} {
			check(t, f, query.Select{Scope: f.scope("node", request), Filter: rule})
		}
	}
	if got := f.run(query.Select{Scope: f.scope("node", nil)}); got != rows {
		t.Errorf("rows are %q after it, were %q", got, rows)
	}
}

func TestLimits(t *testing.T) {
	f := everything(t)
	all := f.run(query.Select{Scope: f.scope("node", nil)})
	alternating := func(n int) string {
		return strings.Repeat("(t != '~' && (t = '~' || ", n) + "n >= 0" + strings.Repeat("))", n)
	}
	chain := func(n int) string { // each comparison shares a path with the next
		parts := make([]string, n)
		for i := range parts {
			parts[i] = "@collection.node:a" + itoa(i) + ".t ?= @collection.node:a" + itoa(i+1) + ".t"
		}
		return strings.Join(parts, " && ")
	}
	paths := func(n int) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = strings.Repeat("up.", i%6+1) + []string{"who", "up"}[i%2] + "." + []string{"n", "id", "who.n", "who.up.n"}[i%2] + " = 1"
		}
		return strings.Join(parts, " || ")
	}
	for name, c := range map[string]struct {
		filter string
		want   string
	}{
		"200 groups":                   {strings.Repeat("(", 200) + "n >= 0" + strings.Repeat(")", 200), all},
		"500 groups":                   {strings.Repeat("(", 500) + "n >= 0" + strings.Repeat(")", 500), "E"},
		"60 alternating levels":        {alternating(60), all},
		"nested calls":                 {strings.Repeat("strftime(", 300) + "1" + strings.Repeat(")", 300) + " = 1", "E"},
		"3501 bytes":                   {"n >= 0" + strings.Repeat(" ", 3495), "E"},
		"3500 bytes":                   {"n >= 0" + strings.Repeat(" ", 3494), all},
		"17 arguments":                 {"strftime('%Y'" + strings.Repeat(", 1", 16) + ") = 1", "E"},
		"11 arguments of strftime":     {"strftime('%Y', d" + strings.Repeat(", '+1 day'", 9) + ") = 1", "E"},
		"seven relations":              {"up.up.up.up.up.up.up.t = ''", "E"},
		"six relations":                {"up.up.up.up.up.up.t >= ''", f.run(query.Select{Scope: f.scope("node", nil), Filter: "up.up.up.up.up.up.t >= ''"})},
		"a chain of shared paths":      {chain(5), all},
		"many paths":                   {paths(60), f.run(query.Select{Scope: f.scope("node", nil), Filter: paths(60)})},
		"a number beyond every double": {"n < 1" + strings.Repeat("0", 400), "E"},
		"a pattern longer than any":    {"t ~ '" + strings.Repeat("a", 3400) + "'", ""},
		"a pattern of many wild cards": {"t ~ '" + strings.Repeat("%a", 1000) + "%'", ""},
		"the empty text":               {" ", "E"},
		"U+0000":                       {"t = '\x00'", "E"},
		"an escaped U+0000":            {`t = "\u0000"`, "E"},
		"bytes that are no UTF-8":      {"t = '\xff'", "E"},
		"carriage returns":             {"n >= 0\r\n&&\rn < 100\r", all},
	} {
		if got := f.run(query.Select{Scope: f.scope("node", nil), Filter: c.filter}); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	long := &query.Request{Body: map[string]any{"t": strings.Repeat("a", 60000)}}
	check(t, f, query.Select{Scope: f.scope("node", long), Rule: "t ~ @request.body.t"})
	if got := f.run(query.Select{Scope: f.scope("node", nil), ID: "a", Rule: chain(199)}); got != "a" && got != "E" {
		t.Errorf("a chain of 199 shared paths: %q", got)
	}
	steps := map[string][2][2]string{"node": {{"up", "node"}, {"who", "person"}}, "person": {{"up", "person"}, {"card_via_owner", "card"}},
		"card": {{"owner", "person"}, {"node", "node"}}}
	var forest []string // every path of six single relations
	for choice := range 64 {
		path, at := "", "node"
		for hop := range 6 {
			step := steps[at][choice>>hop&1]
			path, at = path+step[0]+".", step[1]
		}
		forest = append(forest, path+"id ?!= 'x'")
	}
	if got := f.run(query.Select{Scope: f.scope("node", nil), Rule: strings.Join(forest, " || ")}); got != "E" {
		t.Errorf("a rule that joins 126 tables: %q, want an error", got)
	}
	if got := f.run(query.Select{Scope: f.scope("node", nil), Rule: strings.Join(forest[:8], " || ")}); got != all {
		t.Errorf("a rule that joins some tables: %q, want %q", got, all)
	}
	deep := strings.Repeat("(t != '~' && (t = '~' || ", 99) + "n >= 0" + strings.Repeat("))", 99)
	check(t, f, query.Select{Scope: f.scope("node", nil), Rule: deep})
}
