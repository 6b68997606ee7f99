package record

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/store"
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
		for range 2 { // the second time totals are remembered
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
	b := postsBed(t)
	_, err := b.List(t.Context(), b.super(), "posts", ListParams{Filter: "nope = 1"})
	f, ok := err.(*fault.Error)
	if !ok || !strings.Contains(f.Reason, "nope") {
		t.Errorf("List with an unknown field: %v, want a reason that names it", err)
	}
}

func TestListEmails(t *testing.T) {
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
			p.Page = 99 // has no meaning beside a cursor
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
	if n := len(b.totals.young); n == 0 {
		t.Error("no total was remembered")
	}
	if got := list(ListParams{Filter: "title < @now"}); got != 4 {
		t.Errorf("total of a filter with the clock = %d, want 4", got)
	}
	for key := range b.totals.young {
		if strings.Contains(key, "title") {
			t.Errorf("the total of a volatile filter was remembered: %q", key)
		}
	}
}

func TestReadLimit(t *testing.T) {
	b := postsBed(t)
	b.ReadLimit = time.Nanosecond
	_, err := b.List(t.Context(), Caller{}, "posts", ListParams{})
	checkFault(t, "List past the limit", err, fault.Invalid, "")
	_, err = b.get(Caller{}, "posts", "p1", "")
	checkFault(t, "Get past the limit", err, fault.Invalid, "")
	if got := b.ids(b.super(), "posts", ListParams{}); got != "p0 p1 p2 p3 p4" {
		t.Errorf("List of a superuser = %s, want all: no limit holds for them", got)
	}
}

func TestGet(t *testing.T) {
	b := postsBed(t)
	user := b.as("users", "u1")
	for _, c := range []struct {
		name, collection, id string
		caller               Caller
		want                 string
	}{
		{"guest", "posts", "p1", Caller{}, `{"collectionId":"id_posts","collectionName":"posts","id":"p1","rank":1,"title":"title 1"}`},
		{"user", "own", "o1", user, `{"collectionId":"id_own","collectionName":"own","id":"o1","owner":"u1"}`},
		{"superuser", "closed", "c1", b.super(), `{"collectionId":"id_closed","collectionName":"closed","id":"c1","title":""}`},
		{"email hidden", "users", "u1", Caller{},
			`{"collectionId":"id_users","collectionName":"users","emailVisibility":false,"id":"u1","verified":false}`},
		{"own email", "users", "u1", user,
			`{"collectionId":"id_users","collectionName":"users","email":"u1@x.co","emailVisibility":false,"id":"u1","verified":false}`},
	} {
		got, err := b.get(c.caller, c.collection, c.id, "")
		if err != nil || got != c.want {
			t.Errorf("%s: Get = %s, %v, want %s", c.name, got, err, c.want)
		}
	}
	for _, c := range []struct {
		name, collection, id string
		caller               Caller
		kind                 fault.Kind
		message              string
	}{
		{"unknown collection", "nothing", "p1", b.super(), fault.NotFound, "Missing collection context."},
		{"null rule, guest", "closed", "c1", Caller{}, fault.Forbidden, "Only superusers can perform this action."},
		{"null rule, unknown id, user", "closed", "nope", user, fault.Forbidden, "Only superusers can perform this action."},
		{"unknown id", "posts", "nope", Caller{}, fault.NotFound, ""},
		{"unknown id, superuser", "posts", "nope", b.super(), fault.NotFound, ""},
		{"no id", "posts", "", Caller{}, fault.NotFound, ""},
		{"id in another case", "posts", "P1", Caller{}, fault.NotFound, ""},
		{"rule false", "own", "o2", user, fault.NotFound, ""},
		{"rule false, guest", "own", "o2", Caller{}, fault.NotFound, ""},
		{"rule that does not compile", "broken", "b1", user, fault.NotFound, ""},
	} {
		_, err := b.get(c.caller, c.collection, c.id, "")
		checkFault(t, c.name, err, c.kind, c.message)
	}
}

func TestGetOfOddlyStoredRow(t *testing.T) {
	c := base("odd", &schema.Field{Name: "j", Kind: &schema.JSON{}}, relationField("r9", "id_odd", 9),
		&schema.Field{Name: "g", Kind: &schema.GeoPoint{}}, &schema.Field{Name: "d", Kind: &schema.Date{}}, textField("t"))
	b := newReadBed(t, c)
	b.exec(`INSERT INTO odd (id, j, r9, g, d, t) VALUES ('x', $1, $2, $3, $4, $5)`, store.Text(" {not json"), store.Text("bare"),
		store.Text("nowhere"), store.Text("2024-01-02T03:04:05Z"), store.Text("a\x00\xffb"))
	got, err := b.get(Caller{}, "odd", "x", "")
	want := `{"collectionId":"id_odd","collectionName":"odd","d":"2024-01-02 03:04:05.000Z","g":{"lon":0,"lat":0},"id":"x",` +
		`"j":" {not json","r9":["bare"],"t":"a\u0000\ufffdb"}`
	if err != nil || got != want {
		t.Errorf("Get = %s, %v, want %s", got, err, want)
	}
}

// SQLite keeps a JSON that is one number as a number: it is written as JSON
// writes it, not as SQLite does.
func TestGetOfLoneNumbers(t *testing.T) {
	b := newReadBed(t, base("lone", &schema.Field{Name: "j", Kind: &schema.JSON{}}))
	for _, want := range []string{"0", "-1", "9007199254740993", "0.1", "1e+300", "1e-7", "0.000001", "100000000000000000000"} {
		b.exec(`DELETE FROM lone`)
		b.insert("lone", object{"id": "x", "j": json.RawMessage(want)})
		r, err := b.FindByID(t.Context(), "lone", "x")
		if err != nil {
			t.Fatal(err)
		}
		if got := string(r.Get("j").(json.RawMessage)); got != want {
			t.Errorf("stored %s is loaded as %s", want, got)
		}
		got, err := b.get(Caller{}, "lone", "x", "")
		if want := `{"collectionId":"id_lone","collectionName":"lone","id":"x","j":` + want + `}`; err != nil || got != want {
			t.Errorf("Get = %s, %v, want %s", got, err, want)
		}
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
				if _, err := bed.List(b.Context(), Caller{}, "posts", ListParams{PerPage: n, Filter: "rank >= 0"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
