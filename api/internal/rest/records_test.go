package rest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/loambase/loam/core/coretest"
)

// newBlog returns a server with authors and posts.
func newBlog(t testing.TB) *server {
	t.Helper()
	s := newServer(t)
	authors := coretest.Collection(t, s.app, `{"name":"authors","listRule":"","viewRule":"","fields":[{"name":"name","type":"text"}]}`)
	coretest.Collection(t, s.app, `{"name":"posts","listRule":"","viewRule":"","createRule":"","updateRule":"","deleteRule":"","fields":[
		{"name":"title","type":"text","required":true},
		{"name":"views","type":"number"},
		{"name":"public","type":"bool"},
		{"name":"body","type":"editor"},
		{"name":"meta","type":"json"},
		{"name":"place","type":"geoPoint"},
		{"name":"secret","type":"text","hidden":true},
		{"name":"author","type":"relation","collectionId":"`+authors.ID+`"},
		{"name":"files","type":"file","maxSelect":3,"maxSize":100}]}`)
	coretest.Create(t, s.app, "authors", map[string]any{"id": "author000000001", "name": "Ann"})
	for i, title := range []string{"one", "two", "three"} {
		coretest.Create(t, s.app, "posts", map[string]any{
			"id": "post0000000000" + string(rune('1'+i)), "title": title, "views": i, "author": "author000000001", "secret": "hush",
			"body": "<h1>Title</h1><p>Some <b>bold</b> text</p>", "meta": map[string]any{"z": 1, "a": "<x>"}, "place": map[string]any{"lon": 1, "lat": 2},
		})
	}
	return s
}

const (
	posts = "/api/collections/posts/records"
	post1 = posts + "/post00000000001"
)

func TestListParameters(t *testing.T) {
	t.Parallel()
	s := newBlog(t)
	bad := []string{defaultMessage, `"data":{}`}
	s.run(t, []scenario{
		{name: "defaults", path: posts, status: 200, has: []string{`{"items":[{"author":`, `],"page":1,"perPage":30,"totalItems":3,"totalPages":1}`},
			hasNot: []string{"cursor", "secret"}, header: map[string]string{"Content-Type": "application/json", "Etag": ""}},
		{name: "any letter case", path: "/api/collections/POSTS/records", status: 200, has: []string{`"totalItems":3`}},
		{name: "empty page", path: posts + "?page=9", status: 200, has: []string{`"items":[],"page":9`, `"totalItems":3`}},
		{name: "negative page", path: posts + "?page=-1&perPage=-1", status: 200, has: []string{`"page":1,"perPage":30`}},
		{name: "clamped", path: posts + "?perPage=5000", status: 200, has: []string{`"perPage":1000`}},
		{name: "pages", path: posts + "?perPage=2", status: 200, has: []string{`"totalItems":3,"totalPages":2`}},
		{name: "no total", path: posts + "?skipTotal=true", status: 200, has: []string{`"totalItems":-1,"totalPages":-1`}},
		{name: "first value counts", path: posts + "?page=2&page=x", status: 200, has: []string{`"page":2`}},
		{name: "page", path: posts + "?page=x", status: 400, has: bad},
		{name: "perPage", path: posts + "?perPage=1.5", status: 400, has: bad},
		{name: "skipTotal", path: posts + "?skipTotal=maybe", status: 400, has: bad},
		{name: "sort", path: posts + "?sort=-views&fields=title", status: 200, has: []string{`"items":[{"title":"three"},{"title":"two"},{"title":"one"}]`}},
		{name: "unknown sort", path: posts + "?sort=nope", status: 400, has: bad, hasNot: []string{"reason"}},
		{name: "filter", path: posts + "?filter=title~%22o%22%26%26views%3E0&fields=title", status: 200, has: []string{`"items":[{"title":"two"}]`}},
		{name: "unknown field", path: posts + "?filter=nope%3D1", status: 400, has: bad, hasNot: []string{"nope"}},
		{name: "unknown field, superuser", path: posts + "?filter=nope%3D1", as: "root", status: 400, has: []string{`"status":400,"reason":"`, "nope"}},
		{name: "hidden field", path: posts + "?filter=secret%3D%22hush%22", status: 400, has: bad},
		{name: "hidden field, superuser", path: posts + "?filter=secret%3D%22hush%22", as: "root", status: 200, has: []string{`"totalItems":3`, `"secret":"hush"`}},
		{name: "@request", path: posts + "?filter=%40request.auth.id%3D%22%22", status: 403, has: []string{`"Only superusers can filter by @request."`}},
		{name: "@collection", path: posts + "?sort=%40collection.x.y", status: 403, has: []string{`"Only superusers can filter by @collection."`}},
		{name: "expand", path: posts + "?expand=author&perPage=1&fields=expand.author.name", status: 200,
			has: []string{`"items":[{"expand":{"author":{"name":"Ann"}}}]`}},
		{name: "UTF-8", path: posts + "?filter=title%3D%22%ff%22", status: 400, has: bad},
		{name: "U+0000", path: posts + "?filter=title%3D%22%00%22", status: 400, has: bad},
		{name: "long filter", path: posts + "?filter=" + strings.Repeat("x", 10_000), status: 400, has: bad},
		{name: "deep filter", path: posts + "?filter=" + strings.Repeat("(", 200) + "views%3E0" + strings.Repeat(")", 200), status: 200, has: []string{`"totalItems":2`}},
		{name: "deeper filter", path: posts + "?filter=" + strings.Repeat("(", 1000) + "views%3E0" + strings.Repeat(")", 1000), status: 400, has: bad},
		{name: "wide filter", path: posts + "?filter=" + strings.Repeat("views%3E0%7C%7C", 200) + "views%3E0", status: 400, has: bad},
		{name: "injection", path: posts + "?filter=" + `title%3D'x'%3B%20DROP%20TABLE%20posts%3B--`, status: 400, has: bad},
		{name: "injection by sort", path: posts + "?sort=title%3BDROP%20TABLE%20posts", status: 400, has: bad},
		{name: "still there", path: posts, status: 200, has: []string{`"totalItems":3`}},
	})
}

