package record

import (
	"testing"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

func TestTotalKey(t *testing.T) {
	t.Parallel()
	snapshot := schema.NewSnapshot(1, []*schema.Collection{
		{ID: "a1", Name: "a", Type: schema.Base}, {ID: "v1", Name: "v", Type: schema.View},
	})
	key := func(sql string, tables []string, args ...store.Value) string {
		t.Helper()
		k, ok := totalKey(snapshot, &query.Plan{SQL: sql, Args: args}, tables)
		if !ok {
			t.Fatalf("totalKey(%q, %v) is not kept", sql, tables)
		}
		return string(k)
	}
	a := []string{"a"}
	seen := map[string]string{}
	for name, k := range map[string]string{
		"sql":         key("x", a),
		"tables":      key("x", []string{"a", "a"}),
		"text":        key("x", a, store.Text("1")),
		"int":         key("x", a, store.Int(1)),
		"float":       key("x", a, store.Float(1)),
		"bool":        key("x", a, store.Bool(true)),
		"null":        key("x", a, store.Null),
		"two texts":   key("x", a, store.Text("1"), store.Text("2")),
		"split other": key("x", a, store.Text(""), store.Text("12")),
	} {
		if other, ok := seen[k]; ok {
			t.Errorf("%s and %s have the same key", name, other)
		}
		seen[k] = name
	}
	for name, c := range map[string]struct {
		plan   query.Plan
		tables []string
	}{
		"volatile":      {query.Plan{SQL: "x", Volatile: true}, a},
		"a view":        {query.Plan{SQL: "x"}, []string{"a", "v"}},
		"no collection": {query.Plan{SQL: "x"}, []string{"gone"}},
		"a long key":    {query.Plan{SQL: string(make([]byte, maxTotalKey+1))}, a},
	} {
		if _, ok := totalKey(snapshot, &c.plan, c.tables); ok {
			t.Errorf("the count with %s is kept", name)
		}
	}
}

// TestTotalsOfSortsThatHide sorts by related records, some of which may not be listed: records that
// the sort leaves out are not counted, neither by pages nor by trees.
func TestTotalsOfSortsThatHide(t *testing.T) {
	t.Parallel()
	b := libraryBed(t)
	b.snapshot.Find("books").ListRule = rule("title != 'first'")
	for sort, want := range map[string]int{"": 4, "text,id": 4, "book.title": 2, "-book.title,id": 2} {
		for range 2 { // the second time from the cache
			page, items := b.mustList(Caller{}, "reviews", ListParams{Sort: sort, PerPage: 1})
			branch, err := b.Tree(t.Context(), Caller{}, &Node{Collection: "reviews", Sort: sort, Limit: 1, Total: true})
			if err != nil || len(items) != 1 || page.TotalItems != want || branch.Lists[0].Total != want {
				t.Errorf("by %q: %d reviews on pages, %d in the tree, want %d: %v", sort, page.TotalItems, branch.Lists[0].Total, want, err)
			}
		}
		if page, _ := b.mustList(b.super(), "reviews", ListParams{Sort: sort, PerPage: 1}); page.TotalItems != 4 {
			t.Errorf("by %q: superusers have %d reviews", sort, page.TotalItems)
		}
	}
}
