package query_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// page returns the ids of a page and the cursor of its last row.
func (f *fixture) page(sel query.Select) (ids []string, cursor string, err error) {
	f.t.Helper()
	sel.Columns, sel.Keys = []string{"id"}, true
	plan, err := f.planner.Compile(sel)
	if err != nil {
		return nil, "", err
	}
	err = f.db.Read(context.Background(), func(r store.Reader) error {
		rows, err := r.Query(plan.SQL, plan.Args...)
		if err != nil {
			return fmt.Errorf("%s: %w", plan.SQL, err)
		}
		for rows.Next() {
			ids = append(ids, rows.Text(0))
			cursor = plan.Cursor(rows)
		}
		return rows.Close()
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return ids, cursor, nil
}

var sorts = map[string][]string{
	"node": {"", "t", "-t", "n,t", "n,-t", "-b,n", "who.n", "-who.n", "-who.n,t", "who.n,-who.id,d", "ups.t", "-ups.n,t",
		"node_via_up.n,-t", "@rowid", "-@rowid", "id", "-id", "t:lower,s1", "sel", "ups:length", "who.card_via_owner.t",
		"j", "-j", "j.a.0", "-j.n", "t,j", "g", "-g.lat,n", "up.j.n", "-ups.j", "j.nope", "j:length,-j"},
	"view": {"j", "-j.a,n", "", "t", "-t", "n,-t", "up.n,t", "-ups.t", "id", "-id,t"},
}

// TestCursorsWalkTheWholeList: pages that follow each other's cursors give the whole list, for
// any sort, also with NULLs.
func TestCursorsWalkTheWholeList(t *testing.T) {
	f := everything(t)
	for collection, list := range sorts {
		for _, sort := range list {
			for _, restricted := range []bool{false, true} {
				sel := query.Select{Scope: f.scope(collection, nil), Sort: sort, Restricted: restricted}
				want, _, err := f.page(sel)
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for sel.Limit = 2; ; {
					ids, next, err := f.page(sel)
					if err != nil {
						t.Fatal(err)
					}
					if len(ids) == 0 || len(got) > len(want) {
						break
					}
					if got, sel.After = append(got, ids...), next; next == "" {
						t.Fatalf("sort %q has no cursor", sort)
					}
				}
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%s by %q (restricted %v): pages %v, want %v", collection, sort, restricted, got, want)
				}
			}
		}
	}
}

func TestSortsWithoutCursors(t *testing.T) {
	f := everything(t)
	for _, sort := range []string{"@random", "n,@random", "-@random"} {
		_, cursor, err := f.page(query.Select{Scope: f.scope("node", nil), Sort: sort})
		if err != nil || cursor != "" {
			t.Errorf("sort %q: cursor %q, %v, want none", sort, cursor, err)
		}
		_, byText, _ := f.page(query.Select{Scope: f.scope("node", nil), Sort: "t"})
		_, _, err = f.page(query.Select{Scope: f.scope("node", nil), Sort: sort, After: byText})
		if refused := (*query.Error)(nil); !errors.As(query.Cursors(sort), &refused) {
			t.Errorf("Cursors(%q) = nil, want a *query.Error", sort)
		}
		if refused := (*query.Error)(nil); !errors.As(err, &refused) {
			t.Errorf("sort %q after a cursor: %v, want a *query.Error", sort, err)
		}
	}
}

// TestForeignCursorsAreRefused: a cursor is valid only for its sort and collection, and forged
// ones are errors.
func TestForeignCursorsAreRefused(t *testing.T) {
	f := everything(t)
	_, good, err := f.page(query.Select{Scope: f.scope("node", nil), Sort: "t,-n"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.page(query.Select{Scope: f.scope("node", nil), Sort: " +t , -n", After: good}); err != nil {
		t.Errorf("the same sort in other words refuses its cursor: %v", err)
	}
	type try struct{ collection, sort, cursor string }
	tries := []try{{"node", "t,n", good}, {"node", "n,-t", good}, {"node", "", good}, {"view", "t,-n", good}, {"node", "t,-n", "x"},
		{"node", "t,-n", "%%%"}, {"node", "t,-n", strings.Repeat("A", 5000)}, {"node", "t,-n", good + "AAAA"}, {"node", "t,-n", f.planner.Sealed(f.snapshot, "abc")}}
	for i := range good {
		other := "A"
		if good[i] == 'A' {
			other = "E"
		}
		tries = append(tries, try{"node", "t,-n", good[:i]}, try{"node", "t,-n", good[:i] + other + good[i+1:]})
	}
	for _, c := range tries {
		if c.cursor == "" {
			continue
		}
		_, _, err := f.page(query.Select{Scope: f.scope(c.collection, nil), Sort: c.sort, After: c.cursor})
		if refused := (*query.Error)(nil); !errors.As(err, &refused) {
			t.Errorf("%s by %q after %q: %v, want a *query.Error", c.collection, c.sort, c.cursor, err)
		}
	}
}

// TestCursorsEndWithTheirSecret: equal rows have equal cursors under one secret, and under
// another secret they are refused.
func TestCursorsEndWithTheirSecret(t *testing.T) {
	f := chat(t)
	sel := query.Select{Scope: f.scope("rooms", nil), Sort: "name", Limit: 1}
	_, first, _ := f.page(sel)
	if _, again, _ := f.page(sel); again != first {
		t.Errorf("the cursor of a row is %s, then %s", first, again)
	}
	super := authCollection(schema.Superusers, nil)
	super.Auth = &schema.AuthOptions{AuthToken: schema.Token{Secret: "another"}}
	other := schema.NewSnapshot(2, append(slices.Clone(f.snapshot.All()), super))
	sel.Snapshot, sel.After = other, first
	if _, _, err := f.page(sel); err == nil {
		t.Error("the cursor holds under another secret")
	}
	sel.After = ""
	_, sel.After, _ = f.page(sel)
	if ids, _, err := f.page(sel); err != nil || len(ids) != 1 {
		t.Errorf("after the cursor of the new secret: %v, %v", ids, err)
	}
}

// TestDeepPagesAreTheSame: far pages have another form of statement, with the same rows.
func TestDeepPagesAreTheSame(t *testing.T) {
	f := chat(t)
	rows := make([]row, 1100)
	for i := range rows {
		rows[i] = row{"id": fmt.Sprintf("m%04d", i), "name": fmt.Sprint(i * 7919 % 97), "owner": []string{"ann", "bob", ""}[i%3], "cap": float64(i % 13)}
	}
	f.insert("rooms", rows...)
	for _, sort := range []string{"name", "-owner.role,name", "owner.email", "cap,-name", "room_members_via_room.id", "-@rowid"} {
		sel := query.Select{Scope: f.scope("rooms", nil), Sort: sort, Filter: "cap != 7"}
		all, _, err := f.page(sel)
		if err != nil {
			t.Fatal(err)
		}
		for _, offset := range []int{499, 500, 900} {
			sel.Offset, sel.Limit = offset, 10
			sel.Flags = []string{"owner.role = 'admin'"}
			got, cursor, err := f.page(sel)
			if err != nil {
				t.Fatal(err)
			}
			if want := all[offset : offset+10]; fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("by %s from %d: %v, want %v", sort, offset, got, want)
			}
			next := sel
			next.Offset, next.After = 0, cursor
			got, _, err = f.page(next)
			if want := all[offset+10 : offset+20]; err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("by %s after the page from %d: %v %v, want %v", sort, offset, got, err, want)
			}
		}
	}
}

// TestRandomWalks: pages by random sorts return every row once, in the order of a single page.
func TestRandomWalks(t *testing.T) {
	f := everything(t)
	n := uint64(300)
	if testing.Short() {
		n = 60
	}
	for seed := range n {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 23)), f: f}
		sel := query.Select{Scope: f.scope(g.pick("node", "node", "person", "view"), nil)}
		keys := make([]string, 1+g.IntN(4))
		for i := range keys {
			keys[i] = g.pick("", "-") + g.path(sel.Collection, 2)
		}
		sel.Sort = strings.Join(keys, ",")
		want, _, err := f.page(sel)
		if err != nil {
			continue // a modifier that does not apply
		}
		var got []string
		for sel.Limit = 1 + g.IntN(3); len(got) <= len(want); {
			ids, next, err := f.page(sel)
			if err != nil {
				t.Fatalf("seed %d, by %s: %v", seed, sel.Sort, err)
			}
			if len(ids) == 0 {
				break
			}
			got, sel.After = append(got, ids...), next
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("seed %d: %s by %s: pages %v, want %v", seed, sel.Collection.Name, sel.Sort, got, want)
		}
	}
}

func FuzzCursor(f *testing.F) {
	for _, seed := range [][2]string{{"AAAAAAE", "t"}, {"", "-who.n,t"}, {"VIkdlQMVWzEsIngiLG51bGwseyJiIjoiIn1dAQw", "j.a"}} {
		content, err := base64.RawURLEncoding.DecodeString(seed[0])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(content), seed[1])
	}
	fx := everything(f)
	f.Fuzz(func(t *testing.T, content, sort string) {
		cursor := fx.planner.Sealed(fx.snapshot, content)
		plan, err := fx.planner.Compile(query.Select{Scope: fx.scope("node", nil), Columns: []string{"id"}, Sort: sort, After: cursor, Keys: true})
		if refused := (*query.Error)(nil); err != nil && !errors.As(err, &refused) {
			t.Fatalf("Compile: %v, want a *query.Error", err)
		}
		if err == nil {
			fx.in(t).query(plan, 1)
		}
	})
}
