package rest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// newViews returns a server with posts and views of them.
func newViews(t *testing.T) *server {
	t.Helper()
	s := newServer(t)
	must := func(method, path, body string) {
		t.Helper()
		if res := s.do(scenario{method: method, path: path, as: "root", body: body}); res.Code != 200 {
			t.Fatalf("%s %s %s = %d %s", method, path, body, res.Code, res.Body)
		}
	}
	must("POST", "/api/collections", `{"name":"posts","listRule":"","viewRule":"","fields":[{"name":"title","type":"text"},{"name":"n","type":"number"},
		{"name":"ok","type":"bool"},{"name":"secret","type":"text","hidden":true},{"name":"tags","type":"select","values":["a","b"],"maxSelect":2},
		{"name":"author","type":"relation","collectionId":"`+collectionID(t, s, "members")+`"}]}`)
	for i, body := range []string{
		`{"title":"One","n":1,"ok":true,"secret":"s1","tags":["a","b"],"author":"%s"}`, `{"title":"Two","n":2,"secret":"s2","tags":["b"],"author":"%s"}`, `{"title":"Three"}`} {
		if strings.Contains(body, "%s") {
			body = fmt.Sprintf(body, s.ids["ann"])
		}
		must("POST", "/api/collections/posts/records", strings.Replace(body, "{", fmt.Sprintf(`{"id":"post0000000000%d",`, i+1), 1))
	}
	view := func(name, query, rest string) {
		t.Helper()
		text, _ := json.Marshal(query)
		must("POST", "/api/collections", fmt.Sprintf(`{"name":%q,"type":"view","viewQuery":%s%s}`, name, text, rest))
	}
	view("all_posts", `SELECT id, title, n, ok, secret, tags, author, id AS post FROM posts`, `,"listRule":"","viewRule":"n > 0"`)
	view("totals", `SELECT m.id, m.id AS who, COUNT(p.id) AS posts, SUM(p.n) AS total, MAX(p.title) AS last, CAST(AVG(p.n) AS REAL) AS mean
		FROM members m LEFT JOIN posts p ON p.author = m.id GROUP BY m.id`, `,"listRule":"who = @request.auth.id || posts = 0","viewRule":""`)
	view("nested", `SELECT id, title AS head, post FROM all_posts WHERE n > 0`, `,"listRule":"","viewRule":""`)
	view("numbered", `SELECT ROW_NUMBER() OVER (ORDER BY title) AS id, title FROM posts`, `,"listRule":"","viewRule":""`)
	view("closed", `SELECT id, tokenKey AS tk, password, email FROM members`, ``)
	return s
}

func collectionID(t *testing.T, s *server, name string) string {
	t.Helper()
	var c struct{ ID string }
	res := s.do(scenario{path: "/api/collections/" + name, as: "root"})
	if err := json.Unmarshal(res.Body.Bytes(), &c); err != nil || c.ID == "" {
		t.Fatalf("collection %s: %s", name, res.Body)
	}
	return c.ID
}