func TestListByCursor(t *testing.T) {
	t.Parallel()
	s := newBlog(t)
	var titles []string
	cursor := ""
	for range 3 {
		res := s.do(scenario{path: posts + "?perPage=2&sort=-views&fields=title&cursor=" + cursor})
		var page struct {
			Items  []struct{ Title string }
			Cursor *string
		}
		if err := json.Unmarshal(res.Body.Bytes(), &page); err != nil || res.Code != 200 || page.Cursor == nil {
			t.Fatalf("page after %q: %d %s", cursor, res.Code, res.Body)
		}
		for _, item := range page.Items {
			titles = append(titles, item.Title)
		}
		if cursor = *page.Cursor; cursor == "" {
			break
		}
	}
	if got := strings.Join(titles, " "); got != "three two one" {
		t.Errorf("by cursor: %s, want three two one", got)
	}
	s.run(t, []scenario{{name: "wrong cursor", path: posts + "?cursor=nonsense", status: 400, has: []string{defaultMessage}}})
}

func TestFieldsParameter(t *testing.T) {
	t.Parallel()
	s := newBlog(t)
	s.run(t, []scenario{
		{name: "view", path: post1 + "?fields=title,views", status: 200, has: []string{`{"title":"one","views":0}`}},
		{name: "generic", path: post1 + "?fields=place,meta", status: 200, has: []string{`{"meta":{"a":"<x>","z":1},"place":{"lat":2,"lon":1}}`}},
		{name: "excerpt", path: post1 + "?fields=body:excerpt(10,true)", status: 200, has: []string{`{"body":"Title Some..."}`}},
		{name: "rest and excerpt", path: post1 + "?fields=*,body:excerpt(5)", status: 200, has: []string{`"body":"Title","collectionId"`}},
		{name: "hidden", path: post1 + "?fields=secret", status: 200, has: []string{"{}"}},
		{name: "nothing", path: posts + "?fields=nope&perPage=1", status: 200, has: []string{`"items":[{}],"page":1`}},
		{name: "bad modifier", path: post1 + "?fields=body:nope(1)", status: 400, has: []string{defaultMessage}},
		{name: "bad modifier, superuser", path: post1 + "?fields=body:excerpt(0)", as: "root", status: 400, has: []string{`"reason":"fields: `}},
		{name: "no picking of errors", path: posts + "/nope?fields=status", status: 404, has: []string{`"data":{}`}},
		{name: "collections", path: "/api/collections/posts?fields=name,fields.name", as: "root", status: 200, has: []string{`{"fields":[{"name":"id"},{"name":"title"}`}},
		{name: "settings", path: "/api/settings?fields=meta.appName", as: "root", status: 200, has: []string{`{"meta":{"appName":"`}},
		{name: "health", path: "/api/health?fields=code", status: 200, has: []string{`{"code":200}`}},
		{name: "bad modifier of a write", method: "POST", path: posts + "?fields=a:b", body: `{"title":"never stored"}`, status: 400},
		{name: "nothing was stored", path: posts, status: 200, hasNot: []string{"never stored"}},
	})
}

