package rest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestRouting(t *testing.T) {
	t.Parallel()
	s := newBlog(t)
	secure := map[string]string{"X-Xss-Protection": "1; mode=block", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "SAMEORIGIN",
		"Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "private, no-cache", "Vary": "Origin"}
	missing := []string{notFoundMessage, `"data":{}`}
	s.run(t, []scenario{
		{name: "headers", path: "/api/health", status: 200, header: secure},
		{name: "headers of failures", path: "/api/nope", status: 404, has: missing, header: secure},
		{name: "/api", path: "/api", status: 404, has: missing},
		{name: "/api/", path: "/api/", status: 404, has: missing},
		{name: "page of mailed links", path: "/_/", status: 200, has: []string{"<!doctype html>"}},
		{name: "below it", path: "/_/nothing", status: 404, has: missing},
		{name: "/_", path: "/_", status: 307, header: map[string]string{"Location": "_/"}},
		{name: "letter case", path: "/API/health", status: 404, has: []string{`"File not found."`}},
		{name: "slash at the end", path: "/api/collections/", as: "root", status: 404, has: missing},
		{name: "slash after records", path: posts + "/", status: 404, has: missing},
		{name: "wrong method", method: "PUT", path: post1, status: 404, has: missing},
		{name: "wrong method of a strange sort", method: "BREW", path: post1, status: 404, has: missing},
		{name: "POST on nothing", method: "POST", path: "/nope", status: 404, has: missing},
		{name: "GET on nothing", path: "/nope", status: 404, has: []string{`"message":"File not found."`}},
		{name: "repeated slashes", path: "//api//health?x=1", status: 307, header: map[string]string{"Location": "/api/health?x=1"}},
		{name: "dots", path: "/api/x/../health", status: 307, header: map[string]string{"Location": "/api/health"}},
		{name: "escaped slash in an id", path: posts + "/a%2Fb", status: 404, has: missing},
		{name: "escaped id", path: posts + "/post0000000000%31", status: 200, has: []string{`"id":"post00000000001"`}},
		{name: "U+0000 in an id", path: posts + "/a%00b", status: 404, has: missing},
		{name: "no UTF-8 in an id", path: posts + "/%ff", status: 404, has: missing},
		{name: "quote in an id", path: posts + "/'%20OR%201=1--", status: 404, has: missing},
		{name: "quote in a name", path: `/api/collections/posts"/records`, status: 404, has: []string{`"Missing collection context."`}},
		{name: "preflight", method: "OPTIONS", path: posts, headers: map[string]string{"Origin": "https://x.test"}, status: 204,
			header: map[string]string{"Access-Control-Allow-Origin": "*", "X-Frame-Options": ""}},
		{name: "preflight of nothing", method: "OPTIONS", path: "/nope//x", status: 204},
	})
}

// TestHead compares HEAD with GET for every route of GET.
func TestHead(t *testing.T) {
	t.Parallel()
	s := newBlog(t)
	server := httptest.NewServer(s)
	defer server.Close()
	for _, path := range []string{"/api/health", posts, post1, "/api/collections", "/api/collections/posts", "/api/settings", "/api/nope", posts + "/nope"} {
		get, head := send(t, server, s, http.MethodGet, path), send(t, server, s, http.MethodHead, path)
		if head.StatusCode != get.StatusCode || head.ContentLength != get.ContentLength {
			t.Errorf("HEAD %s = %d with length %d, want %d with %d", path, head.StatusCode, head.ContentLength, get.StatusCode, get.ContentLength)
		}
		get.Header.Del("Date")
		get.Header.Del("X-Request-Id")
		for name := range get.Header {
			if got, want := head.Header.Get(name), get.Header.Get(name); got != want {
				t.Errorf("HEAD %s: %s = %q, want %q", path, name, got, want)
			}
		}
	}
}

func send(t *testing.T, server *httptest.Server, s *server, method, path string) *http.Response {
	t.Helper()
	r, err := http.NewRequest(method, server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", s.tokens["root"])
	r.Header.Set("Accept-Encoding", "identity")
	res, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res
}

func TestCompression(t *testing.T) {
	t.Parallel()
	s := newBlog(t)
	accept := func(what string) map[string]string { return map[string]string{"Accept-Encoding": what} }
	compressed := func(encoding string) map[string]string {
		return map[string]string{"Content-Encoding": encoding, "Vary": "Origin,Accept-Encoding", "Content-Length": ""}
	}
	for range 10 {
		s.do(scenario{method: "POST", path: posts, body: `{"title":"` + strings.Repeat("long ", 50) + `"}`})
	}
	s.run(t, []scenario{
		{name: "gzip", path: posts, headers: accept("gzip, deflate"), status: 200, header: compressed("gzip")},
		{name: "zstd", path: posts, headers: accept("gzip, deflate, br, zstd"), status: 200, header: compressed("zstd")},
		{name: "short", path: post1 + "?fields=id", headers: accept("gzip"), status: 200, header: map[string]string{"Content-Encoding": "", "Vary": "Origin,Accept-Encoding"}},
		{name: "refused", path: posts, headers: accept("gzip;q=0"), status: 200, header: map[string]string{"Content-Encoding": ""}},
	})
}
