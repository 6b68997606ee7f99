package query_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
)

// TestRememberedPlansAreThePlans: a plan from the cache is equal to the plan of a new planner,
// whatever was planned before and for whichever caller.
func TestRememberedPlansAreThePlans(t *testing.T) {
	f := everything(t)
	dialect := f.db.Dialect()
	old := query.New(dialect)
	for seed := range uint64(400) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 11)), f: f, request: true}
		sel := query.Select{Scope: f.scope(g.pick("node", "person", "card"), nil), Keys: g.IntN(2) == 0, Columns: []string{"id"}}
		if sel.Collection.Name != "person" && g.IntN(2) == 0 {
			sel.Columns = []string{"id", "t"}
		}
		sel.Rule = g.pick("", `@request.auth.id != ""`, `"" = @request.auth.id`, `@request.auth.id = "" && id != @request.auth.id`,
			`@request.auth.collectionName = "person"`, g.expr(sel.Collection, 1))
		if g.IntN(2) == 0 {
			g.request, sel.Restricted = false, true
			sel.Filter = g.expr(sel.Collection, 1)
			g.request = true
		}
		if g.IntN(3) == 0 {
			sel.Flags = []string{g.expr(sel.Collection, 1)}
		}
		for range 6 { // the same expressions for other callers, records and pages
			sel.Request = g.req()
			sel.ID, sel.IDs, sel.RefBy, sel.Sort = "", nil, nil, ""
			sel.Parents, sel.Callers, sel.Outputs, sel.FilterExpr, sel.Backward = nil, nil, nil, nil, g.IntN(4) == 0
			switch g.IntN(9) {
			case 0:
				sel.ID = g.pick("a", "b")
			case 1:
				sel.IDs = []string{"a", g.pick("b", "zz")}
			case 2:
				sel.RefBy = &query.Ref{Field: "id", IDs: []string{g.pick("a", "b")}}
			case 3:
				sel.Sort = g.pick("-id", "@random", "id")
			case 4:
				sel.Parents = &query.Parents{Field: g.pick("up", "node", "owner", "ups"), IDs: []string{"a", g.pick("b", "c")}}
			case 5:
				sel.ID, sel.Callers = g.pick("a", "b"), &query.Callers{Collection: f.snapshot.Find("person"), IDs: []string{"a", g.pick("b", "c")}}
			case 6:
				sel.Outputs = []string{g.pick("up.id", "owner.id", "node.id"), "id"}[:1+g.IntN(2)]
			case 7:
				sel.FilterExpr = is("id", g.pick("a", "b"))
			}
			if g.IntN(4) == 0 { // another order of the fields is another selection
				sel.Columns = append(slices.Clone(sel.Columns[1:]), "id", sel.Columns[0])
			}
			sel.Limit, sel.Offset = 1+g.IntN(3), g.IntN(2)*g.IntN(1000)
			for _, count := range []bool{false, true} {
				got, want := summary(old, sel, count), summary(query.New(dialect), sel, count)
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("seed %d: rule %q, filter %q, request %+v:\n%q\nwant\n%q", seed, sel.Rule, sel.Filter, sel.Request, got, want)
				}
			}
		}
	}
}

// summary returns all parts of a plan as texts.
func summary(p *query.Planner, sel query.Select, count bool) []string {
	compile := p.Compile
	if count {
		compile = p.Count
	}
	plan, err := compile(sel)
	if err != nil {
		return []string{err.Error()}
	}
	list := append([]string{plan.SQL, fmt.Sprint(plan.Volatile, plan.Empty, plan.Passes, plan.Every, plan.Work)}, plan.Tables...)
	for _, v := range plan.Args {
		list = append(list, param(v))
	}
	return list
}

// TestSelectionsMadePerRequestHit: the cache finds a plan by the selected names, not by the slice
// that contains them.
func TestSelectionsMadePerRequestHit(t *testing.T) {
	f := chat(t)
	p := query.New(f.db.Dialect())
	compile := func(columns ...string) *query.Plan {
		plan, err := p.Compile(query.Select{Scope: f.scope("rooms", nil), Columns: columns, Outputs: []string{"owner.role"}})
		if err != nil {
			t.Fatal(err)
		}
		return plan
	}
	if first, again := compile("id", "name"), compile("id", "name"); first != again {
		t.Error("equal selections have two plans")
	}
	columns := []string{"id", "name"}
	first := compile(columns...)
	columns[1] = "cap"
	if second := compile(columns...); second.SQL == first.SQL || second != compile("id", "cap") {
		t.Errorf("a list that was changed in place reads %s", second.SQL)
	}
	if compile("name", "id") == compile("id", "name") {
		t.Error("the order of the fields makes no difference")
	}
	built := func(name string) *query.Plan {
		plan, err := p.Compile(query.Select{Scope: f.scope("rooms", nil), FilterExpr: is("name", name)})
		if err != nil {
			t.Fatal(err)
		}
		return plan
	}
	if first, again := built("a"), built("a"); first != again || first == built("b") {
		t.Error("built expressions are not known by what they say")
	}
}

