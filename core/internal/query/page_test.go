package query_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// TestBackwardPages: a backward page has the rows before the cursor, nearest first.
func TestBackwardPages(t *testing.T) {
	f := everything(t)
	for collection, list := range sorts {
		for _, sort := range list {
			sel := query.Select{Scope: f.scope(collection, nil), Sort: sort, Restricted: len(sort)%2 == 0}
			all, _, err := f.page(sel)
			if err != nil {
				t.Fatal(err)
			}
			sel.Backward = true
			back, _, _ := f.page(sel)
			slices.Reverse(back)
			if fmt.Sprint(back) != fmt.Sprint(all) {
				t.Errorf("%s by %q backward: %v, want the reverse of %v", collection, sort, back, all)
			}
			for n := range all {
				at := sel
				at.Backward, at.Limit = false, n+1
				_, cursor, _ := f.page(at)
				at = sel
				at.Before, at.Limit = cursor, 2
				got, first, err := f.page(at)
				want := slices.Clone(all[max(0, n-2):n])
				slices.Reverse(want)
				if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%s by %q, two before %s: %v %v, want %v", collection, sort, all[n], got, err, want)
				}
				if len(got) == 2 { // between two cursors
					at.After, at.Backward, at.Limit = first, false, 0
					if got, _, err = f.page(at); err != nil || fmt.Sprint(got) != fmt.Sprint(all[n-1:n]) {
						t.Errorf("%s by %q between cursors: %v %v, want %v", collection, sort, got, err, all[n-1:n])
					}
				}
			}
		}
	}
}

// lists returns the ids of a plan with Parents, by parent, and the last cursor of each list.
func (f *fixture) lists(sel query.Select) (lists map[string][]string, cursors map[string]string, order []string) {
	f.t.Helper()
	sel.Columns, sel.Keys = []string{"id", "t"}, true
	plan, err := f.planner.Compile(sel)
	if err != nil {
		f.t.Fatal(err)
	}
	lists, cursors = map[string][]string{}, map[string]string{}
	err = f.db.Read(context.Background(), func(r store.Reader) error {
		rows, err := r.Query(plan.SQL, plan.Args...)
		if err != nil {
			return fmt.Errorf("%s: %w", plan.SQL, err)
		}
		for rows.Next() {
			parent := string(plan.Parent(rows))
			if len(order) == 0 || order[len(order)-1] != parent {
				order = append(order, parent)
			}
			lists[parent] = append(lists[parent], rows.Text(0))
			cursors[parent] = plan.Cursor(rows)
		}
		return rows.Close()
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return lists, cursors, order
}

// TestListsOfParents: the list of each parent is the same as in a read for it alone.
func TestListsOfParents(t *testing.T) {
	f := everything(t)
	n := 600
	if testing.Short() {
		n = 100
	}
	for seed := range uint64(n) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 31)), f: f}
		collection := g.pick("node", "view", "card")
		field := map[string][]string{"node": {"up", "ups"}, "view": {"up", "ups"}, "card": {"node"}}[collection]
		sel := query.Select{Scope: f.scope(collection, nil), Restricted: g.IntN(2) == 0}
		if list := sorts[collection]; list != nil {
			sel.Sort = g.pick(list...)
		}
		if g.IntN(2) == 0 {
			sel.Filter = g.expr(sel.Collection, 1)
		}
		if g.IntN(2) == 0 {
			sel.Flags = []string{"t != 'x'"}
		}
		sel.Backward, sel.Limit = g.IntN(2) == 0, g.IntN(4)
		parents := &query.Parents{Field: g.pick(field...), IDs: []string{"c", "a", "zz", "b", "e"}}
		if f.run(sel) == "E" {
			continue
		}
		alone := func(parent, after, before string) []string {
			one := sel
			one.RefBy, one.After, one.Before = &query.Ref{Field: parents.Field, IDs: []string{parent}}, after, before
			ids, _, err := f.page(one)
			if err != nil {
				t.Fatal(err)
			}
			return ids
		}
		all := sel
		all.Parents = parents
		lists, cursors, order := f.lists(all)
		if !slices.IsSortedFunc(order, func(a, b string) int { return slices.Index(parents.IDs, a) - slices.Index(parents.IDs, b) }) {
			t.Fatalf("seed %d: parents come as %v, want the order of %v", seed, order, parents.IDs)
		}
		for _, parent := range parents.IDs {
			want := alone(parent, "", "")
			if fmt.Sprint(lists[parent]) != fmt.Sprint(want) {
				plan, _ := f.planner.Compile(all)
				t.Fatalf("seed %d: list of %s by %q: %v, want %v\n%s", seed, parent, sel.Sort, lists[parent], want, plan.SQL)
			}
		}
		for _, cursor := range cursors { // the next page of all lists, after one of their rows
			next := all
			if next.After = cursor; sel.Backward {
				next.After, next.Before = "", cursor
			}
			lists, _, _ := f.lists(next)
			for _, parent := range parents.IDs {
				if want := alone(parent, next.After, next.Before); fmt.Sprint(lists[parent]) != fmt.Sprint(want) {
					t.Fatalf("seed %d: list of %s by %q from a cursor: %v, want %v", seed, parent, sel.Sort, lists[parent], want)
				}
			}
			break
		}
		counts := f.counts(all)
		for _, parent := range parents.IDs {
			one := sel
			one.RefBy = &query.Ref{Field: parents.Field, IDs: []string{parent}}
			plan, err := f.planner.Count(one)
			if err != nil {
				t.Fatal(err)
			}
			if want := f.query(plan, 1)[0][0]; counts[parent] != want && !(want == "0" && counts[parent] == "") {
				t.Fatalf("seed %d: %s children of %s, want %s", seed, counts[parent], parent, want)
			}
		}
	}
}

