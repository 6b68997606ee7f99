package record

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/where"
)

func TestTreeRoots(t *testing.T) {
	t.Parallel()
	b := libraryBed(t)
	b.snapshot.Find("users").ViewRule = nil
	user := b.as("users", "u1")
	title := func(op where.Op, v any) where.Expr { return where.Compare("title", op, v) }
	for _, c := range []struct {
		name   string
		caller Caller
		root   Node
		want   string
	}{
		{"by id", Caller{}, Node{Collection: "books", ID: "b2"}, "[b2]"},
		{"by an id that is missing", Caller{}, Node{Collection: "books", ID: "nope"}, "[]"},
		{"by id and filter", Caller{}, Node{Collection: "books", ID: "b2", Where: title(where.NotEqual, "second")}, "[]"},
		{"by id, null rule", user, Node{Collection: "users", ID: "u1"}, "F"},
		{"the caller's own", user, Node{Collection: "users", Own: true}, "[u1]"},
		{"the caller's own, of another collection", user, Node{Collection: "books", Own: true}, "E"},
		{"a guest's own", Caller{}, Node{Collection: "users", Own: true}, "E"},
		{"condition", Caller{}, Node{Collection: "books", Where: where.Not(title(where.Equal, "second"))}, "[b1 b3]"},
		{"condition, filter and parameters", Caller{}, Node{Collection: "books", Where: where.In("id", "b1", "b2"), Filter: "title = {:t}",
			Params: object{"t": "second"}}, "[b2]"},
		{"offset", Caller{}, Node{Collection: "books", Offset: 1, Limit: 1}, "[b2 …]"},
		{"condition on a hidden field", user, Node{Collection: "books", Where: where.Compare("secret", where.Equal, "t1")}, "E"},
	} {
		got, err := b.tree(c.caller, &c.root)
		switch fault.KindOf(err) {
		case fault.Invalid:
			got = "E"
		case fault.Forbidden:
			got = "F"
		default:
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s (%v)", c.name, got, c.want, err)
		}
	}
}

func TestTreesAreReadTogether(t *testing.T) {
	t.Parallel()
	b := libraryBed(t)
	branches, err := b.Trees(t.Context(), Caller{}, &Node{Collection: "books"}, &Node{Collection: "books", ID: "b3"})
	if err != nil {
		t.Fatal(err)
	}
	if got := outlineTree(branches[0], 0) + outlineTree(branches[1], 0); got != "[b1 b2 b3][b3]" {
		t.Errorf("two roots: %s", got)
	}
}

// TestRootsFailAlone: a root that cannot be planned, and a root whose hook fails, do not affect
// other roots.
func TestRootsFailAlone(t *testing.T) {
	t.Parallel()
	b := libraryBed(t)
	panics := "b2"
	b.cfg.Hooks.Enrich.BindFunc(func(e *EnrichEvent) error {
		if e.Record.ID() == panics {
			panic("a mistake of the handler")
		}
		return e.Next()
	}, "books")
	branches, err := b.Trees(t.Context(), Caller{},
		&Node{Collection: "books", ID: "b1"}, &Node{Collection: "books"}, &Node{Collection: "books", Filter: "nope = 1"}, &Node{Collection: "nope"},
		&Node{Collection: "books", Aggregate: &AggregateParams{Count: true, Where: where.In("id", "b1", "b2")}},
		&Node{Collection: "books", Aggregate: &AggregateParams{Sum: []string{"title"}}}, &Node{Collection: "books", ID: "b3"})
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, branch := range branches {
		switch {
		case branch.Err != nil:
			got += fault.KindOf(branch.Err).String() + " "
		case branch.Groups != nil:
			got += fmt.Sprint(branch.Groups.Names, branch.Groups.Rows, " ")
		default:
			got += outlineTree(branch, 0) + " "
		}
	}
	if want := "[b1] internal invalid not found [count] [[2]] invalid [b3] "; got != want {
		t.Errorf("the roots are %s, want %s", got, want)
	}
	if _, err := b.Tree(t.Context(), Caller{}, &Node{Collection: "books"}); fault.KindOf(err) != fault.Internal || err == nil {
		t.Errorf("the only root is wrong: %v", err)
	}
}

// TestTreeTotals counts lists that are cut by a limit.
func TestTreeTotals(t *testing.T) {
	t.Parallel()
	b := libraryBed(t)
	for _, relation := range []string{"reviews_via_book", "covers_via_book"} {
		root := &Node{Collection: "books", Limit: 2, Total: true, Sort: "-title", Children: []*Node{{Relation: relation, Limit: 1, Total: true}}}
		for range 2 { // the second time from the cache
			branch, err := b.Tree(t.Context(), b.super(), root)
			if err != nil {
				t.Fatal(err)
			}
			if branch.Lists[0].Total != 3 {
				t.Errorf("%d books, want 3", branch.Lists[0].Total)
			}
			for i, item := range branch.Lists[0].Items {
				book := string(branch.Records[item.Record])
				_, all := b.mustList(b.super(), strings.TrimSuffix(relation, "_via_book"), ListParams{})
				want := 0
				for _, r := range all {
					if strings.Contains(book, fmt.Sprintf(`"id":%q`, r["book"])) {
						want++
					}
				}
				if got := branch.Children[0].Lists[i].Total; got != want {
					t.Errorf("%s of %s: %d, want %d", relation, book, got, want)
				}
			}
		}
	}
	branch, err := b.Tree(t.Context(), Caller{}, &Node{Collection: "books"})
	if err != nil || branch.Lists[0].Total != -1 {
		t.Errorf("a total that nobody has asked for: %d, %v", branch.Lists[0].Total, err)
	}
}

// TestTreesRunRequestHooks has handlers that narrow a list, redirect a view, and refuse.
func TestTreesRunRequestHooks(t *testing.T) {
	t.Parallel()
	b := libraryBed(t)
	refused := fault.New(fault.Forbidden, "")
	b.cfg.Hooks.Request.BindFunc(func(e *RequestEvent) error {
		switch {
		case e.ID == "b3":
			return refused
		case e.Operation == OpView:
			e.ID = "b1"
		default:
			e.List.Filter = "title = 'second'"
		}
		return e.Next()
	}, "books")
	run := func(roots ...*Node) (string, error) {
		branches, err := b.Trees(context.Background(), Caller{}, roots...)
		got := ""
		for _, branch := range branches {
			if branch.Err != nil {
				return got, branch.Err
			}
			got += outlineTree(branch, 0)
		}
		return got, err
	}
	if got, err := run(&Node{Collection: "books"}, &Node{Collection: "books", ID: "b2"}); got != "[b2][b1]" {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := run(&Node{Collection: "books", ID: "b3"}); !errors.Is(err, refused) {
		t.Errorf("refused: %v", err)
	}
}
