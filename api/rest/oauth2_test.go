package rest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/loambase/loam/api"
)

// waiting are the clients that wait for a service's answer.
type waiting struct{ pins, sent map[string]string }

func (w *waiting) DeliverOAuth2(id, pin string, message []byte) bool {
	of, ok := w.pins[id]
	if !ok || of != "" && of != pin {
		return false
	}
	w.sent[id] = string(message)
	return true
}

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
		{name: "another way", method: "PUT", path: path, status: 404},
	})
	w := &waiting{pins: map[string]string{"a": "", "b": "", "elsewhere": "x"}, sent: map[string]string{}}
	p := &api.Program{App: s.app}
	p.Server().Auth.SetOAuth2Streams(w)
	var err error
	if s.Handler, err = p.Handler(); err != nil {
		t.Fatal(err)
	}
	s.run(t, []scenario{
		{name: "a look", method: "HEAD", path: path + "?state=a&code=c", status: 307, header: to("failure")},
		{name: "good", path: path + "?state=a&code=c", status: 307, header: to("success")},
		{name: "again", path: path + "?state=a&code=c", status: 307, header: to("failure")},
		{name: "good form", method: "POST", path: path, headers: form, body: "state=b&code=d", status: 303, header: to("success")},
		{name: "the query of a form", method: "POST", path: path + "?state=a&code=z", headers: form, status: 303, header: to("failure")},
		{name: "from elsewhere", path: path + "?state=elsewhere&code=e", status: 307, header: to("failure")},
		{name: "refused", path: path + "?state=b&error=access_denied", status: 307, header: to("failure")},
	})
	if got := w.sent["a"] + w.sent["b"] + w.sent["elsewhere"]; got != `{"state":"a","code":"c"}{"state":"b","code":"","error":"access_denied"}` {
		t.Errorf("sent was %s", got)
	}
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
