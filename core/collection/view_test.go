package collection_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

const postFields = `[{"name":"title","type":"text","max":50,"presentable":true},{"name":"n","type":"number"},{"name":"ok","type":"bool"},
	{"name":"secret","type":"text","hidden":true},{"name":"at","type":"date"},{"name":"doc","type":"json"},{"name":"geo","type":"geoPoint"},
	{"name":"tags","type":"select","values":["a","b"],"maxSelect":2},{"name":"authorId","type":"relation","collectionId":"_pb_users_auth_"}]`

// withPosts returns a world with records.
func withPosts(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.create(`{"name":"posts","fields":` + postFields + `}`)
	w.exec(`INSERT INTO "users" ("id", "name", "email", "tokenKey", "password") VALUES ('u1', 'Ann', 'ann@example.com', 'very-secret', 'hash')`)
	w.exec(`INSERT INTO "posts" ("id", "title", "n", "ok", "tags", "authorId", "secret", "doc") VALUES
		('p1', 'One', 1, TRUE, '["a","b"]', 'u1', 'x', '{"k":[1]}'), ('p2', 'Two', 2.5, FALSE, '[]', '', 'y', NULL)`)
	return w
}

// view returns the body of a view with the query.
func view(name, query string) string {
	text, err := json.Marshal(query)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"name":%q,"type":"view","viewQuery":%s}`, name, text)
}

// viewKinds returns the names and types of the fields, with some of their options.
func viewKinds(c *schema.Collection) string {
	var list []string
	for _, f := range c.Fields {
		s := f.Name + ":" + f.Type()
		switch k := f.Kind.(type) {
		case *schema.Number:
			if k.OnlyInt {
				s += ":int"
			}
		case *schema.Relation:
			s += ":" + k.CollectionID
		}
		if f.Hidden {
			s += ":hidden"
		}
		list = append(list, s)
	}
	return strings.Join(list, " ")
}

func TestViewFields(t *testing.T) {
	w := withPosts(t)
	c := w.create(view("v", `SELECT p.id, p.title AS "Head", p.n, p.ok, p.secret, p.tags, p.authorId AS who, u.id AS "user", u.email,
		u.tokenKey AS tk, u.password AS pw, COUNT(p.id) AS cnt, SUM(p.n) AS s, CAST(p.n AS INT) AS i, CAST(p.n AS real) AS r,
		CAST(p.title AS TEXT) AS t, CAST(p.ok AS bool) AS b, upper(p.title) AS x, p.doc, p.geo, p.at
		FROM posts p LEFT JOIN users u ON u.id = p.authorId GROUP BY p.id, u.id -- the end`))
	want := "id:text Head:text n:number ok:bool secret:text:hidden tags:select who:relation:_pb_users_auth_ user:relation:_pb_users_auth_ email:email " +
		"tk:text:hidden pw:password:hidden cnt:number:int s:json i:number:int r:number t:text b:bool x:text doc:json geo:geoPoint at:date"
	if got := viewKinds(c); got != want {
		t.Errorf("fields\n got %s\nwant %s", got, want)
	}
	id := c.Field("id")
	if text := id.Kind.(*schema.Text); !id.System || !id.Required || !text.PrimaryKey || text.Pattern != schema.IDPattern || text.Min != 0 {
		t.Errorf("id = %+v %+v", id, text)
	}
	if head := c.Field("Head"); !head.Presentable || head.Kind.(*schema.Text).Max != 50 || !strings.HasPrefix(head.ID, "_clone_") || len(head.ID) != len("_clone_")+4 {
		t.Errorf("a copied field = %+v %+v", head, head.Kind)
	}
	if s := c.Field("s"); s.Kind.(*schema.JSON).MaxSize != 1 {
		t.Errorf("a computed field = %+v %+v", s, s.Kind)
	}
	if x := c.Field("x"); x.Kind.(*schema.Text).Max != 0 || x.ID != "text2363233923" {
		t.Errorf("a computed text = %+v %+v", x, x.Kind)
	}
	if got := w.rows(2, `SELECT "id", "tk" FROM "v" WHERE "id" = 'p1' AND "cnt" = 1`); !slices.Equal(got, []string{"p1,"}) {
		t.Errorf("rows = %q, want p1 without the token key", got)
	}
	// The ids of copies are kept when the view is saved again.
	again := w.update("v", `{"listRule":"","viewQuery":"select id, title as Head, ok from posts","fields":[{"name":"z","type":"text"}]}`)
	if head := again.Field("Head"); head == nil && again.Field("head") == nil {
		t.Errorf("fields after an update: %s", viewKinds(again))
	} else if head != nil && head.ID != c.Field("Head").ID {
		t.Errorf("the id of a copied field went from %s to %s", c.Field("Head").ID, head.ID)
	}
}

func TestViewQueryRefused(t *testing.T) {
	w := withPosts(t)
	before := w.state()
	for query, want := range map[string][2]string{
		"":                                               {"validation_required", "validation_required"},
		"select * from posts":                            {"wildcard columns (*) are not supported", "validation_required"},
		"select id from posts; select 1 as id":           {"multiple statements are not supported", "validation_required"},
		"delete from posts":                              {"must be a single SELECT", "validation_required"},
		"select title from posts":                        {"missing required id column", "validation_missing_primary_key"},
		"select id from nope":                            {"no such table: nope", "validation_required"},
		"select id from _collections":                    {"no such table: _collections", "validation_required"},
		"select id from v":                               {"no such table: v", "validation_required"},
		"select id, nope from posts":                     {"nope", "validation_required"},
		"select id, p.nope from posts p":                 {"nope", "validation_required"},
		"select 'a' as id from posts":                    {"must be unique", "validation_required"},
		"select '' as id from posts":                     {"must not be empty", "validation_required"},
		"select id, upper(title) from posts":             {"needs a name", "validation_required"},
		"select id, pg_sleep(9) as x from posts":         {"pg_sleep is not supported", "validation_required"},
		"select id, load_extension('x') as x from posts": {"load_extension is not supported", "validation_required"},
		"select id from posts where":                     {"an expression expected", "validation_required"},
		"select id from posts where title = = 'a'":       {"syntax error", "validation_required"},
	} {
		_, err := w.Create(context.Background(), record.Root(), []byte(view("v", query)))
		var e *fault.Error
		if !errors.As(err, &e) || e.Kind != fault.Invalid || e.Message != "Failed to create collection." {
			t.Errorf("Create of %q = %v, want an invalid body", query, err)
			continue
		}
		text := describe(err)
		if !strings.Contains(text, want[0]) || !strings.Contains(text, want[1]) || query != "" && !strings.Contains(text, "validation_invalid_view_query") {
			t.Errorf("Create of %q = %s, want viewQuery %q and fields %q", query, text, want[0], want[1])
		}
	}
	if after := w.state(); after != before {
		t.Errorf("refused views changed\n%s\nto\n%s", before, after)
	}
	c := w.create(view("v", "select id from posts"))
	if _, err := w.Update(context.Background(), record.Root(), "v", []byte(`{"viewQuery":"select id from v"}`)); err == nil {
		t.Error("a view that reads itself was let through")
	}
	w.create(view("w", "select id from v"))
	if _, err := w.Update(context.Background(), record.Root(), "v", []byte(`{"viewQuery":"select id from w"}`)); err == nil {
		t.Error("views that read each other were let through")
	}
	for _, body := range []string{`{"type":"base"}`, `{"createRule":""}`, `{"indexes":["create index i on v (id)"]}`, `{"name":"posts"}`, `{"viewQuery":""}`} {
		if _, err := w.Update(context.Background(), record.Root(), "v", []byte(body)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("Update(%s) = %v, want that it is refused", body, err)
		}
	}
	if _, err := w.Update(context.Background(), record.Root(), "posts", []byte(`{"type":"view"}`)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a table that is made a view: %v", err)
	}
	if got, _ := w.get("v"); got.ID != c.ID || got.View.Query != "select id from posts" {
		t.Errorf("after refused updates the query is %q", got.View.Query)
	}
}

func TestViewsFollowTheirSources(t *testing.T) {
	w := withPosts(t)
	w.create(view("a", `select p.id, p.title, p.n, count(u.id) as c from posts p left join users u on u.id = p."authorId" where p.title != '' group by p.id`))
	w.create(view("b", `select id, title as t, c from a where c >= 0 order by title`))
	all := func() []string { return w.rows(2, `SELECT "id", "t" FROM "b" ORDER BY "id"`) }
	if got := all(); !slices.Equal(got, []string{"p1,One", "p2,Two"}) {
		t.Fatalf("rows = %q", got)
	}
	fields := func(edit func(f map[string]any) bool) string {
		c, err := w.get("posts")
		if err != nil {
			if c, err = w.get("articles"); err != nil {
				t.Fatal(err)
			}
		}
		raw, _ := json.Marshal(c.Fields)
		var list, kept []map[string]any
		w.must(json.Unmarshal(raw, &list))
		for _, f := range list {
			if edit(f) {
				kept = append(kept, f)
			}
		}
		raw, _ = json.Marshal(kept)
		return string(raw)
	}
	// The table and a field are renamed.
	renamed := fields(func(f map[string]any) bool {
		if f["name"] == "title" {
			f["name"] = "headline"
		}
		return true
	})
	w.update("posts", `{"name":"articles","fields":`+renamed+`}`)
	a, _ := w.get("a")
	if want := `select p.id, p.headline AS title, p.n, count(u.id) as c from articles p left join users u on u.id = p."authorId" where p.headline != '' group by p.id`; a.View.Query != want {
		t.Errorf("the query is\n%s, want\n%s", a.View.Query, want)
	}
	if got := all(); !slices.Equal(got, []string{"p1,One", "p2,Two"}) {
		t.Errorf("rows after renames = %q", got)
	}
	// A change of options is applied to the copies.
	hidden := fields(func(f map[string]any) bool { f["hidden"] = f["name"] == "headline"; return true })
	w.update("articles", `{"fields":`+hidden+`}`)
	for _, name := range []string{"a", "b"} {
		c, _ := w.get(name)
		if !strings.Contains(viewKinds(c), "t:text:hidden") && !strings.Contains(viewKinds(c), "title:text:hidden") {
			t.Errorf("fields of %s after hiding one: %s", name, viewKinds(c))
		}
	}
	// A column that a view uses is kept, one that no view uses is dropped, others are added.
	before := w.state()
	_, err := w.Update(context.Background(), record.Root(), "articles", []byte(`{"fields":`+fields(func(f map[string]any) bool { return f["name"] != "headline" })+`}`))
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind != fault.Invalid || !strings.HasPrefix(e.Message, "Failed to update collection. Raw error: \nview a: no such column") || len(e.Fields) > 0 {
		t.Errorf("dropping a column that a view uses = %v", err)
	}
	if after := w.state(); after != before {
		t.Errorf("a refused update changed\n%s\nto\n%s", before, after)
	}
	unused := fields(func(f map[string]any) bool { return f["name"] != "ok" })
	w.update("articles", `{"fields":`+strings.TrimSuffix(unused, "]")+`,{"name":"extra","type":"text"}]}`)
	if got := all(); !slices.Equal(got, []string{"p1,One", "p2,Two"}) {
		t.Errorf("rows after another change = %q", got)
	}
	// The view in the middle is renamed, and loses a column that is in use.
	w.update("a", `{"name":"aa"}`)
	b, _ := w.get("b")
	if want := "select id, title as t, c from aa where c >= 0 order by title"; b.View.Query != want {
		t.Errorf("the query is %q, want %q", b.View.Query, want)
	}
	_, err = w.Update(context.Background(), record.Root(), "aa", []byte(`{"viewQuery":"select id, n from articles"}`))
	if !errors.As(err, &e) || !strings.Contains(e.Message, "view b: no such column: aa.title") {
		t.Errorf("a view that loses a column in use = %v", err)
	}
	// They exist after a restart, too, and are deleted in their order.
	for name, want := range map[string]string{"articles": "aa", "aa": "b", "users": "aa, articles"} {
		err := w.Delete(context.Background(), record.Root(), name)
		if !errors.As(err, &e) || e.Message != "Failed to delete collection probably due to existing reference in "+want+"." {
			t.Errorf("Delete(%s) = %v, want that %s is in the way", name, err, want)
		}
	}
	if err := w.truncate(context.Background(), "b"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("Truncate of a view = %v", err)
	}
	for _, name := range []string{"b", "aa", "articles"} {
		w.must(w.Delete(context.Background(), record.Root(), name))
	}
	if state := w.state(); strings.Contains(state, "aa") && strings.Contains(state, "VIEW") {
		t.Errorf("left: %s", state)
	}
}

// SQLite would treat quoted names of missing columns as texts.
func TestViewWithQuotedColumns(t *testing.T) {
	w := withPosts(t)
	w.create(view("q", `select "id", "title", "n" from "posts" where "ok" = true`))
	w.create(view("r", `select "id", "title" from "q"`))
	for body, want := range map[string]string{
		`{"fields":[{"name":"title","type":"text"},{"name":"n","type":"number"}]}`: "no such column: posts.ok",
		`{"fields":[{"name":"n","type":"number"},{"name":"ok","type":"bool"}]}`:    "no such column: posts.title",
	} {
		if _, err := w.Update(context.Background(), record.Root(), "posts", []byte(body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Update(%s) = %v, want %s", body, err, want)
		}
	}
	if _, err := w.Update(context.Background(), record.Root(), "q", []byte(`{"viewQuery":"select id from posts"}`)); err == nil || !strings.Contains(err.Error(), "no such column: q.title") {
		t.Errorf("Update(q) = %v, want that r needs title", err)
	}
}

func TestViewIDs(t *testing.T) {
	w := withPosts(t)
	w.create(view("numbered", `select row_number() over (order by title) as id, title from posts`))
	w.create(view("constant", `select 7 as id, 'x' as t`))
	if got := w.rows(1, `SELECT "id" FROM "numbered" WHERE "id" = '2'`); !slices.Equal(got, []string{"2"}) {
		t.Errorf("a number as id is found as %q", got)
	}
	if got := w.rows(1, `SELECT "id" FROM "constant" WHERE "id" = '7'`); len(got) != 1 {
		t.Errorf("a constant id is found as %q", got)
	}
	w.create(view("both", `select id, title from posts union all select id, name from users`))
	if got := w.rows(2, `SELECT "id", "title" FROM "both" ORDER BY "id"`); !slices.Equal(got, []string{"p1,One", "p2,Two", "u1,Ann"}) {
		t.Errorf("a union = %q", got)
	}
	w.create(view("mixed", `select id, cast(n as text) as v from posts union all select cast(7 as text) as id, 'x' as v`))
	if got := w.rows(1, `SELECT "v" FROM "mixed" WHERE "id" = '7'`); !slices.Equal(got, []string{"x"}) {
		t.Errorf("a union of a computed id = %q", got)
	}
}

// Lists are unpacked by the functions of each engine.
func TestViewOfItems(t *testing.T) {
	w := withPosts(t)
	from := `json_each(p.tags) AS j`
	if enginetest.Postgres() {
		from = `jsonb_array_elements_text(p.tags) WITH ORDINALITY AS j(value, key)`
	}
	w.create(view("items", `SELECT p.id || '-' || j.value AS id, p.id AS post, CAST(j.value AS TEXT) AS tag FROM posts p, `+from))
	w.create(view("counts", `WITH words AS (SELECT tag, COUNT(*) AS c FROM items GROUP BY tag) SELECT ROW_NUMBER() OVER (ORDER BY c) AS id, c FROM words`))
	if got := w.rows(2, `SELECT "id", "post" FROM "items" ORDER BY "id"`); !slices.Equal(got, []string{"p1-a,p1", "p1-b,p1"}) {
		t.Errorf("items = %q", got)
	}
	if got := w.rows(1, `SELECT "id" FROM "counts" ORDER BY "id"`); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("counts = %q", got)
	}
	w.update("posts", `{"name":"articles"}`)
	if got := w.rows(1, `SELECT count(*) FROM "counts"`); !slices.Equal(got, []string{"2"}) {
		t.Errorf("counts after a rename = %q", got)
	}
}

func TestViewsAreThereAfterARestart(t *testing.T) {
	at := newPlace(t)
	w := open(t, at)
	w.create(`{"name":"posts","fields":` + postFields + `}`)
	c := w.create(view("v", `select id, title from posts`))
	w.must(w.store.Close())
	w = open(t, at)
	again, err := w.get("v")
	w.must(err)
	was, _ := json.Marshal(c)
	is, _ := json.Marshal(again)
	if string(was) != string(is) {
		t.Errorf("after a restart\n%s, want\n%s", is, was)
	}
	w.update("posts", `{"name":"articles"}`)
	if again, _ = w.get("v"); again.View.Query != "select id, title from articles" {
		t.Errorf("the query is %q", again.View.Query)
	}
}

func TestDryRunView(t *testing.T) {
	w := withPosts(t)
	before := w.state()
	run, err := w.DryRunView(context.Background(), record.Root(), `select id, title, secret, count(*) as c from posts group by id order by id;`)
	w.must(err)
	var sample []map[string]any
	w.must(json.Unmarshal(run.Sample, &sample))
	if len(run.Fields) != 4 || len(sample) != 2 || sample[0]["title"] != "One" || sample[0]["secret"] != "x" || sample[0]["c"] != 1.0 {
		t.Errorf("DryRunView = %v, %s", run.Fields, run.Sample)
	}
	if name, _ := sample[0]["collectionName"].(string); !strings.HasPrefix(name, "temp_view_") || len(name) != len("temp_view_")+5 {
		t.Errorf("collectionName = %q", name)
	}
	for query, want := range map[string]string{
		"":                        "An error occurred while validating the submitted data.",
		strings.Repeat("x", 5001): "An error occurred while validating the submitted data.",
		"drop table posts":        "Invalid view query. Raw error: \nthe query must be a single SELECT",
		"select title from posts": "Invalid view query. Raw error: \nmissing required id column",
		"select '' as id":         "Invalid view query. Raw error: \nthe id column must not be empty",
		"select id, n from posts p, users u where p.nope = 1": "Invalid view query. Raw error: \n",
	} {
		_, err := w.DryRunView(context.Background(), record.Root(), query)
		var e *fault.Error
		if !errors.As(err, &e) || e.Kind != fault.Invalid || !strings.HasPrefix(e.Message, want) {
			t.Errorf("DryRunView(%.40q) = %v, want %q", query, err, want)
		}
	}
	if after := w.state(); after != before {
		t.Errorf("dry runs changed\n%s\nto\n%s", before, after)
	}
}
