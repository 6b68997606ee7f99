package query_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/query"
)

// TestManyCallersAgreeWithEachAlone judges a record for many callers in one statement and one by
// one: a stored record, and a candidate.
func TestManyCallersAgreeWithEachAlone(t *testing.T) {
	f := everything(t)
	node, person := f.snapshot.Find("node"), f.snapshot.Find("person")
	records := map[string]row{}
	for _, id := range []string{"a", "b", "c", "d"} { // the token's record has the stored values
		records[id] = row{"id": id}
		plan, err := f.planner.Compile(query.Select{Scope: f.scope("person", nil), ID: id, Columns: []string{"email", "emailVisibility", "verified"}})
		if err != nil {
			t.Fatal(err)
		}
		r := f.query(plan, 3)[0]
		records[id]["email"], records[id]["emailVisibility"], records[id]["verified"] = r[0], r[1] == "1" || r[1] == "true", r[2] == "1" || r[2] == "true"
	}
	alike := map[bool]int{}
	n := 2500
	if testing.Short() {
		n = 300
	}
	for seed := range uint64(n) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 41)), f: f, request: true, auth: true}
		g.plain = g.IntN(4) == 0
		request := g.req()
		if request == nil {
			request = &query.Request{}
		}
		sel := query.Select{Scope: f.scope("node", request), Rule: g.expr(node, g.IntN(4))}
		if g.IntN(3) == 0 {
			sel.Filter, sel.Restricted = "who.n >= 0 || up.t != 'x'", true
		}
		if g.IntN(2) == 0 {
			sel.ID = g.pick("a", "b", "c", "d", "e", "gone")
		} else {
			sel.Candidate = f.values(node, row{"id": "new", "t": g.pick("x", "a", "5"), "n": 2.5, "up": g.pick("a", "b", ""), "who": g.pick("a", "b", ""),
				"ups": []string{"a", "c"}, "whos": []string{g.pick("a", "b"), "c"}, "sel": []string{"x"}})
		}
		ids := []string{"a", "b", "c", "d"}
		many := sel
		many.Callers = &query.Callers{Collection: person, IDs: ids}
		var want []string
		refused := false
		for _, id := range ids {
			one := *request
			one.Auth = user{person, records[id]}
			each := sel
			each.Request = &one
			plan, err := f.planner.Compile(each)
			if refused = err != nil; refused {
				break
			}
			if plan.Passes || len(f.query(plan, 1)) > 0 {
				want = append(want, id)
			}
		}
		plan, err := f.planner.Compile(many)
		if (err != nil) != refused {
			t.Fatalf("seed %d: %s is refused for many: %v, for one: %v", seed, sel.Rule, err, refused)
		}
		if refused {
			continue
		}
		var got []string
		for _, r := range f.query(plan, 1) {
			got = append(got, r[0])
		}
		slices.Sort(got)
		if alike[plan.Alike]++; plan.Alike && len(got) != 0 && len(got) != len(ids) {
			t.Fatalf("seed %d, %s: not all are alike: %v", seed, sel.Rule, got)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || plan.Empty && len(got) > 0 {
			t.Fatalf("seed %d, %s of %q: %v, want %v\n%s\n%v", seed, sel.Rule, sel.ID, got, want, plan.SQL, plan.Args)
		}
	}
	if alike[true] == 0 || alike[false] == 0 {
		t.Errorf("of the rules %d judge all alike, %d do not", alike[true], alike[false])
	}
}

func TestTenThousandCallers(t *testing.T) {
	f := chat(t)
	ids := make([]string, 10_000)
	for i := range ids {
		ids[i] = fmt.Sprintf("u%05d", i)
	}
	ids[5000], ids[9999] = "ann", "bob"
	sel := query.Select{Scope: f.scope("rooms", nil), ID: "r1", Callers: &query.Callers{Collection: f.snapshot.Find("users"), IDs: ids}}
	for rule, want := range map[string]string{
		`room_members_via_room.user ?= @request.auth.id`:                            "ann bob",
		`@request.auth.id != ""`:                                                    "10000",
		`owner = @request.auth.id`:                                                  "ann",
		`@request.auth.team.name = "blue"`:                                          "bob",
		`@request.auth.role != "admin"`:                                             "9999",
		`@request.auth.collectionName = "users" && @request.auth.verified = true`:   "ann",
		`@collection.room_members.user ?= @request.auth.id && owner.role = "admin"`: "ann bob",
		`@request.auth.id = ""`:                                                     "",
		`cap > 100`:                                                                 "",
	} {
		sel.Rule = rule
		plan, err := f.planner.Compile(sel)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range f.query(plan, 1) {
			got = append(got, r[0])
		}
		slices.Sort(got)
		if text := strings.Join(got, " "); text != want && fmt.Sprint(len(got)) != want {
			t.Errorf("%s is true for %d callers, want %s", rule, len(got), want)
		}
	}
	sel.ID = ""
	if got := f.run(sel); got != "E" {
		t.Errorf("many callers about a whole list: %q, want an error", got)
	}
}