func TestViewRecords(t *testing.T) {
	t.Parallel()
	s := newViews(t)
	at := func(view, rest string) string { return "/api/collections/" + view + "/records" + rest }
	ann := s.ids["ann"]
	s.run(t, []scenario{
		{name: "list", path: at("all_posts", "?fields=*"), status: 200, hasNot: []string{"secret", "s1"},
			has: []string{`"items":[{"author":"` + ann + `"`, `"n":1,"ok":true,"post":"post00000000001","tags":["a","b"],"title":"One"}`, `"totalItems":3`}},
		{name: "list of superusers", path: at("all_posts", ""), as: "root", status: 200, has: []string{`"secret":"s1"`, `"collectionName":"all_posts"`}},
		{name: "filter", path: at("all_posts", "?filter=ok%3Dfalse%26%26n%3E%3D0%26%26tags:length%3C2&sort=-n&fields=title"), status: 200,
			has: []string{`{"items":[{"title":"Two"},{"title":"Three"}]`}},
		{name: "filter by each", path: at("all_posts", "?filter=tags:each%3D'b'&fields=title"), status: 200, has: []string{`{"items":[{"title":"Two"}]`}},
		{name: "filter by a hidden field", path: at("all_posts", "?filter=secret%3D's1'"), status: 400},
		{name: "the same by superusers", path: at("all_posts", "?filter=secret%3D's1'&fields=title"), as: "root", status: 200, has: []string{`{"items":[{"title":"One"}]`}},
		{name: "filter through a relation", path: at("all_posts", "?filter=post.title%3D'Two'%26%26author.id!%3D''&fields=title"), status: 200, has: []string{`{"items":[{"title":"Two"}]`}},
		{name: "sort by row", path: at("all_posts", "?sort=@rowid"), status: 400},
		{name: "pages", path: at("all_posts", "?page=2&perPage=2&fields=id"), status: 200,
			has: []string{`"items":[{"id":"post00000000003"}],"page":2,"perPage":2,"totalItems":3,"totalPages":2`}},
		{name: "no total", path: at("all_posts", "?skipTotal=1"), status: 200, has: []string{`"totalItems":-1`}},
		{name: "expand", path: at("all_posts", "/post00000000001?expand=author,post&fields=expand.author.id,expand.post.title"), status: 200,
			has: []string{`{"expand":{"author":{"id":"` + ann + `"},"post":{"title":"One"}}}`}},
		{name: "back relation from a table", path: "/api/collections/posts/records/post00000000002?expand=all_posts_via_post&fields=expand.all_posts_via_post.title", status: 200,
			has: []string{`{"expand":{"all_posts_via_post":[{"title":"Two"}]}}`}},
		{name: "filter by a back relation", path: "/api/collections/posts/records?filter=nested_via_post.head%3F%3D'Two'&fields=title", status: 200,
			has: []string{`{"items":[{"title":"Two"}]`}},
		{name: "view", path: at("all_posts", "/post00000000001"), status: 200, has: []string{`"title":"One"`}},
		{name: "view against the rule", path: at("all_posts", "/post00000000003"), status: 404},
		{name: "view nothing", path: at("all_posts", "/nope"), status: 404},
		{name: "nested", path: at("nested", "?expand=post&sort=-head&fields=head,expand.post.n"), status: 200,
			has: []string{`"items":[{"expand":{"post":{"n":2}},"head":"Two"},{"expand":{"post":{"n":1}},"head":"One"}]`}},
		{name: "computed", path: at("totals", "?sort=-posts&fields=posts,total,last,mean"), as: "ann", status: 200,
			has: []string{`{"items":[{"last":"Two","mean":1.5,"posts":2,"total":3},{"last":"","mean":0,"posts":0,"total":null}]`}},
		{name: "the list rule", path: at("totals", "?fields=posts"), as: "bob", status: 200, has: []string{`"items":[{"posts":0}]`}},
		{name: "filter by what is computed", path: at("totals", "?filter=total%3E2%26%26last~'two'%26%26posts%3D2%26%26mean%3E1"), as: "ann", status: 200, has: []string{`"totalItems":1`}},
		{name: "null is the least", path: at("totals", "?sort=total,-last&fields=total"), as: "ann", status: 200, has: []string{`"items":[{"total":null},{"total":3}]`}},
		{name: "numbered", path: at("numbered", "?sort=id&fields=id,title"), status: 200, has: []string{`"items":[{"id":"1","title":"One"},{"id":"2","title":"Three"},{"id":"3","title":"Two"}]`}},
		{name: "one by its number", path: at("numbered", "/2?fields=title"), status: 200, has: []string{`{"title":"Three"}`}},
		{name: "closed to guests", path: at("closed", ""), status: 403},
		{name: "no secrets for superusers", path: at("closed", "?filter=email~'ann'"), as: "root", status: 200,
			has: []string{`"email":"ann@example.com"`, `"password":""`, `"tk":""`}},
		{name: "not even by asking", path: at("closed", "?filter=tk!%3D''"), as: "root", status: 200, has: []string{`"totalItems":0`}},
		{name: "create", method: "POST", path: at("all_posts", ""), as: "root", body: `{"title":"x"}`, status: 400, has: []string{`"Unsupported collection type."`}},
		{name: "update", method: "PATCH", path: at("all_posts", "/post00000000001"), as: "root", body: `{"title":"x"}`, status: 400, has: []string{`"Unsupported collection type."`}},
		{name: "delete", method: "DELETE", path: at("all_posts", "/post00000000001"), as: "root", status: 400, has: []string{`"Unsupported collection type."`}},
		{name: "truncate", method: "DELETE", path: "/api/collections/all_posts/truncate", as: "root", status: 400, has: []string{"View collections cannot be truncated"}},
		{name: "a change of the source", method: "PATCH", path: "/api/collections/posts/records/post00000000003", as: "root", body: `{"n":5,"author":"` + ann + `"}`, status: 200},
		{name: "shows at once", path: at("totals", "?fields=total,posts"), as: "ann", status: 200, has: []string{`{"posts":3,"total":8}`}},
		{name: "a deletion of the source", method: "DELETE", path: "/api/collections/posts/records/post00000000003", as: "root", status: 204},
		{name: "counts at once", path: at("all_posts", "?page=2&perPage=1"), status: 200, has: []string{`"totalItems":2`}},
	})
}