// counts returns the numbers of children by parent.
func (f *fixture) counts(sel query.Select) map[string]string {
	f.t.Helper()
	plan, err := f.planner.Count(sel)
	if err != nil {
		f.t.Fatal(err)
	}
	counts := map[string]string{}
	for _, r := range f.query(plan, 2) {
		counts[r[1]] = r[0]
	}
	return counts
}

func TestParentsAreRefused(t *testing.T) {
	f := everything(t)
	for name, sel := range map[string]query.Select{
		"no relation": {Parents: &query.Parents{Field: "t", IDs: []string{"a"}}},
		"no field":    {Parents: &query.Parents{Field: `up" --`, IDs: []string{"a"}}},
		"an offset":   {Parents: &query.Parents{Field: "up", IDs: []string{"a"}}, Offset: 1},
	} {
		sel.Scope = f.scope("node", nil)
		if got := f.run(sel); got != "E" {
			t.Errorf("%s gives %q, want an error", name, got)
		}
	}
}

// TestOutputs: an output is the field of the related record if the caller may view every record
// on the path to it, otherwise NULL.
func TestOutputs(t *testing.T) {
	f := everything(t)
	f.snapshot.Find("node").ViewRule = rule("n != 5 || who.id = @request.auth.id")
	f.snapshot.Find("person").ViewRule = rule("id != 'b' && card_via_owner.t !~ '5'")
	f.snapshot.Find("card").ViewRule = nil
	paths := []string{"up.t", "up.id", "up.up.t", "who.n", "who.email", "who.card_via_owner.t", "up.who.id", "up.ups", "up.j", "t", "who.verified"}
	for _, superuser := range []bool{false, true} {
		for _, caller := range []string{"", "a", "b"} {
			request := &query.Request{}
			if caller != "" {
				request.Auth = user{f.snapshot.Find("person"), row{"id": caller}}
			}
			sel := query.Select{Scope: f.scope("node", request), Columns: []string{"id"}, Outputs: paths, Restricted: !superuser, Sort: "-who.n"}
			plan, err := f.planner.Compile(sel)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range f.query(plan, 1+len(paths)) {
				for i, path := range paths {
					if want := f.output(request, r[0], path, superuser); r[1+i] != want {
						t.Errorf("superuser %v, caller %q: %s of %s = %q, want %q", superuser, caller, path, r[0], r[1+i], want)
					}
				}
			}
		}
	}
	for _, path := range []string{"ups.t", "node_via_up.t", "who", "up.nope", "nope", "@request.auth.id", "up.j.a", "up.t:lower", `up.t"`, "now()", ""} {
		plan, err := f.planner.Compile(query.Select{Scope: f.scope("node", nil), Outputs: []string{path}, Restricted: true})
		if path != "who" && err == nil {
			t.Errorf("output %q is %s, want an error", path, plan.SQL)
		}
	}
	f.snapshot.Find("person").Field("n").Hidden = true
	if _, err := query.New(f.db.Dialect()).Compile(query.Select{Scope: f.scope("node", nil), Outputs: []string{"who.n"}, Restricted: true}); err == nil {
		t.Error("a hidden field is an output, want an error")
	}
}

// output follows a path record by record.
func (f *fixture) output(request *query.Request, id, path string, superuser bool) string {
	c := f.snapshot.Find("node")
	parts := strings.Split(path, ".")
	read := func(columns ...string) []string {
		plan, err := f.planner.Compile(query.Select{Scope: f.scope(c.Name, request), ID: id, Columns: columns})
		if err != nil {
			f.t.Fatal(err)
		}
		if rows := f.query(plan, len(columns)); len(rows) == 1 {
			return rows[0]
		}
		return nil
	}
	for _, part := range parts[:len(parts)-1] {
		if fd := c.Field(part); fd != nil {
			r := read(part)
			if r == nil {
				return ""
			}
			id = r[0]
			c = f.snapshot.ByID(fd.Kind.(*schema.Relation).CollectionID)
		} else {
			c = f.snapshot.Find("card")
			plan, _ := f.planner.Compile(query.Select{Scope: f.scope("card", request), RefBy: &query.Ref{Field: "owner", IDs: []string{id}}, Columns: []string{"id"}})
			id = ""
			if rows := f.query(plan, 1); len(rows) > 0 {
				id = rows[0][0]
			}
		}
		if id == "" || f.run(query.Select{Scope: f.scope(c.Name, request), ID: id}) == "" {
			return ""
		}
		if superuser {
			continue
		}
		if c.ViewRule == nil || f.run(query.Select{Scope: f.scope(c.Name, request), ID: id, Rule: *c.ViewRule}) == "" {
			return ""
		}
	}
	name := parts[len(parts)-1]
	r := read(name)
	if r == nil || name == "email" && !superuser && f.run(query.Select{Scope: f.scope(c.Name, request), ID: id, Rule: "emailVisibility = true"}) == "" {
		return ""
	}
	return r[0]
}
