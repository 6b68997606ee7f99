package api

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

// benchPosts returns a blog: 1000 posts of 20 authors in 4 teams.
func benchPosts(b *testing.B) *core.App {
	app := coretest.New(b)
	team := coretest.Collection(b, app, `{"name":"teams","viewRule":"","listRule":"","fields":[{"name":"name","type":"text"}]}`)
	author := coretest.Collection(b, app, `{"name":"authors","viewRule":"","listRule":"","fields":[{"name":"name","type":"text"},
		{"name":"team","type":"relation","collectionId":"`+team.ID+`","maxSelect":1}]}`)
	coretest.Collection(b, app, `{"name":"posts","listRule":"@request.auth.id = ''","viewRule":"@request.auth.id = ''","createRule":"","updateRule":"",
		"indexes":["CREATE INDEX by_views ON posts (views)","CREATE INDEX by_author ON posts (author)"],"fields":[
		{"name":"title","type":"text"},{"name":"body","type":"text"},{"name":"views","type":"number"},{"name":"public","type":"bool"},
		{"name":"author","type":"relation","collectionId":"`+author.ID+`","maxSelect":1},{"name":"data","type":"json"},
		{"name":"created","type":"autodate","onCreate":true}]}`)
	for i := range 4 {
		coretest.Create(b, app, "teams", map[string]any{"id": fmt.Sprintf("team%011d", i), "name": fmt.Sprintf("team %d", i)})
	}
	for i := range 20 {
		coretest.Create(b, app, "authors", map[string]any{
			"id": fmt.Sprintf("auth%011d", i), "name": fmt.Sprintf("author %d", i), "team": fmt.Sprintf("team%011d", i%4)})
	}
	for i := range 1000 {
		coretest.Create(b, app, "posts", map[string]any{
			"id": fmt.Sprintf("post%011d", i), "title": fmt.Sprintf("title %d", i), "body": strings.Repeat("text ", 20), "views": i,
			"author": fmt.Sprintf("auth%011d", i%20), "data": map[string]any{"tags": []any{"a", "b"}, "n": i}})
	}
	if _, err := app.Settings().Patch(b.Context(), record.Root(), []byte(`{"batch":{"enabled":true}}`)); err != nil {
		b.Fatal(err)
	}
	return app
}

// BenchmarkHandler measures requests without the network and net/http.
func BenchmarkHandler(b *testing.B) {
	app := benchPosts(b)
	const posts = "/api/collections/posts/records"
	const post = `{"title":"a title","body":"a text of some length","views":5,"public":true,"author":"auth00000000003"}`
	batch := `{"requests":[` + strings.TrimSuffix(strings.Repeat(`{"method":"POST","url":"`+posts+`","body":`+post+`},`, 50), ",") + `]}`
	for _, bench := range []struct{ name, method, path, body string }{
		{"health", "GET", "/api/health", ""},
		{"get", "GET", posts + "/post00000000500", ""},
		{"get fields", "GET", posts + "/post00000000500?fields=id,title", ""},
		{"list 30", "GET", posts + "?page=2&perPage=30", ""},
		{"list 30 skipTotal", "GET", posts + "?perPage=30&skipTotal=1", ""},
		{"list 30 fields", "GET", posts + "?perPage=30&skipTotal=1&fields=id,title,views", ""},
		{"list 500", "GET", posts + "?perPage=500&skipTotal=1", ""},
		{"expand 2", "GET", posts + "?perPage=30&skipTotal=1&expand=author.team", ""},
		{"filter and sort", "GET", posts + "?perPage=30&filter=views%3E%3D100%26%26views%3C120&sort=-views", ""},
		{"filter through 2 relations", "GET", posts + "?perPage=30&filter=author.team.name%3D'team+3'", ""},
		{"create", "POST", posts, post},
		{"update", "PATCH", posts + "/post00000000500", `{"title":"another title","views+":1}`},
		{"batch 50", "POST", "/api/batch", batch},
		{"missing", "GET", "/api/nope", ""},
		{"refused create", "POST", posts, `{"title":1,`},
	} {
		b.Run(bench.name, func(b *testing.B) {
			h, err := (&Program{App: app}).Handler()
			if err != nil {
				b.Fatal(err)
			}
			w := &discard{}
			b.ReportAllocs()
			for b.Loop() {
				var body io.Reader
				if bench.body != "" {
					body = strings.NewReader(bench.body)
				}
				r, _ := http.NewRequest(bench.method, "http://x"+bench.path, body)
				if body != nil {
					r.Header.Set("Content-Type", "application/json")
				}
				r.RemoteAddr = "127.0.0.1:4000"
				w.header, w.status = make(http.Header, 8), 0
				h.ServeHTTP(w, r)
			}
			if refused := w.status >= 400; refused != (bench.name == "missing" || bench.name == "refused create") {
				b.Errorf("status %d", w.status)
			}
		})
	}
}

// BenchmarkRateLimits measures requests of 256 clients without rate limits, and with the default
// rules, one of which has a higher limit.
func BenchmarkRateLimits(b *testing.B) {
	app := benchPosts(b)
	h, err := (&Program{App: app}).Handler()
	if err != nil {
		b.Fatal(err)
	}
	const posts = "/api/collections/posts/records"
	for name, path := range map[string]string{"get": posts + "/post00000000500", "list": posts + "?perPage=30&skipTotal=1"} {
		for _, enabled := range []string{"false", "true"} {
			rules := `{"rateLimits":{"enabled":` + enabled + `,"rules":[
				{"label":"*:auth","maxRequests":2,"duration":3},{"label":"*:create","maxRequests":20,"duration":5},
				{"label":"/api/batch","maxRequests":3,"duration":1},{"label":"/api/","maxRequests":1000,"duration":1}]}}`
			b.Run(name+"/enabled="+enabled, func(b *testing.B) {
				if _, err := app.Settings().Patch(b.Context(), record.Root(), []byte(rules)); err != nil {
					b.Fatal(err)
				}
				w := &discard{}
				r, _ := http.NewRequest("GET", "http://x"+path, nil)
				var clients [256]string
				for i := range clients {
					clients[i] = fmt.Sprintf("192.0.2.%d:4000", i)
				}
				i := 0
				b.ReportAllocs()
				for b.Loop() {
					w.header, w.status = make(http.Header, 8), 0
					r.RemoteAddr = clients[i%len(clients)]
					i++
					h.ServeHTTP(w, r)
				}
				if w.status != http.StatusOK {
					b.Errorf("status %d", w.status)
				}
			})
		}
	}
}

type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }
