package record

import (
	"errors"
	"fmt"
	"github.com/loambase/loam/core/coretest/enginetest"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

func postsBed(t testing.TB) *readBed {
	hidden := textField("secret")
	hidden.Hidden = true
	closed := base("closed", textField("title"))
	closed.ListRule, closed.ViewRule = nil, nil
	own := base("own", textField("owner"))
	own.ListRule, own.ViewRule = rule("owner = @request.auth.id"), rule("owner = @request.auth.id")
	broken := base("broken", textField("title"))
	broken.ListRule, broken.ViewRule = rule("gone = 1"), rule("gone = 1")
	users := authCollection("users")
	users.ListRule, users.ViewRule, users.Auth.ManageRule = rule(""), rule(""), rule("note = @request.auth.id")
	b := newReadBed(t, base("posts", textField("title"), &schema.Field{Name: "rank", Kind: &schema.Number{}}, hidden),
		closed, own, broken, users)
	for i := range 5 {
		b.insert("posts", object{"id": fmt.Sprint("p", i), "title": fmt.Sprint("title ", i), "rank": i % 2, "secret": "s"})
	}
	b.insert("closed", object{"id": "c1"})
	b.insert("broken", object{"id": "b1"})
	b.insert("own", object{"id": "o1", "owner": "u1"}, object{"id": "o2", "owner": "u2"})
	b.insert("users",
		object{"id": "u1", "email": "u1@x.co", "tokenKey": "1", "note": "u3"},
		object{"id": "u2", "email": "u2@x.co", "tokenKey": "2", "emailVisibility": true},
		object{"id": "u3", "email": "u3@x.co", "tokenKey": "3"})
	return b
}

func TestListPages(t *testing.T) {
	t.Parallel()
	b := postsBed(t)
	for _, c := range []struct {
		params     ListParams
		ids        string
		page, per  int
		items, all int
	}{
		{ListParams{}, "p0 p1 p2 p3 p4", 1, 30, 5, 1},
		{ListParams{Page: -1, PerPage: -1}, "p0 p1 p2 p3 p4", 1, 30, 5, 1},
		{ListParams{PerPage: 1001}, "p0 p1 p2 p3 p4", 1, 1000, 5, 1},
		{ListParams{PerPage: 5}, "p0 p1 p2 p3 p4", 1, 5, 5, 1},
		{ListParams{PerPage: 2}, "p0 p1", 1, 2, 5, 3},
		{ListParams{Page: 2, PerPage: 2}, "p2 p3", 2, 2, 5, 3},
		{ListParams{Page: 3, PerPage: 2}, "p4", 3, 2, 5, 3},
		{ListParams{Page: 4, PerPage: 2}, "", 4, 2, 5, 3},
		{ListParams{Page: math.MaxInt, PerPage: 1000}, "", math.MaxInt, 1000, 5, 1},
		{ListParams{PerPage: 2, SkipTotal: true}, "p0 p1", 1, 2, -1, -1},
		{ListParams{PerPage: 30, SkipTotal: true}, "p0 p1 p2 p3 p4", 1, 30, -1, -1},
		{ListParams{Filter: "rank = 1", PerPage: 1}, "p1", 1, 1, 2, 2},
		{ListParams{Filter: "rank = 7"}, "", 1, 30, 0, 0},
		{ListParams{Filter: "1 = 2"}, "", 1, 30, 0, 0},
		{ListParams{Sort: "-title"}, "p4 p3 p2 p1 p0", 1, 30, 5, 1},
		{ListParams{Sort: "-rank,title", PerPage: 3}, "p1 p3 p0", 1, 3, 5, 2},
	} {
		for range 2 { // the second time totals are cached
			page, _ := b.mustList(Caller{}, "posts", c.params)
			if got := b.ids(Caller{}, "posts", c.params); got != c.ids {
				t.Errorf("List(%+v) = %s, want %s", c.params, got, c.ids)
			}
			if page.Page != c.page || page.PerPage != c.per || page.TotalItems != c.items || page.TotalPages != c.all {
				t.Errorf("List(%+v): page %d, perPage %d, totalItems %d, totalPages %d, want %d, %d, %d, %d", c.params,
					page.Page, page.PerPage, page.TotalItems, page.TotalPages, c.page, c.per, c.items, c.all)
			}
		}
	}
}

func TestListBytes(t *testing.T) {
	t.Parallel()
	b := postsBed(t)
	page, _ := b.mustList(Caller{}, "posts", ListParams{PerPage: 2})
	want := `[{"collectionId":"id_posts","collectionName":"posts","id":"p0","rank":0,"title":"title 0"},` +
		`{"collectionId":"id_posts","collectionName":"posts","id":"p1","rank":1,"title":"title 1"}]`
	if string(page.Items) != want {
		t.Errorf("items = %s, want %s", page.Items, want)
	}
	page, _ = b.mustList(b.super(), "POSTS", ListParams{PerPage: 1})
	want = `[{"collectionId":"id_posts","collectionName":"posts","id":"p0","rank":0,"secret":"s","title":"title 0"}]`
	if string(page.Items) != want {
		t.Errorf("items for a superuser = %s, want %s", page.Items, want)
	}
	page, _ = b.mustList(Caller{}, "posts", ListParams{Page: 9})
	if string(page.Items) != "[]" {
		t.Errorf("items beyond the end = %s, want []", page.Items)
	}
}

func TestListRules(t *testing.T) {
	t.Parallel()
	b := postsBed(t)
	user := b.as("users", "u1")
	for _, c := range []struct {
		name, collection string
		caller           Caller
		want             string
	}{
		{"expression, guest", "own", Caller{}, ""},
		{"expression, user", "own", user, "o1"},
		{"expression, superuser", "own", b.super(), "o1 o2"},
		{"null, superuser", "closed", b.super(), "c1"},
		{"broken, superuser", "broken", b.super(), "b1"},
		{"by id", "id_own", user, "o1"},
		{"by name in another case", "OWN", user, "o1"},
	} {
		if got := b.ids(c.caller, c.collection, ListParams{}); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	_, err := b.List(t.Context(), Caller{}, "closed", ListParams{Filter: "@request.auth.id = 1"})
	checkFault(t, "null rule, guest", err, fault.Forbidden, "Only superusers can perform this action.")
	_, err = b.List(t.Context(), user, "closed", ListParams{})
	checkFault(t, "null rule, user", err, fault.Forbidden, "Only superusers can perform this action.")
	_, err = b.List(t.Context(), user, "nothing", ListParams{})
	checkFault(t, "unknown collection", err, fault.NotFound, "Missing collection context.")
	_, err = b.List(t.Context(), user, "broken", ListParams{})
	checkFault(t, "rule that does not compile", err, fault.Invalid, "")
}

func TestListRestrictions(t *testing.T) {
	t.Parallel()
	b := postsBed(t)
	for _, c := range []struct {
		params  ListParams
		kind    fault.Kind
		message string
	}{
		{ListParams{Filter: "@collection.own.id ?= id"}, fault.Forbidden, "Only superusers can filter by @collection."},
		{ListParams{Filter: "title = '@collection.'"}, fault.Forbidden, "Only superusers can filter by @collection."},
		{ListParams{Filter: "@request.auth.id = ''"}, fault.Forbidden, "Only superusers can filter by @request."},
		{ListParams{Filter: "((( @request."}, fault.Forbidden, "Only superusers can filter by @request."},
		{ListParams{Sort: "@request.auth.id"}, fault.Forbidden, "Only superusers can filter by @request."},
		{ListParams{Sort: "@collection.own.id"}, fault.Forbidden, "Only superusers can filter by @collection."},
		{ListParams{Filter: "secret = 's'"}, fault.Invalid, ""},
		{ListParams{Sort: "secret"}, fault.Invalid, ""},
		{ListParams{Filter: "nope = 1"}, fault.Invalid, ""},
		{ListParams{Filter: "title = "}, fault.Invalid, ""},
		{ListParams{Filter: "()"}, fault.Invalid, ""},
		{ListParams{Filter: "title = '" + strings.Repeat("x", 3500) + "'"}, fault.Invalid, ""},
		{ListParams{Sort: "nope"}, fault.Invalid, ""},
		{ListParams{Sort: strings.Repeat("title,", 9)}, fault.Invalid, ""},
		{ListParams{Cursor: "nonsense"}, fault.Invalid, ""},
	} {
		_, err := b.List(t.Context(), b.as("users", "u1"), "posts", c.params)
		checkFault(t, fmt.Sprintf("List(%.60v)", c.params), err, c.kind, c.message)
	}
	for _, p := range []ListParams{
		{Filter: "secret = 's'"}, {Sort: "secret,id"}, {Filter: "@collection.own.owner ?= 'u1'"}, {Filter: "title != '@request.'"},
	} {
		if got := b.ids(b.super(), "posts", p); got != "p0 p1 p2 p3 p4" {
			t.Errorf("List(%+v) for a superuser = %s, want all", p, got)
		}
	}
}

func TestListReasonIsKept(t *testing.T) {
	t.Parallel()
	b := postsBed(t)
	_, err := b.List(t.Context(), b.super(), "posts", ListParams{Filter: "nope = 1"})
	f, ok := err.(*fault.Error)
	if !ok || !strings.Contains(f.Reason, "nope") {
		t.Errorf("List with an unknown field: %v, want a reason that names it", err)
	}
}

func TestListEmails(t *testing.T) {
	t.Parallel()
	b := postsBed(t)
	for _, c := range []struct {
		name   string
		caller Caller
		want   string
	}{
		{"guest", Caller{}, "u2"},
		{"u1, itself", b.as("users", "u1"), "u1 u2"},
		{"u2, by visibility alone", b.as("users", "u2"), "u2"},
		{"u3, who manages u1", b.as("users", "u3"), "u1 u2 u3"},
		{"a record of another collection", b.as("posts", "u1"), "u2"},
		{"superuser", b.super(), "u1 u2 u3"},
	} {
		_, items := b.mustList(c.caller, "users", ListParams{})
		var shown []string
		for _, item := range items {
			if _, ok := item["email"]; ok {
				shown = append(shown, item["id"].(string))
			}
		}
		if got := strings.Join(shown, " "); got != c.want {
			t.Errorf("%s sees the emails of %q, want %q", c.name, got, c.want)
		}
	}
	b.snapshot.Find("users").Auth.ManageRule = rule("gone = 1")
	b.snapshot = schema.NewSnapshot(2, b.snapshot.All())
	if _, items := b.mustList(b.as("users", "u3"), "users", ListParams{}); len(items) != 3 || items[0]["email"] != nil {
		t.Errorf("with a broken manage rule: %v, want three users and no email of the first", items)
	}
}

func TestListCursors(t *testing.T) {
	t.Parallel()
	b := postsBed(t)
	for _, sort := range []string{"", "title", "-rank,title", "-title"} {
		want := b.ids(Caller{}, "posts", ListParams{Sort: sort})
		var got []string
		p := ListParams{Sort: sort, PerPage: 2, Page: 7}
		for first := true; first || p.Cursor != ""; first = false {
			if first {
				p.Page = 1
			}
			page, _ := b.mustList(Caller{}, "posts", p)
			if page.TotalItems != 5 || page.TotalPages != 3 {
				t.Errorf("sort %q: totalItems %d, totalPages %d, want 5, 3", sort, page.TotalItems, page.TotalPages)
			}
			got = append(got, b.ids(Caller{}, "posts", p))
			p.Cursor = page.Next
			p.Page = 99 // ignored beside a cursor
		}
		if got := strings.Join(got, " "); got != want || len(strings.Fields(got)) != 5 {
			t.Errorf("sort %q: by cursor %s, want %s", sort, got, want)
		}
	}
	page, _ := b.mustList(Caller{}, "posts", ListParams{PerPage: 5})
	if page.Next != "" {
		t.Errorf("the cursor after the last page = %q, want none", page.Next)
	}
	page, _ = b.mustList(Caller{}, "posts", ListParams{PerPage: 2, Sort: "@random"})
	if page.Next != "" {
		t.Errorf("the cursor of a random order = %q, want none", page.Next)
	}
}

func TestTotalsFollowWrites(t *testing.T) {
	t.Parallel()
	b := postsBed(t)
	list := func(p ListParams) int {
		t.Helper()
		p.PerPage = 1
		page, _ := b.mustList(Caller{}, "posts", p)
		return page.TotalItems
	}
	for i := range 4 {
		if got := list(ListParams{}); got != 5+i {
			t.Errorf("total after %d inserts = %d, want %d", i, got, 5+i)
		}
		if got := list(ListParams{Filter: "rank = 1"}); got != 2+i {
			t.Errorf("filtered total after %d inserts = %d, want %d", i, got, 2+i)
		}
		b.insert("posts", object{"id": fmt.Sprint("q", i), "rank": 1})
	}
	if n := b.caches.totals.Len(); n == 0 && !enginetest.Postgres() { // PostgreSQL has no stamps
		t.Error("no total was remembered")
	}
	known := b.caches.totals.Len()
	if got := list(ListParams{Filter: "title < @now"}); got != 4 {
		t.Errorf("total of a filter with the clock = %d, want 4", got)
	}
	if n := b.caches.totals.Len(); n != known {
		t.Error("the total of a volatile filter was remembered")
	}
}

func TestReadLimit(t *testing.T) {
	t.Parallel()
	b := postsBed(t)
	many := make([]object, 2000) // SQLite checks the clock every few hundred rows
	for i := range many {
		many[i] = object{"id": fmt.Sprint("many", i), "title": "x"}
	}
	b.insert("posts", many...)
	b.cfg.ReadLimit = time.Nanosecond
	params := ListParams{Filter: `title ~ "title"`, Sort: "rank,id"}
	_, err := b.List(t.Context(), Caller{}, "posts", params)
	checkFault(t, "List past the limit", err, fault.Invalid, "")
	if got := b.ids(b.super(), "posts", params); got != "p0 p2 p4 p1 p3" {
		t.Errorf("List of a superuser = %s, want all: no limit holds for them", got)
	}
}

// Records that a caller may not list are not visible through relations (docs/wire/records.md
// §5.10).
func TestListCrossesRelations(t *testing.T) {
	t.Parallel()
	targets := base("q1", textField("n"), &schema.Field{Name: "pub", Kind: &schema.Bool{}})
	targets.ListRule = rule("pub = true")
	closed := base("closed", textField("t"))
	closed.ListRule = nil
	rows := base("q2", textField("n"), relationField("r", "id_q1", 1), relationField("rm", "id_q1", 5), relationField("c", "id_closed", 1))
	b := newReadBed(t, targets, closed, rows)
	b.insert("q1", object{"id": "a", "n": "A", "pub": true}, object{"id": "b", "n": "B"})
	b.insert("q2",
		object{"id": "x", "n": "x", "r": "a", "rm": []string{"a", "b"}},
		object{"id": "y", "n": "y", "r": "b", "rm": []string{"b"}},
		object{"id": "z", "n": "z"})
	for filter, want := range map[string]string{
		"r.n != ''":           "x",
		"r.n = 'B'":           "",
		"r.n = '' || n != ''": "x z",
		"rm.n ?= 'B'":         "",
		"rm.n ?= 'A'":         "x",
		"r.id = 'b'":          "y",
		"rm.id ?= 'b'":        "",
	} {
		if got := b.ids(Caller{}, "q2", ListParams{Filter: filter}); got != want {
			t.Errorf("filter %s: %q, want %q", filter, got, want)
		}
		page, _ := b.mustList(Caller{}, "q2", ListParams{Filter: filter, PerPage: 1})
		if want := len(strings.Fields(want)); page.TotalItems != want {
			t.Errorf("filter %s: total %d, want %d", filter, page.TotalItems, want)
		}
	}
	for _, p := range []ListParams{{Filter: "c.t = ''"}, {Filter: "n = 'x' || c.t ?= 'x'"}, {Sort: "-c.t"}} {
		_, err := b.List(t.Context(), Caller{}, "q2", p)
		checkFault(t, fmt.Sprintf("List(%.40v)", p), err, fault.Invalid, "")
	}
	if got := b.ids(b.super(), "q2", ListParams{Filter: "rm.n ?= 'B'"}); got != "x y" {
		t.Errorf("for a superuser: %q, want x y", got)
	}
}

func TestListDoesNotLeakEmails(t *testing.T) {
	t.Parallel()
	b := postsBed(t)
	b.insert("users", object{"id": "u0", "email": "z@x.co", "tokenKey": "0"})
	for filter, want := range map[string]string{
		"email = 'u1@x.co'":   "",
		"email = 'u2@x.co'":   "u2",
		"email ~ '@'":         "u2",
		"email:lower ~ '@'":   "u2",
		"email != 'u1@x.co'":  "u2",
		"emailVisibility = 1": "u2",
	} {
		if got := b.ids(b.as("users", "u1"), "users", ListParams{Filter: filter}); got != want {
			t.Errorf("filter %s: %q, want %q", filter, got, want)
		}
	}
	if up, down := b.ids(Caller{}, "users", ListParams{Sort: "email"}), b.ids(Caller{}, "users", ListParams{Sort: "-email"}); up != "u1 u3 u0 u2" || down != "u2 u0 u3 u1" {
		t.Errorf("sorted by email: %q and %q, want the hidden ones in insertion order: u1 u3 u0 u2 and u2 u0 u3 u1", up, down)
	}
}

func TestListOfAView(t *testing.T) {
	t.Parallel()
	view := base("ranks", &schema.Field{Name: "rank", Kind: &schema.Number{}}, textField("blank"), relationField("post", "id_posts", 1))
	view.Type, view.View = schema.View, &schema.ViewOptions{}
	b := newReadBed(t, base("posts", &schema.Field{Name: "rank", Kind: &schema.Number{}}), view)
	b.exec(`DROP TABLE ranks`)
	b.exec(`CREATE VIEW ranks AS SELECT CAST(rank AS TEXT) AS id, rank, NULL AS blank, id AS post FROM posts`)
	for i := range 3 {
		b.insert("posts", object{"id": fmt.Sprint("p", i), "rank": i})
		if page, _ := b.mustList(Caller{}, "ranks", ListParams{PerPage: 1}); page.TotalItems != i+1 {
			t.Errorf("total of the view = %d, want %d", page.TotalItems, i+1)
		}
	}
	if n := b.caches.totals.Len(); n != 0 {
		t.Errorf("%d totals of a view were remembered", n)
	}
	got, err := b.get(Caller{}, "ranks", "2", "post")
	want := `{"blank":"","collectionId":"id_ranks","collectionName":"ranks",` +
		`"expand":{"post":{"collectionId":"id_posts","collectionName":"posts","id":"p2","rank":2}},"id":"2","post":"p2","rank":2}`
	if err != nil || got != want {
		t.Errorf("Get of a view = %s, %v, want %s", got, err, want)
	}
	_, err = b.List(t.Context(), Caller{}, "ranks", ListParams{Sort: "@rowid"})
	checkFault(t, "a view sorted by @rowid", err, fault.Invalid, "")
	if got := b.ids(Caller{}, "ranks", ListParams{Sort: "-rank"}); got != "2 1 0" {
		t.Errorf("the view sorted = %s, want 2 1 0", got)
	}
}

// A client whose write has been answered finds it in every total, though totals are cached.
func TestTotalsAmongConcurrentWrites(t *testing.T) {
	t.Parallel()
	b := postsBed(t)
	var done sync.WaitGroup
	for w := range 4 {
		done.Go(func() {
			for i := range 20 {
				id := fmt.Sprintf("w%dn%d", w, i)
				b.insert("posts", object{"id": id, "title": fmt.Sprint("writer ", w)})
				page, err := b.List(t.Context(), Caller{}, "posts", ListParams{PerPage: 1, Filter: fmt.Sprintf("title = 'writer %d'", w)})
				if err != nil || page.TotalItems != i+1 {
					t.Errorf("writer %d: total after %d inserts = %+v, %v", w, i+1, page, err)
					return
				}
			}
		})
	}
	done.Wait()
	if page, _ := b.mustList(Caller{}, "posts", ListParams{PerPage: 1}); page.TotalItems != 85 {
		t.Errorf("total = %d, want 85", page.TotalItems)
	}
}

// The memory that a released page returns is used by another page while a third is still read.
func TestReleasedPages(t *testing.T) {
	t.Parallel()
	b := postsBed(t)
	first, _ := b.mustList(Caller{}, "posts", ListParams{PerPage: 2})
	kept, want := first.Items, string(first.Items)
	for range 3 {
		page, _ := b.mustList(Caller{}, "posts", ListParams{PerPage: 2, Page: 2})
		page.Release()
		page.Release() // idempotent
		if page.Items != nil {
			t.Error("a released page still has items")
		}
	}
	if string(kept) != want {
		t.Errorf("items of a page that was not released = %s, want %s", kept, want)
	}
}

func BenchmarkList(b *testing.B) {
	bed := postsBed(b)
	for i := range 1000 {
		bed.insert("posts", object{"id": fmt.Sprintf("row%012d", i), "title": "a title of some length", "rank": i})
	}
	for _, n := range []int{30, 500} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				page, err := bed.List(b.Context(), Caller{}, "posts", ListParams{PerPage: n, Filter: "rank >= 0"})
				if err != nil {
					b.Fatal(err)
				}
				page.Release()
			}
		})
	}
}

func TestListOfLargeRecords(t *testing.T) {
	t.Parallel()
	b := postsBed(t)
	one, err := b.Get(t.Context(), Caller{}, "posts", "p0", "")
	if err != nil {
		t.Fatal(err)
	}
	b.cfg.PageLimit = len("[") + len(one)
	for perPage, want := range map[int]string{1: "", 2: "", 3: "the page is too large: ask for fewer records"} {
		_, err := b.List(t.Context(), Caller{}, "posts", ListParams{PerPage: perPage})
		reason := ""
		if f := (*fault.Error)(nil); errors.As(err, &f) && f.Kind == fault.Invalid {
			reason = f.Reason
		}
		if reason != want || (err == nil) != (want == "") {
			t.Errorf("List of %d = %v, want the reason %q", perPage, err, want)
		}
	}
}