func TestWriteRecords(t *testing.T) {
	t.Parallel()
	s := newBlog(t)
	urlencoded := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	bad := []string{defaultMessage, `"data":{}`}
	s.run(t, []scenario{
		{name: "create", method: "POST", path: posts, body: `{"title":"new","views":12.5,"secret":"x","nope":1}`, status: 200,
			has: []string{`"title":"new"`, `"views":12.5`}, hasNot: []string{"secret", "nope"}},
		{name: "create and expand", method: "POST", path: posts + "?expand=author&fields=title,expand.author.name",
			body: `{"title":"new","author":"author000000001"}`, status: 200, has: []string{`{"expand":{"author":{"name":"Ann"}},"title":"new"}`}},
		{name: "create from nothing", method: "POST", path: posts, status: 400,
			has: []string{`"title":{"code":"validation_required","message":"Cannot be blank."}`, `"Failed to create record."`}},
		{name: "create from null", method: "POST", path: posts, body: "null", status: 400, has: []string{"validation_required"}},
		{name: "form", method: "POST", path: posts + "?views=9&title=other", headers: urlencoded, body: "title=007&views=3&public=true&meta=1.0", status: 200,
			has: []string{`"title":"007"`, `"views":3`, `"public":true`}},
		{name: "form with a payload", method: "POST", path: posts, headers: urlencoded, body: `title=a&%40jsonPayload={"title":"b","meta":{"x":[1]}}`, status: 200,
			has: []string{`"title":"b"`, `"meta":{"x":[1]}`}},
		{name: "big integer", method: "POST", path: posts, body: `{"title":"x","meta":{"n":9007199254740993}}`, status: 200, has: []string{`{"n":9007199254740993}`}},
		{name: "update", method: "PATCH", path: post1, body: `{"views+":5}`, status: 200, has: []string{`"views":5`, `"title":"one"`}},
		{name: "update with nothing", method: "PATCH", path: post1, status: 200, has: []string{`"views":5`}},
		{name: "invalid update", method: "PATCH", path: post1, body: `{"title":""}`, status: 400,
			has: []string{`"title":{"code":"validation_required"`, `"Failed to update record."`}},
		{name: "id", method: "PATCH", path: post1, body: `{"id":"other0000000000"}`, status: 400, has: []string{"validation_pk_change"}},
		{name: "duplicate id", method: "POST", path: posts, body: `{"id":"post00000000001","title":"x"}`, status: 400, has: []string{`"data":{"id":{"code":"validation_not_unique"`}},
		{name: "relation to nothing", method: "POST", path: posts, body: `{"title":"x","author":"nope00000000000"}`, status: 400,
			has: []string{`"author":{"code":"validation_missing_rel_records"`}},
		{name: "wrong types become zero", method: "POST", path: posts, body: `{"title":"x","views":"many","public":[],"place":7}`, status: 200,
			has: []string{`"views":0`, `"public":false`, `"place":{"lon":0,"lat":0}`}},

		{name: "malformed", method: "POST", path: posts, body: `{"title":`, status: 400, has: bad},
		{name: "list", method: "POST", path: posts, body: `[{"title":"x"}]`, status: 400, has: bad},
		{name: "text", method: "POST", path: posts, body: `"x"`, status: 400, has: bad},
		{name: "not UTF-8", method: "POST", path: posts, body: "{\"title\":\"\xff\"}", status: 400, has: bad},
		{name: "U+0000", method: "POST", path: posts, body: `{"title":"a\u0000b"}`, status: 400, has: []string{`"title":{"code":"validation_invalid_value"`}},
		{name: "deep", method: "POST", path: posts, body: `{"title":"x","meta":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "}", status: 400, has: bad},
		{name: "not so deep", method: "POST", path: posts, body: `{"title":"x","meta":` + strings.Repeat("[", 400) + strings.Repeat("]", 400) + "}", status: 200},
		{name: "strange type", method: "POST", path: posts, body: "title: x", headers: map[string]string{"Content-Type": "text/yaml"}, status: 400,
			has: []string{`"Unsupported Content-Type."`}},
		{name: "GET with a malformed body", path: posts, body: `{"x`, status: 400, has: bad},
		{name: "view with a malformed body", path: post1, body: `{"x`, status: 400, has: bad},
		{name: "DELETE with a malformed body", method: "DELETE", path: post1, body: `{"x`, status: 400, has: bad},
		{name: "GET with a body", path: posts, body: `{"x":1}`, status: 200},
		{name: "huge", method: "POST", path: "/api/collections/authors/records", as: "root",
			body: `{"name":"` + strings.Repeat("x", 33<<20) + `"}`, status: 413, has: []string{`"Request entity too large."`}},
		{name: "delete", method: "DELETE", path: post1, status: 204},
		{name: "delete again", method: "DELETE", path: post1, status: 404, has: []string{notFoundMessage}},
	})
}

func TestRulesOnTheBody(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	coretest.Collection(t, s.app, `{"name":"notes","createRule":"@request.body.kind = 'a' && @request.body.n = 2 && @request.query.k = 'v' && @request.headers.x_mode = 'on'",
		"listRule":"@request.body.n = 2","fields":[{"name":"kind","type":"text"},{"name":"n","type":"number"}]}`)
	coretest.Create(t, s.app, "notes", map[string]any{"kind": "a"})
	path := "/api/collections/notes/records"
	on := map[string]string{"X-Mode": "on"}
	headers, body := form(t, "@jsonPayload", `{"kind":"a"}`, "n", "2")
	headers["X-Mode"] = "on"
	s.run(t, []scenario{
		{name: "all of it", method: "POST", path: path + "?k=v", headers: on, body: `{"kind":"a","n":2}`, status: 200},
		{name: "multipart", method: "POST", path: path + "?k=v", headers: headers, body: body, status: 200},
		{name: "body", method: "POST", path: path + "?k=v", headers: on, body: `{"kind":"a","n":3}`, status: 400},
		{name: "query", method: "POST", path: path + "?k=w", headers: on, body: `{"kind":"a","n":2}`, status: 400},
		{name: "header", method: "POST", path: path + "?k=v", body: `{"kind":"a","n":2}`, status: 400},
		{name: "query instead of body", method: "POST", path: path + "?k=v&n=2", headers: on, body: `{"kind":"a"}`, status: 400},
		{name: "list with a body", path: path, body: `{"n":2}`, status: 200, has: []string{`"totalItems":3`}},
		{name: "list without", path: path, status: 200, has: []string{`"totalItems":0`}},
	})
}

func TestUploads(t *testing.T) {
	t.Parallel()
	s := newBlog(t)
	upload := func(name, method, path string, status int, has []string, parts ...any) scenario {
		headers, body := form(t, parts...)
		return scenario{name: name, method: method, path: path, headers: headers, body: body, status: status, has: has}
	}
	s.run(t, []scenario{
		upload("one", "POST", posts, 200, []string{`"files":["some_file_`, `"title":"x"`}, "title", "x", "files", []byte("hello")),
		upload("two", "PATCH", post1, 200, []string{`,"some_file_`}, "files", []byte("a"), "files", []byte("b")),
		upload("append", "PATCH", post1, 200, []string{`","some_file_`, `.txt"],"id"`}, "files+", []byte("c")),
		upload("too many", "PATCH", post1, 400, []string{"validation_too_many_files"}, "files+", []byte("d")),
		upload("too big", "PATCH", post1, 400, []string{"validation_file_size_limit"}, "files", make([]byte, 101)),
		upload("unknown name", "PATCH", post1, 400, []string{"validation_invalid_file"}, "files", "nope.txt"),
		upload("a part of no field", "PATCH", post1, 200, nil, "nope", []byte("x")),
		upload("remove", "PATCH", post1, 200, []string{`"files":[]`}, "files", ""),
	})
}

func TestBodyLimitOfACollection(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long under the race detector")
	}
	t.Parallel()
	s := newServer(t)
	coretest.Collection(t, s.app, `{"name":"docs","createRule":"","fields":[{"name":"text","type":"editor","maxSize":1000},{"name":"f","type":"file","maxSelect":2,"maxSize":10}]}`)
	const limit = 32<<20 + 1000 + 2*10
	body := func(n int) string { return `{"x":"` + strings.Repeat("a", n-8) + `"}` }
	s.run(t, []scenario{
		{name: "at", method: "POST", path: "/api/collections/docs/records", body: body(limit), status: 200},
		{name: "above", method: "POST", path: "/api/collections/docs/records", body: body(limit + 1), status: 413},
	})
}

func TestEntityTags(t *testing.T) {
	t.Parallel()
	s := newBlog(t)
	tag := s.do(scenario{path: post1}).Header().Get("Etag")
	other := s.do(scenario{path: post1 + "?fields=id"}).Header().Get("Etag")
	if !strings.HasPrefix(tag, `W/"`) || other == tag {
		t.Fatalf("tags %q and, of a part, %q", tag, other)
	}
	knows := func(tags string) map[string]string { return map[string]string{"If-None-Match": tags} }
	same := map[string]string{"Etag": tag, "Cache-Control": "private, no-cache", "Content-Type": "", "Content-Length": ""}
	empty := func(t *testing.T, body string) {
		if body != "" {
			t.Errorf("body of a 304: %q", body)
		}
	}
	s.run(t, []scenario{
		{name: "same", path: post1, headers: knows(tag), status: 304, header: same, check: empty},
		{name: "strong", path: post1, headers: knows(strings.TrimPrefix(tag, "W/")), status: 304, check: empty},
		{name: "among others", path: post1, headers: knows(`"x", ` + tag), status: 304, check: empty},
		{name: "any", path: post1, headers: knows("*"), status: 304, check: empty},
		{name: "another", path: post1, headers: knows(other), status: 200, header: map[string]string{"Etag": tag, "Cache-Control": "private, no-cache"}},
		{name: "of another caller", path: post1, as: "root", headers: knows(tag), status: 200, has: []string{"secret"}},
		{name: "no tag of lists", path: posts, status: 200, header: map[string]string{"Etag": "", "Cache-Control": "private, no-cache"}},
		{name: "no tag of failures", path: posts + "/nope", headers: knows("*"), status: 404, header: map[string]string{"Etag": ""}},
		{name: "change", method: "PATCH", path: post1, body: `{"views":77}`, status: 200, header: map[string]string{"Etag": ""}},
		{name: "changed", path: post1, headers: knows(tag), status: 200, has: []string{`"views":77`}},
	})
}
