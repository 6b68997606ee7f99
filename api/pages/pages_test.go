package pages

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/loambase/loam/core/settings"
)

func TestPages(t *testing.T) {
	t.Parallel()
	current := settings.Defaults()
	current.Meta.AppName = `<script>alert("A & B")</script>`
	router := chi.NewRouter()
	router.Get("/_/page.css", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "mine") })
	Mount(router, func() *settings.Settings { return current })
	for _, tt := range []struct {
		method, path string
		status       int
		kind, has    string
	}{
		{"GET", "/_/", 200, "text/html; charset=utf-8", "<title>&lt;script&gt;alert(&#34;A &amp; B&#34;)"},
		{"HEAD", "/_/", 200, "text/html; charset=utf-8", ""},
		{"GET", "/_/page.js", 200, "text/javascript; charset=utf-8", "confirm-verification"},
		{"GET", "/_/page.css", 200, "", "mine"}, // of the program
		{"GET", "/_", 307, "", ""},
		{"GET", "/_/page.html", 404, "", ""},
		{"POST", "/_/", 405, "", ""},
	} {
		w := httptest.NewRecorder()
		router.ServeHTTP(w, httptest.NewRequest(tt.method, tt.path, nil))
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.has) || tt.kind != "" && w.Header().Get("Content-Type") != tt.kind {
			t.Errorf("%s %s = %d %s %s", tt.method, tt.path, w.Code, w.Header(), w.Body)
		}
		if policy := w.Header().Get("Content-Security-Policy"); tt.kind != "" && (!strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe")) {
			t.Errorf("%s %s: the policy is %q", tt.method, tt.path, policy)
		}
	}
}

// The page has nothing that its policy would not run, and puts no text in as markup.
func TestPageKeepsItsPolicy(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]string{
		"page.html": `(?i)\son\w+=|style=|<script>|<style|https?://`,
		"page.js":   `innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function|https?://`,
		"page.css":  `https?://|@import`,
	} {
		text, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := regexp.MustCompile(wrong).Find(text); found != nil {
			t.Errorf("%s has %q", name, found)
		}
	}
}
