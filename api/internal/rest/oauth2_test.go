package rest_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestOAuth2Redirect checks that the redirect leads to the page of failures if no client waits. A
// test with the SDK covers the case of a waiting client.
func TestOAuth2Redirect(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const path = "/api/oauth2-redirect"
	to := func(outcome string) map[string]string {
		return map[string]string{"Location": "../_/#/auth/oauth2-redirect-" + outcome, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
	}
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	s.run(t, []scenario{
		{name: "nobody waits", path: path + "?state=a&code=c", status: 307, header: to("failure")},
		{name: "nothing", path: path, status: 307, header: to("failure")},
		{name: "a form", method: "POST", path: path, headers: form, body: "state=a&code=c", status: 303, header: to("failure")},
		{name: "a form of nothing", method: "POST", path: path, headers: form, status: 303, header: to("failure")},
		{name: "no form", method: "POST", path: path, body: `{"state":`, status: 303, header: to("failure")},
		{name: "no open redirect", path: path + "?state=a&code=c&redirect_uri=https://evil.test&redirect=//evil.test", status: 307, header: to("failure"), hasNot: []string{"evil"}},
		{name: "a look", method: "HEAD", path: path + "?state=a&code=c", status: 307, header: to("failure")},
		{name: "another way", method: "PUT", path: path, status: 404},
	})
}

func TestOAuth2Providers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const path = "/api/collections/meta/oauth2-providers"
	s.run(t, []scenario{
		{name: "guest", path: path, status: http.StatusUnauthorized},
		{name: "user", path: path, as: "ann", status: http.StatusForbidden},
		{name: "all", path: path, as: "root", status: 200, has: []string{`[{"name":"apple","displayName":"Apple","logo":"<svg `, `"displayName":"ВКонтакте"`},
			check: func(t *testing.T, body string) {
				if n := strings.Count(body, `"name":`); n != 32 {
					t.Errorf("%d providers", n)
				}
			}},
		{name: "fields", path: path + "?fields=name", as: "root", status: 200, has: []string{`{"name":"oidc2"},{"name":"oidc3"}]`}},
	})
}
