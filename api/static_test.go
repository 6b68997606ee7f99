package api

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// site writes the files into a folder.
func site(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const missingFile = `{"data":{},"message":"File not found.","status":404}`

func TestStatic(t *testing.T) {
	dir := site(t, map[string]string{
		"public/index.html": "top", "public/app.js": "js", "public/docs/index.html": "docs", "public/docs/a b.txt": "spaced",
		"public/empty/.keep": "", "public/.well-known/x": "known", "public/a:b/c": "colon",
		"public/.env": "secret", "public/.git/config": "secret", "public/docs/.well-known/x": "secret", "secret.txt": "secret",
	})
	for name, target := range map[string]string{"out": "..", "out.txt": "../secret.txt", "in.js": "app.js", "loop": "loop"} {
		if err := os.Symlink(target, filepath.Join(dir, "public", name)); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		method, path string
		status       int
		body         string // or the target of the redirect
	}{
		{"GET", "/", 200, "top"},
		{"GET", "/app.js", 200, "js"},
		{"HEAD", "/app.js", 200, ""},
		{"GET", "/app.js?v=1", 200, "js"},
		{"GET", "/docs/", 200, "docs"},
		// Redirects are relative, because a proxy may have removed a prefix of the path.
		{"GET", "/docs", 301, "docs/"},
		{"GET", "/docs?x=1", 301, "docs/?x=1"},
		{"GET", "/index.html", 301, "./"},
		{"GET", "/docs/index.html", 301, "./"},
		{"GET", "/docs/index.html?x=1", 301, "./?x=1"},
		{"GET", "/app.js/", 301, "../app.js"},
		{"GET", "/index.html/", 301, "../index.html"},
		{"GET", "/docs/a%20b.txt", 200, "spaced"},
		{"GET", "/docs/a%20b.txt/", 301, "../a%20b.txt"},
		{"GET", "/a:b", 301, "./a:b/"},
		{"GET", "//evil.test/index.html", 301, "./"},
		{"GET", `/\evil.test/index.html`, 301, "./"},
		{"GET", "/.well-known/x", 200, "known"},
		{"GET", "/in.js", 200, "js"},
		{"GET", "/some/route/of/the/app", 200, "top"},
		{"GET", "/empty/", 200, "top"},
		{"GET", "/loop", 200, "top"},
		{"GET", "/out/", 200, "top"},
		{"GET", "/a\x00b", 200, "top"},
		// A missing file is not answered with the page of the application.
		{"GET", "/gone.js", 404, missingFile},
		{"GET", "/assets/nope.png?v=1", 404, missingFile},
		{"HEAD", "/gone.css", 404, missingFile},
		{"GET", "/out/secret.txt", 404, missingFile},
		{"GET", "/out.txt", 404, missingFile},
		{"GET", "/empty/.keep", 404, missingFile},
		{"GET", "/.env", 404, missingFile},
		{"GET", "/.git/config", 404, missingFile},
		{"GET", "/docs/.well-known/x", 404, missingFile},
		{"GET", "/../secret.txt", 404, missingFile}, // middleware.Clean cleans paths, not the handler of files
		{"GET", "/docs/../../secret.txt", 404, missingFile},
		{"GET", `/..\secret.txt`, 404, missingFile},
	}
	h := Config{Public: filepath.Join(dir, "public")}.fallback()
	for _, test := range tests {
		w := ask(h, test.method, test.path)
		got := w.Body.String()
		if test.status == 301 {
			got = w.Header().Get("Location")
		}
		if w.Code != test.status || got != test.body {
			t.Errorf("%s %q = %d %q, want %d %q", test.method, test.path, w.Code, got, test.status, test.body)
		}
	}
}

// ask requests a path, which may be invalid in a URL.
func ask(h http.Handler, method, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/", nil)
	path, query, _ := strings.Cut(path, "?")
	path = strings.ReplaceAll(path, "%20", " ")
	r.URL.Path, r.URL.RawQuery = path, query
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestStaticWithoutAnIndex(t *testing.T) {
	dir := site(t, map[string]string{"a.txt": "a", "sub/b.txt": "b"})
	const missing = `{"data":{},"message":"The requested resource wasn't found.","status":404}`
	for _, test := range []struct {
		folder, method, path, body string
		status                     int
	}{
		{dir, "GET", "/a.txt", "a", 200},
		{dir, "GET", "/", missingFile, 404},
		{dir, "GET", "/sub/", missingFile, 404},
		{dir, "GET", "/nope", missingFile, 404},
		{dir, "HEAD", "/nope", missingFile, 404},
		{dir, "POST", "/nope", missing, 404},
		{dir, "POST", "/a.txt", missing, 404},
		{dir, "GET", "/api/nope", missing, 404},
		{dir, "GET", "/_/a.txt", missing, 404},
		{filepath.Join(dir, "missing"), "GET", "/a.txt", missingFile, 404},
		{filepath.Join(dir, "a.txt"), "GET", "/a.txt", missingFile, 404},
		{"", "GET", "/a.txt", missingFile, 404},
	} {
		w := ask(Config{Public: test.folder}.fallback(), test.method, test.path)
		if w.Code != test.status || w.Body.String() != test.body {
			t.Errorf("%s %s in %q = %d %q, want %d %q", test.method, test.path, test.folder, w.Code, w.Body, test.status, test.body)
		}
	}
}

func TestStaticFolderMayBeReplaced(t *testing.T) {
	dir := t.TempDir()
	public := filepath.Join(dir, "public")
	h := Config{Public: public}.fallback()
	for _, version := range []string{"one", "two"} {
		next := site(t, map[string]string{"index.html": version})
		if err := os.RemoveAll(public); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(next, public); err != nil {
			t.Fatal(err)
		}
		if got := ask(h, "GET", "/").Body.String(); got != version {
			t.Errorf("after a deployment: %q, want %q", got, version)
		}
	}
}

func TestStaticRange(t *testing.T) {
	h := Config{Public: site(t, map[string]string{"a.txt": "0123456789"})}.fallback()
	r := httptest.NewRequest("GET", "/a.txt", nil)
	r.Header.Set("Range", "bytes=2-4")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if body, _ := io.ReadAll(w.Body); w.Code != http.StatusPartialContent || string(body) != "234" {
		t.Errorf("range = %d %q, want 206 \"234\"", w.Code, body)
	}
}

// TestStaticPages checks the fallback to the application by the Accept of browsers: a navigation
// may get the page of the application even if its path looks like a file, a resource of a page may
// not.
func TestStaticPages(t *testing.T) {
	h := Config{Public: site(t, map[string]string{"index.html": "top", "app.js": "js", "old.htm": "old"})}.fallback()
	const navigation = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	for _, test := range []struct {
		path, accept string
		status       int
		cache, vary  string
	}{
		{"/users/ann.miller", navigation, 200, "no-cache", "Accept"},
		{"/users/ann.miller", "*/*", 404, "", "Accept"},
		{"/gone.js", "*/*", 404, "", "Accept"},
		{"/gone.png", "image/avif,image/webp,*/*;q=0.8", 404, "", "Accept"},
		{"/gone.css", "text/css,*/*;q=0.1", 404, "", "Accept"},
		{"/users/ann", "*/*", 200, "no-cache", ""},
		{"/", navigation, 200, "no-cache", ""},
		{"/old.htm", navigation, 200, "no-cache", ""},
		{"/app.js", "*/*", 200, "", ""},
	} {
		r := httptest.NewRequest("GET", test.path, nil)
		r.Header.Set("Accept", test.accept)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != test.status || w.Header().Get("Cache-Control") != test.cache || w.Header().Get("Vary") != test.vary {
			t.Errorf("%s accepting %s = %d, Cache-Control %q, Vary %q; want %d, %q, %q", test.path, test.accept,
				w.Code, w.Header().Get("Cache-Control"), w.Header().Get("Vary"), test.status, test.cache, test.vary)
		}
	}
}

func TestStaticNeverServesTheDataFolder(t *testing.T) {
	dir := site(t, map[string]string{"index.html": "top", "data/data.db": "secret", "data/storage/c/r/a.txt": "secret", "site/a.txt": "a"})
	for name, target := range map[string]string{"in": "data", "in.db": "data/data.db", "deep": "data/storage/c", "index/index.html": "../data/data.db"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, path); err != nil {
			t.Fatal(err)
		}
	}
	data := filepath.Join(dir, "data")
	for _, test := range []struct {
		public, path string
		status       int
	}{
		{dir, "/site/a.txt", 200},
		{dir, "/data/data.db", 404},
		{dir, "/data", 404},
		{dir, "/data/", 404},
		{dir, "/in/data.db", 404},
		{dir, "/in.db", 404},
		{dir, "/deep/r/a.txt", 404},
		{data, "/data.db", 404},
		{data, "/storage/c/r/a.txt", 404},
	} {
		if w := ask((Config{Public: test.public, data: data}).fallback(), "GET", test.path); w.Code != test.status {
			t.Errorf("%s in %s = %d %q, want %d", test.path, test.public, w.Code, w.Body, test.status)
		}
	}
	if body := ask((Config{Public: dir, data: data}).fallback(), "GET", "/index/").Body.String(); body != "top" {
		t.Errorf("an index that leads into the data folder = %q, want that of the top", body)
	}
}
