package ratelimit

import (
	"testing"

	"github.com/loambase/loam/core/settings"
)

// TestFind checks the order in docs/wire/auth-realtime-system.md §3.4.
func TestFind(t *testing.T) {
	t.Parallel()
	tags := func(collection string, tags ...string) Action {
		return Action{Method: "POST", Paths: [3]string{"/api/collections/" + collection + "/x"}, Collection: collection, Tags: tags}
	}
	path := func(method, path string) Action { return Action{Method: method, Paths: [3]string{path}} }
	for _, tt := range []struct {
		name  string
		rules []string // labels, with "@@guest" or "@@auth" at the end
		ask   Action
		want  [2]int // the index of the rule for guests and others; -1: none
	}{
		{"nothing", nil, path("GET", "/api/health"), [2]int{-1, -1}},
		{"exact path", []string{"/api/health"}, path("GET", "/api/health"), [2]int{0, 0}},
		{"exact path is no prefix", []string{"/api/health"}, path("GET", "/api/health/live"), [2]int{-1, -1}},
		{"exact path and slash", []string{"/api/batch"}, path("POST", "/api/batch/"), [2]int{-1, -1}},
		{"prefix", []string{"/api/"}, path("GET", "/api/health"), [2]int{0, 0}},
		{"prefix without its slash", []string{"/api/"}, path("GET", "/api"), [2]int{0, 0}},
		{"prefix of a word", []string{"/api/"}, path("GET", "/apis"), [2]int{-1, -1}},
		{"exact before prefix", []string{"/api/", "/api/health"}, path("GET", "/api/health"), [2]int{1, 1}},
		{"longest prefix, whatever the order", []string{"/", "/api/", "/api/collections/"}, path("GET", "/api/collections/a/records"), [2]int{2, 2}},
		{"root", []string{"/"}, path("GET", "/index.html"), [2]int{0, 0}},
		{"method before path", []string{"/api/x", "POST /api/"}, path("POST", "/api/x"), [2]int{1, 1}},
		{"another method", []string{"POST /api/"}, path("GET", "/api/x"), [2]int{-1, -1}},
		{"method in any case", []string{"post /api/x"}, path("POST", "/api/x"), [2]int{0, 0}},
		{"HEAD is GET", []string{"GET /api/x"}, path("HEAD", "/api/x"), [2]int{0, 0}},
		{"HEAD itself", []string{"GET /api/x", "HEAD /api/"}, path("HEAD", "/api/x"), [2]int{1, 1}},
		{"GET is not HEAD", []string{"HEAD /api/x"}, path("GET", "/api/x"), [2]int{-1, -1}},
		{"letter case of a path", []string{"/api/x"}, path("GET", "/API/x"), [2]int{-1, -1}},

		{"tag", []string{"*:create"}, tags("posts", "create"), [2]int{0, 0}},
		{"tag of another action", []string{"*:create"}, tags("posts", "update"), [2]int{-1, -1}},
		{"collection before all", []string{"*:create", "posts:create"}, tags("posts", "create"), [2]int{1, 1}},
		{"another collection", []string{"posts:create"}, tags("post", "create"), [2]int{-1, -1}},
		{"collection in any case", []string{"Posts:create"}, tags("posTs", "create"), [2]int{0, 0}},
		{"special tag before its group", []string{"*:auth", "*:authWithOTP"}, tags("users", "authWithOTP", "auth"), [2]int{1, 1}},
		{"group of the collection before special tag of all", []string{"*:authWithOTP", "users:auth"}, tags("users", "authWithOTP", "auth"), [2]int{1, 1}},
		{"tag before path", []string{"POST /api/", "*:create"}, tags("posts", "create"), [2]int{1, 1}},
		{"path where no tag is", []string{"POST /api/", "*:create"}, tags("posts", "update"), [2]int{0, 0}},
		{"no tag without a collection", []string{"*:create"}, path("POST", "/api/x"), [2]int{-1, -1}},
		{"a word is no path", []string{"create"}, tags("posts", "create"), [2]int{-1, -1}},

		{"for guests", []string{"/api/@@guest"}, path("GET", "/api/x"), [2]int{0, -1}},
		{"for accounts", []string{"/api/@@auth"}, path("GET", "/api/x"), [2]int{-1, 0}},
		{"each its own", []string{"/api/@@auth", "/api/@@guest"}, path("GET", "/api/x"), [2]int{1, 0}},
		{"who is not meant falls through", []string{"/api/x@@auth", "/api/"}, path("GET", "/api/x"), [2]int{1, 0}},
		{"the first of equal ones", []string{"/api/", "/api/"}, path("GET", "/api/x"), [2]int{0, 0}},
		{"any spelling", []string{"/api/collections/posts/records"},
			Action{Method: "GET", Paths: [3]string{"/api/collections/POSTS/records", "/api/collections/posts/records"}}, [2]int{0, 0}},
	} {
		var list settings.Rules
		for _, text := range tt.rules {
			list = append(list, ruleOf(text, 1, 1))
		}
		s := newRules(list)
		for who, want := range tt.want {
			got := -1
			if r := s.find(&tt.ask, audience(who)); r != nil {
				got = r.id
			}
			if got != want {
				t.Errorf("%s: audience %d gets the rule %d, want %d", tt.name, who, got, want)
			}
		}
	}
}

// ruleOf returns the rule of a label that may end in "@@guest" or "@@auth".
func ruleOf(text string, requests int, seconds int64) settings.Rule {
	r := settings.Rule{Label: text, MaxRequests: requests, Duration: seconds}
	if n := len(text) - len("@@guest"); n > 0 && text[n:] == "@@guest" {
		r.Label, r.Audience = text[:n], "@guest"
	}
	if n := len(text) - len("@@auth"); n > 0 && text[n:] == "@@auth" {
		r.Label, r.Audience = text[:n], "@auth"
	}
	return r
}