func TestViewPagesByCursor(t *testing.T) {
	t.Parallel()
	s := newViews(t)
	var got []string
	cursor := ""
	for range 5 {
		var page struct {
			Items []struct{ Title string }
			Next  string `json:"cursor"`
		}
		res := s.do(scenario{path: "/api/collections/all_posts/records?perPage=1&sort=-ok&cursor=" + cursor})
		if err := json.Unmarshal(res.Body.Bytes(), &page); err != nil || res.Code != 200 {
			t.Fatalf("page = %d %s", res.Code, res.Body)
		}
		for _, item := range page.Items {
			got = append(got, item.Title)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if list := strings.Join(got, " "); list != "One Three Two" {
		t.Errorf("pages = %s, want One, and the others by their ids downwards", list)
	}
}

func TestDryRunView(t *testing.T) {
	t.Parallel()
	s := newViews(t)
	const path = "/api/collections/meta/dry-run-view"
	body := func(query string) string {
		text, _ := json.Marshal(map[string]string{"query": query})
		return string(text)
	}
	s.run(t, []scenario{
		{name: "by a guest", method: "POST", path: path, body: body("select id from posts"), status: 401},
		{name: "by a user", method: "POST", path: path, as: "ann", body: body("select id from posts"), status: 403},
		{name: "good", method: "POST", path: path, as: "root", body: body("select id, title as t, n from posts order by id"), status: 200,
			has: []string{`{"fields":[{"autogeneratePattern":"","help":"","hidden":false,"id":"text3208210256"`, `"name":"t"`, `"sample":[{"collectionId":"pbc_`, `"collectionName":"temp_view_`, `"t":"One"}`}},
		{name: "picked", method: "POST", path: path + "?fields=sample.t", as: "root", body: body("select id, title as t from posts"), status: 200, has: []string{`{"sample":[{"t":"One"},{"t":"Two"},{"t":"Three"}]}`}},
		{name: "nothing kept", path: "/api/collections?filter=type%3D'view'", as: "root", status: 200, has: []string{`"totalItems":5`}},
		{name: "no query", method: "POST", path: path, as: "root", body: `{}`, status: 400, has: []string{`"query":{"code":"validation_required"`, `"An error occurred while validating the submitted data."`}},
		{name: "malformed", method: "POST", path: path, as: "root", body: `{"query":1}`, status: 400, has: []string{`"An error occurred while loading the submitted data."`}},
		{name: "not runnable", method: "POST", path: path, as: "root", body: body("select id, nope from posts"), status: 400, has: []string{`"data":{}`, `"Invalid view query. Raw error: \n`, "nope"}},
		{name: "wildcard", method: "POST", path: path, as: "root", body: body("select * from posts"), status: 400, has: []string{"wildcard columns (*) are not supported"}},
		{name: "two", method: "POST", path: path, as: "root", body: body("select id from posts; delete from posts"), status: 400, has: []string{"multiple statements are not supported"}},
		{name: "writes", method: "POST", path: path, as: "root", body: body("with x as (delete from posts returning id) select id from x"), status: 400},
		{name: "same ids", method: "POST", path: path, as: "root", body: body("select 'a' as id from posts"), status: 400, has: []string{"must be unique"}},
		{name: "too slow", method: "POST", path: path, as: "root", status: 400, has: []string{"takes more than"},
			body: body("with recursive r(x) as (select 1 union all select x + 1 from r) select max(x) as id from r")},
		{name: "still there", path: "/api/collections/posts/records", as: "root", status: 200, has: []string{`"totalItems":3`}},
	})
}

func TestViewCollections(t *testing.T) {
	t.Parallel()
	s := newViews(t)
	s.run(t, []scenario{
		{name: "keys", path: "/api/collections/nested", as: "root", status: 200,
			has: []string{`"type":"view"`, `"indexes":[]`, `"system":false,"viewQuery":"SELECT id, title AS head, post FROM all_posts WHERE n > 0"}`}},
		{name: "broken", method: "POST", path: "/api/collections", as: "root", body: `{"name":"x","type":"view","viewQuery":"select id, nope from posts"}`, status: 400,
			has: []string{`"fields":{"code":"validation_required"`, `"viewQuery":{"code":"validation_invalid_view_query","message":"Invalid query - `}},
		{name: "no id", method: "POST", path: "/api/collections", as: "root", body: `{"name":"x","type":"view","viewQuery":"select title from posts"}`, status: 400,
			has: []string{`"fields":{"code":"validation_missing_primary_key"`}},
		{name: "rules of writes", method: "PATCH", path: "/api/collections/nested", as: "root", body: `{"createRule":"","updateRule":"","deleteRule":""}`, status: 400,
			has: []string{`"createRule":{"code":"validation_nil"`, `"updateRule":{"code":"validation_nil"`, `"deleteRule":{"code":"validation_nil"`}},
		{name: "rule of a field that is not there", method: "PATCH", path: "/api/collections/nested", as: "root", body: `{"listRule":"n > 1"}`, status: 400, has: []string{"validation_invalid_rule"}},
		{name: "relation of a table to a view", method: "POST", path: "/api/collections", as: "root", status: 400, has: []string{"validation_relation_field_non_view_base_collection"},
			body: `{"name":"x","fields":[{"name":"r","type":"relation","collectionId":"` + collectionID(t, s, "nested") + `"}]}`},
		{name: "deleting what is read", method: "DELETE", path: "/api/collections/posts", as: "root", status: 400, has: []string{"Failed to delete collection probably due to existing reference in all_posts, nested, numbered, totals."}},
		{name: "deleting what a view reads", method: "DELETE", path: "/api/collections/all_posts", as: "root", status: 400, has: []string{"existing reference in nested."}},
		{name: "dropping what is used", method: "PATCH", path: "/api/collections/posts", as: "root", body: `{"fields":[{"name":"title","type":"text"}]}`, status: 400,
			has: []string{`"data":{}`, `"Failed to update collection. Raw error: \nview `}},
		{name: "plan", method: "POST", path: "/api/collections/meta/plan", as: "root", status: 200, body: `{"update":{"collection":"posts","body":{"name":"Articles"}}}`,
			has: []string{`{"collection":"numbered","property":"viewQuery","from":"SELECT ROW_NUMBER() OVER (ORDER BY title) AS id, title FROM posts","to":"SELECT ROW_NUMBER() OVER (ORDER BY title) AS id, title FROM Articles"}`,
				`{"action":"dropView","table":"nested","rows":0}`, `{"action":"createView","table":"numbered","rows":0}],"losses":[],"rewrites":[{`}},
		{name: "plan of a broken one", method: "POST", path: "/api/collections/meta/plan", as: "root", status: 400, has: []string{"validation_invalid_view_query", "nope"},
			body: `{"create":{"name":"bad","type":"view","viewQuery":"select id, nope from posts"}}`},
		{name: "plan of a good one", method: "POST", path: "/api/collections/meta/plan", as: "root", status: 200, has: []string{`"action":"createView","table":"good"`},
			body: `{"create":{"name":"good","type":"view","viewQuery":"select id from nested"}}`},
		{name: "rename", method: "PATCH", path: "/api/collections/posts", as: "root", body: `{"name":"Articles"}`, status: 200},
		{name: "renamed", path: "/api/collections/nested/records?filter=post.title%3D'Two'", status: 200, has: []string{`"head":"Two"`}},
		{name: "in the query", path: "/api/collections/numbered", as: "root", status: 200, has: []string{"FROM Articles"}},
		{name: "delete", method: "DELETE", path: "/api/collections/nested", as: "root", status: 204},
		{name: "import", method: "PUT", path: "/api/collections/import", as: "root", status: 204, body: `{"collections":[
			{"name":"later","type":"view","viewQuery":"select id, w as v from earlier"},{"name":"earlier","type":"view","viewQuery":"select id, word as w from words"},
			{"name":"words","fields":[{"name":"word","type":"text"}]}]}`},
		{name: "imported", path: "/api/collections/later/records", as: "root", status: 200, has: []string{`"totalItems":0`}},
		{name: "import of a broken one", method: "PUT", path: "/api/collections/import", as: "root", status: 400, has: []string{"Invalid query - "},
			body: `{"collections":[{"name":"more"},{"name":"bad","type":"view","viewQuery":"select id, nope from more"}]}`},
		{name: "which changes nothing", path: "/api/collections/more", as: "root", status: 404},
	})
}
