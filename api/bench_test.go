package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/loambase/loam/core/coretest"
)

// BenchmarkHandler is what a request costs without the network and net/http.
func BenchmarkHandler(b *testing.B) {
	app := coretest.New(b)
	coretest.Collection(b, app, `{"name":"posts","listRule":"@request.auth.id = ''","viewRule":"@request.auth.id = ''","createRule":"","fields":[
		{"name":"title","type":"text"},{"name":"body","type":"text"},{"name":"views","type":"number"},{"name":"public","type":"bool"},
		{"name":"created","type":"autodate","onCreate":true}]}`)
	for i := range 1000 {
		coretest.Create(b, app, "posts", map[string]any{
			"id": fmt.Sprintf("post%011d", i), "title": fmt.Sprintf("title %d", i), "body": strings.Repeat("text ", 20), "views": i})
	}
	const posts = "/api/collections/posts/records"
	for _, bench := range []struct{ name, method, path, body string }{
		{"health", "GET", "/api/health", ""},
		{"get", "GET", posts + "/post00000000500", ""},
		{"get fields", "GET", posts + "/post00000000500?fields=id,title", ""},
		{"list 30", "GET", posts + "?page=2&perPage=30", ""},
		{"list 30 skipTotal", "GET", posts + "?perPage=30&skipTotal=1", ""},
		{"list 30 fields", "GET", posts + "?perPage=30&skipTotal=1&fields=id,title,views", ""},
		{"missing", "GET", "/api/nope", ""},
		{"refused create", "POST", posts, `{"title":1,`},
	} {
		b.Run(bench.name, func(b *testing.B) {
			h := Handler(app)
			w := &discard{}
			b.ReportAllocs()
			for b.Loop() {
				r, _ := http.NewRequest(bench.method, "http://x"+bench.path, nil)
				if bench.body != "" {
					r = httptest.NewRequest(bench.method, bench.path, strings.NewReader(bench.body))
					r.Header.Set("Content-Type", "application/json")
				}
				r.RemoteAddr = "127.0.0.1:4000"
				w.header = make(http.Header, 8)
				h.ServeHTTP(w, r)
			}
		})
	}
}

type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}
