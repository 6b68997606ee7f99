package rest

import (
	"net/http"
	"regexp"
	"slices"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/loambase/loam/api/internal/openapi"
	"github.com/loambase/loam/internal/request"
)

// findRoute finds each route of the table by a path of the route.
func TestFindRoute(t *testing.T) {
	t.Parallel()
	a := &API{}
	find, parts := a.newFindRoute(), regexp.MustCompile(`\{.*?\}`)
	for _, r := range a.table() {
		got, collection := find(r.Method, parts.ReplaceAllString(r.Path, "x"))
		if got == nil || got.Label != r.Label || (collection == "x") != (got.limits.collection >= 0) {
			t.Errorf("%s %s finds %+v, collection %q", r.Method, r.Path, got, collection)
		}
	}
	if got, _ := find(http.MethodHead, "/api/health"); got == nil || got.Label != "health" {
		t.Errorf("HEAD finds %+v", got)
	}
	if got, _ := find(http.MethodGet, "/own"); got != nil {
		t.Errorf("a path outside of the table finds %s", got.Label)
	}
}

// TestTable checks that every route has the properties that logs, rate limits and documentation
// need.
func TestTable(t *testing.T) {
	t.Parallel()
	label := regexp.MustCompile(`^(\*:)?[a-zA-Z0-9]+$`) // the syntax of labels in rate limit rules
	seen := map[string]bool{}
	for _, r := range (&API{}).table() {
		if !label.MatchString(r.Label) || seen[r.Label] || r.Group != "" && !label.MatchString(r.Group) {
			t.Errorf("%s %s has the label %q in the group %q", r.Method, r.Path, r.Label, r.Group)
		}
		if r.Audience != request.Everyone && r.Audience != request.Superusers {
			t.Errorf("%s is for nobody", r.Label)
		}
		if r.serve == nil {
			t.Errorf("%s has no endpoint", r.Label)
		}
		if !openapi.Described(r.Label) {
			t.Errorf("api/internal/openapi does not describe %s", r.Label)
		}
		seen[r.Label] = true
	}
	for _, name := range openapi.Labels() {
		if !seen[name] {
			t.Errorf("api/internal/openapi describes %s, which is no route", name)
		}
	}
}

// TestTableIsServed compares the table with the routes of the router.
func TestTableIsServed(t *testing.T) {
	t.Parallel()
	router := chi.NewRouter()
	a := &API{}
	a.Mount(router)
	var served, want []string
	if err := chi.Walk(router, func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		served = append(served, method+" "+path)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, r := range a.Routes() {
		want = append(want, r.Method+" "+r.Path)
		if r.Method == http.MethodGet {
			want = append(want, http.MethodHead+" "+r.Path)
		}
	}
	slices.Sort(served)
	slices.Sort(want)
	if !slices.Equal(served, want) {
		t.Errorf("served are %q, the table has %q", served, want)
	}
}
