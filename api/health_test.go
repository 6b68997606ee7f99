package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/record"
)

// TestProbes checks that the readiness probe fails when the server should get no requests, that the
// liveness probe succeeds all the time, so that the server is not restarted, and that rate limits
// do not apply to probes.
func TestProbes(t *testing.T) {
	t.Parallel()
	p := &Program{App: core.New(core.Config{Dir: t.TempDir()})}
	listener := listen(t)
	if err := p.Server().Start(t.Context(), listener); err != nil {
		t.Fatal(err)
	}
	handler, err := p.Handler()
	if err != nil {
		t.Fatal(err)
	}
	limits := `{"rateLimits":{"enabled":true,"rules":[{"label":"/api/","maxRequests":1,"duration":60}]}}`
	if _, err := p.App.Settings().Patch(t.Context(), record.Root(), []byte(limits)); err != nil {
		t.Fatal(err)
	}
	expect := func(when string, ready int, reason string) {
		t.Helper()
		for path, want := range map[string]int{"live": http.StatusOK, "ready": ready} {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/health/"+path, nil))
			if w.Code != want || path == "ready" && !strings.Contains(w.Body.String(), reason) {
				t.Errorf("%s: %s is %d %s", when, path, w.Code, w.Body)
			}
		}
	}
	expect("at work", http.StatusOK, "ready")
	expect("again", http.StatusOK, "ready")

	target, err := healthURL("", listener.Addr().String(), "ready")
	if err != nil {
		t.Fatal(err)
	}
	if message, err := askHealth(t.Context(), target); err != nil || message != "The server is ready." {
		t.Errorf("loam health: %q, %v", message, err)
	}

	// The folder disappears, as when a disk is unmounted, and reappears.
	away := p.App.Config.Dir + ".away"
	if err := os.Rename(p.App.Config.Dir, away); err != nil {
		t.Fatal(err)
	}
	expect("without its folder", http.StatusServiceUnavailable, "database does not answer")
	if _, err := askHealth(t.Context(), target); err == nil || !strings.Contains(err.Error(), "(503)") {
		t.Errorf("loam health without the folder: %v", err)
	}
	if err := os.Rename(away, p.App.Config.Dir); err != nil {
		t.Fatal(err)
	}
	expect("with its folder", http.StatusOK, "ready")

	p.Server().requests.EndStreams()
	expect("draining", http.StatusServiceUnavailable, "about to stop")
	if err := p.Server().Close(); err != nil {
		t.Error(err)
	}
	if _, err := askHealth(context.Background(), target); err == nil {
		t.Error("loam health says that a server is ready that has stopped")
	}
}

// TestHealthURL checks the URL that "loam health" requests.
func TestHealthURL(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ base, address, want string }{
		{"", "127.0.0.1:8090", "http://127.0.0.1:8090/api/health/ready"},
		{"", "0.0.0.0:8090", "http://127.0.0.1:8090/api/health/ready"},
		{"", ":8090", "http://127.0.0.1:8090/api/health/ready"},
		{"", "8090", "http://127.0.0.1:8090/api/health/ready"},
		{"", "[::]:80", "http://127.0.0.1:80/api/health/ready"},
		{"https://example.com/base/", "", "https://example.com/base/api/health/ready"},
		{"https://127.0.0.1", "", "https://127.0.0.1/api/health/ready"},
		{"example.com", "", ""},
		{"ftp://example.com", "", ""},
		{"", "http://x", ""},
	} {
		got, err := healthURL(test.base, test.address, "ready")
		if test.want == "" && err == nil || test.want != "" && (err != nil || got.String() != test.want) {
			t.Errorf("%q, %q: %v, %v; want %q", test.base, test.address, got, err, test.want)
		}
	}
}