func TestCallersDoNotSharePlansThatNameThem(t *testing.T) {
	f := chat(t)
	p := query.New(f.db.Dialect())
	sel := query.Select{Columns: []string{"id"}, Rule: `@request.auth.id != "" && id = @request.auth.id`}
	for _, id := range []string{"ann", "bob", "ann"} {
		sel.Scope = f.scope("users", &query.Request{Auth: user{f.snapshot.Find("users"), row{"id": id}}})
		plan, err := p.Compile(sel)
		if err != nil {
			t.Fatal(err)
		}
		if len(plan.Args) != 1 || plan.Args[0] != store.Text(id) {
			t.Errorf("parameters of %s's plan = %v", id, plan.Args)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	f := everything(b)
	node, columns := f.snapshot.Find("node"), []string{"id", "t", "n"}
	member := user{f.snapshot.Find("person"), row{"id": "a"}}
	request := &query.Request{Auth: member}
	const signedIn = `@request.auth.id != ""`
	for _, bench := range []struct {
		name string
		sel  query.Select
	}{
		{"get", query.Select{Rule: signedIn, ID: "a", Limit: 1}},
		{"list", query.Select{Rule: signedIn, Keys: true, Limit: 31}},
		{"own rule", query.Select{Rule: `who = @request.auth.id`, Keys: true, Limit: 31}},
		{"filter and sort", query.Select{Rule: signedIn, Filter: "n >= 1 && n < 20", Sort: "-n", Keys: true, Limit: 31}},
		{"two relations", query.Select{Rule: signedIn, Filter: "up.up.t = 'x'", Keys: true, Limit: 31}},
		{"selected anew", query.Select{Rule: signedIn, ID: "a", Limit: 1, Outputs: []string{"up.t"}}},
		{"parents", query.Select{Rule: signedIn, Parents: &query.Parents{Field: "up", IDs: []string{"a", "b"}}, Limit: 5}},
		{"clock", query.Select{Rule: signedIn, Filter: "t > @now", Keys: true, Limit: 31}}, // never cached
	} {
		b.Run(bench.name, func(b *testing.B) {
			sel := bench.sel
			sel.Scope, sel.Columns = f.scope("node", request), columns
			sel.Collection = node
			b.ReportAllocs()
			for b.Loop() {
				if _, err := f.planner.Compile(sel); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestPromptPlans: only plans that read a few rows are prompt; plans that differ only in values
// have one shape.
func TestPromptPlans(t *testing.T) {
	t.Parallel()
	f := chat(t)
	p := query.New(f.db.Dialect())
	compile := func(change func(sel *query.Select)) store.Work {
		sel := query.Select{Scope: f.scope("rooms", nil), Columns: []string{"id", "name"}, Limit: 31}
		change(&sel)
		plan, err := p.Compile(sel)
		if err != nil {
			t.Fatal(err)
		}
		return plan.Work
	}
	for name, c := range map[string]struct {
		change func(sel *query.Select)
		want   bool
	}{
		"a page":                      {func(*query.Select) {}, true},
		"a page, rule folded":         {func(sel *query.Select) { sel.Rule = "1 = 1" }, true},
		"a page behind a rule":        {func(sel *query.Select) { sel.Rule = "open = true" }, false},
		"a filter":                    {func(sel *query.Select) { sel.Filter = "name ~ 'x'" }, false},
		"a sort":                      {func(sel *query.Select) { sel.Sort = "name" }, false},
		"no limit":                    {func(sel *query.Select) { sel.Limit = 0 }, false},
		"an id":                       {func(sel *query.Select) { sel.ID = "r1" }, true},
		"an id behind a rule":         {func(sel *query.Select) { sel.ID, sel.Rule = "r1", "open = true" }, true},
		"an id, a rule elsewhere":     {func(sel *query.Select) { sel.ID, sel.Rule = "r1", "owner.role = 'admin'" }, false},
		"an id, @collection":          {func(sel *query.Select) { sel.ID, sel.Rule = "r1", "@collection.rooms.name ?= name" }, false},
		"an id, many in other tables": {func(sel *query.Select) { sel.ID, sel.Rule = "r1", "room_members_via_room.user ?= 'x'" }, false},
	} {
		if got := compile(c.change).Prompt; got != c.want {
			t.Errorf("%s: prompt %t, want %t", name, got, c.want)
		}
	}
	filter := func(text string) store.Shape {
		return compile(func(sel *query.Select) { sel.Filter = text }).Shape
	}
	if filter("name ~ 'x'") != filter("name ~ 'y'") || filter("name ~ 'x'") == filter("name ~ 'x' || cap > 1") {
		t.Error("shapes do not follow the statements")
	}
}
