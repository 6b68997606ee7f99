package rest_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/loambase/loam/api"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

// limited is a server with rate limits, and its log.
type limited struct {
	*server
	t   *testing.T
	log *logText
}

// logText is a log that is safe to read while it is written.
type logText struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// newLimited returns a server with the collection "posts", which everybody may read and write, and with
// the superuser "root".
func newLimited(t *testing.T) *limited {
	t.Helper()
	log := &logText{}
	app := coretest.Open(t, core.Config{Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(log, nil))})
	p := &api.Program{App: app}
	p.Serve.BindFunc(func(e *api.ServeEvent) error {
		e.Route("GET", "/own/{name}", func(w http.ResponseWriter, _ *api.Request) error {
			_, err := io.WriteString(w, "own")
			return err
		})
		e.Mount("/mounted", http.NotFoundHandler())
		return e.Next()
	})
	h, err := p.Handler()
	if err != nil {
		t.Fatal(err)
	}
	s := &limited{&server{Handler: h, app: app, tokens: map[string]string{"": ""}, ids: map[string]string{}}, t, log}
	coretest.Collection(t, app, `{"name":"posts","listRule":"","viewRule":"","createRule":"","updateRule":"","deleteRule":"",
		"fields":[{"name":"title","type":"text"}]}`)
	coretest.Collection(t, app, `{"name":"members","type":"auth","fields":[{"name":"password","type":"password","cost":4}]}`)
	s.join(t, "_superusers", "root")
	s.join(t, "members", "ann")
	return s
}

// limit enables the rate limits with the rules. more has the JSON of further settings.
func (s *limited) limit(rules string, more ...string) {
	s.t.Helper()
	patch := `{"rateLimits":{"enabled":true,"rules":[` + rules + `]}` + strings.Join(more, "") + `}`
	if _, err := s.app.Settings().Patch(s.t.Context(), coretest.Root(), []byte(patch)); err != nil {
		s.t.Fatal(err)
	}
}

// rule returns the JSON of a rule with a window that is longer than a test.
func rule(label string, requests int) string {
	return fmt.Sprintf(`{"label":%q,"maxRequests":%d,"duration":3600}`, label, requests)
}

// ask sends a request as a caller from an IP address. what is "GET /path", or with a body
// "POST /path BODY".
func (s *limited) ask(as, ip, what string, headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	method, rest, _ := strings.Cut(what, " ")
	path, body, _ := strings.Cut(rest, " ")
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = ip + ":1234"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token := s.tokens[as]; token != "" {
		r.Header.Set("Authorization", token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// expect fails the test unless the request is answered with the status.
func (s *limited) expect(status int, as, ip, what string, headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	w := s.ask(as, ip, what, headers...)
	if w.Code != status {
		s.t.Errorf("%s as %q from %s = %d, want %d: %s", what, as, ip, w.Code, status, w.Body)
	}
	return w
}

const (
	here  = "192.0.2.1"
	there = "192.0.2.2"
)

func TestRateLimit(t *testing.T) {
	t.Parallel()
	s := newLimited(t)
	s.limit(rule("/api/", 2))
	if err := s.app.Jobs().RunAndWait(t.Context(), "__pbRateLimitersCleanup__"); err != nil {
		t.Error(err)
	}
	w := s.expect(200, "", here, "GET /api/health")
	for name, want := range map[string]string{"RateLimit-Limit": "2", "RateLimit-Remaining": "1", "RateLimit-Reset": "3600", "Retry-After": ""} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	s.expect(404, "", here, "GET /api/nothing")
	w = s.expect(429, "", here, "GET /api/health")
	if got, want := w.Body.String(), `{"data":{},"message":"Too Many Requests.","status":429}`; got != want {
		t.Errorf("body %s, want %s", got, want)
	}
	if retry, reset := w.Header().Get("Retry-After"), w.Header().Get("RateLimit-Reset"); retry == "" || retry != reset {
		t.Errorf("Retry-After = %q, RateLimit-Reset = %q", retry, reset)
	}
	s.expect(200, "", there, "GET /api/health")
	if w := s.expect(200, "root", here, "GET /api/settings"); w.Header().Get("RateLimit-Limit") != "" {
		t.Error("a superuser is counted")
	}
	s.expect(204, "", here, "OPTIONS /api/health", "Origin", "https://x.test")
	if w := s.expect(404, "", here, "GET /index.html"); w.Header().Get("RateLimit-Limit") != "" {
		t.Error("a path without a rule is counted")
	}

	s.limit(rule("/api/", 2), `,"meta":{"appName":"Mine"}`) // the change resets the counters
	s.expect(200, "", here, "GET /api/health")
	s.limit(rule("/api/", 1), `,"rateLimits":{"enabled":false}`)
	for range 3 {
		s.expect(200, "", here, "GET /api/health")
	}
}

// TestRateLimitOfEverything checks that all requests that the server answers count.
func TestRateLimitOfEverything(t *testing.T) {
	t.Parallel()
	s := newLimited(t)
	s.limit(rule("/", 1))
	for i, what := range []string{
		"GET /api/health", "HEAD /api/health", "GET /own/x", "HEAD /own/x", "GET /mounted/x", "GET /_/", "GET /_/page.js",
		"GET /index.html", "HEAD /missing", "PUT /missing", "BREW /api/health", "GET /api", "GET /api/health?a=%ff", "GET " + posts,
		"GET /api/settings", "POST /api/collections/members/auth-refresh", "POST /api/collections/nothing/auth-refresh",
		"POST /api/batch {}", "POST " + posts + " {",
	} {
		ip := fmt.Sprintf("192.0.2.%d", i)
		if w := s.ask("", ip, what); w.Code == 429 {
			t.Errorf("%s is refused at once", what)
		}
		s.expect(429, "", ip, what)
	}
}

// TestRateLimitSpellings checks that another spelling of the same request counts against its rule.
func TestRateLimitSpellings(t *testing.T) {
	t.Parallel()
	s := newLimited(t)
	id := s.app.Snapshot().Find("posts").ID
	for i, tt := range []struct{ rule, first, second string }{
		{"GET " + posts, "GET " + posts, "HEAD " + posts},
		{posts, "GET " + posts, "GET /api/collections/POSTS/records"},
		{posts, "GET " + posts, "GET /api/collections/" + id + "/records"},
		{posts, "GET " + posts, "GET /api/collections/p%6fsts/records"},
		{posts, "GET " + posts, "GET " + posts + "?page=2"},
		{posts, "GET " + posts, "GET http://other.example" + posts},
		{"/api/collections/" + id + "/records", "GET /api/collections/" + id + "/records", "GET " + posts},
		{"posts:list", "GET " + posts, "GET /api/collections/POSTS/records"},
		{"posts:list", "GET " + posts, "GET /api/collections/" + id + "/records"},
		{"Posts:list", "GET " + posts, "HEAD /api/collections/p%6fsts/records"},
		{"*:list", "GET " + posts, "GET /api/collections/POSTS/records"},
		{"/api/health", "GET /api/health", "GET /api/%68ealth"},
	} {
		s.limit(rule(tt.rule, 1))
		ip := fmt.Sprintf("192.0.2.%d", i)
		s.expect(200, "", ip, tt.first)
		s.expect(429, "", ip, tt.second)
	}
	// Such paths are redirected; only the request after the redirect counts.
	s.limit(rule("/api/", 1))
	for _, path := range []string{"//api/health", "/api//health", "/x/../api/health", "/api/./health", "/api/%2e/health"} {
		if w := s.expect(307, "", here, "GET "+path); w.Header().Get("Location") != "/api/health" {
			t.Errorf("%s leads to %s", path, w.Header().Get("Location"))
		}
	}
	s.expect(200, "", here, "GET /api/%68ealth")
	s.expect(429, "", here, "GET /api/health")
}

func TestRateLimitOfCollections(t *testing.T) {
	t.Parallel()
	s := newLimited(t)
	coretest.Collection(t, s.app, `{"name":"notes","listRule":"","createRule":""}`)

	s.limit(rule("*:create", 1) + "," + rule("posts:list", 1))
	s.expect(200, "", here, "POST "+posts+" {}")
	s.expect(429, "", here, "POST "+posts+" {}")
	s.expect(200, "", here, "POST /api/collections/notes/records {}") // each collection has its own counters
	s.expect(200, "", here, "GET "+posts)
	s.expect(429, "", here, "GET "+posts+"?filter=nonsense")
	s.expect(200, "", here, "GET /api/collections/notes/records")
	s.expect(404, "", here, "GET "+posts+"/abcdefghijklmno")

	// Both rules count a list; the headers have the rule that leaves fewer requests.
	s.limit(rule("/api/", 5) + "," + rule("posts:list", 3))
	if got := s.expect(200, "", here, "GET "+posts).Header().Get("RateLimit-Remaining"); got != "2" {
		t.Errorf("%s are left of 3", got)
	}
	s.limit(rule("/api/", 2) + "," + rule("posts:list", 30))
	if got := s.expect(200, "", here, "GET "+posts).Header().Get("RateLimit-Limit"); got != "2" {
		t.Errorf("the limit is %s, want that of all routes", got)
	}

	// Sign-ins have counters of their own.
	s.limit(rule("/api/", 1) + "," + rule("*:auth", 2) + "," + rule("members:authRefresh", 1))
	s.expect(200, "", here, "GET /api/health")
	wrong := `{"identity":"ann@example.com","password":"wrong"}`
	s.expect(400, "", here, "POST /api/collections/members/auth-with-password "+wrong)
	s.expect(400, "", here, "POST /api/collections/members/auth-with-password {}")
	s.expect(429, "", here, "POST /api/collections/members/auth-with-password "+wrong)
	s.expect(400, "", here, "POST /api/collections/_superusers/auth-with-password "+wrong)
	s.expect(401, "", here, "POST /api/collections/members/auth-refresh")
	s.expect(429, "", here, "POST /api/collections/members/auth-refresh") // before the caller is checked
	s.expect(200, "", here, "GET /api/collections/members/auth-methods")
	s.expect(429, "", here, "GET /api/collections/members/auth-methods")
}

func TestRateLimitAudiences(t *testing.T) {
	t.Parallel()
	s := newLimited(t)
	s.limit(`{"label":"/api/","audience":"@guest","maxRequests":1,"duration":3600},
		{"label":"/api/","audience":"@auth","maxRequests":2,"duration":3600}`)
	s.expect(200, "", here, "GET /api/health")
	s.expect(429, "", here, "GET /api/health")
	s.expect(200, "ann", here, "GET /api/health")
	s.expect(200, "ann", here, "GET /api/health")
	s.expect(429, "ann", here, "GET /api/health")
	s.expect(429, "", here, "GET /api/health", "Authorization", "not a token") // counts as a guest
}

func TestRateLimitOfBatches(t *testing.T) {
	t.Parallel()
	s := newLimited(t)
	batch := func(requests ...string) string {
		return `POST /api/batch {"requests":[` + strings.Join(requests, ",") + `]}`
	}
	create := `{"method":"POST","url":"` + posts + `","body":{}}`
	upsert := `{"method":"PUT","url":"` + posts + `","body":{"id":"abcdefghijklmno"}}`

	s.limit(rule("*:create", 3), `,"batch":{"enabled":true}`)
	s.expect(200, "", here, batch(create, create))
	s.expect(200, "", here, "POST "+posts+" {}") // batches and single requests share a counter
	w := s.expect(400, "", here, batch(create))
	if body := w.Body.String(); !strings.Contains(body, `"0":{"code":"batch_request_failed"`) || !strings.Contains(body, `"message":"Too Many Requests.","status":429`) {
		t.Errorf("body %s", body)
	}
	w = s.expect(400, "", there, batch(create, create, create, create))
	if !strings.Contains(w.Body.String(), `"3":{"code":"batch_request_failed"`) {
		t.Errorf("body %s", w.Body)
	}
	page, _ := s.app.Records().List(t.Context(), coretest.Root(), "posts", record.ListParams{})
	if page.TotalItems != 3 {
		t.Errorf("%d records, want 3: a batch over the limit leaves nothing", page.TotalItems)
	}
	s.expect(200, "root", here, batch(create, create, create, create))

	s.limit(rule("*:update", 1))
	s.expect(200, "", here, batch(upsert))
	s.expect(400, "", here, batch(upsert))
	s.limit(rule("*:create", 1)) // an upsert counts as a create
	s.expect(200, "", here, batch(upsert))
	s.expect(400, "", here, batch(upsert))
	s.limit(rule("POST "+posts, 1))
	s.expect(400, "", here, batch(create, create))
}

// TestRateLimitBehindProxies checks that forged addresses in headers do not evade a limit.
func TestRateLimitBehindProxies(t *testing.T) {
	t.Parallel()
	s := newLimited(t)
	s.limit(rule("/api/", 1))
	s.expect(200, "", here, "GET /api/health")
	s.expect(429, "", here, "GET /api/health", "X-Forwarded-For", "203.0.113.1")
	s.expect(429, "", here, "GET /api/health", "X-Forwarded-For", "203.0.113.2")
	if n := strings.Count(s.log.String(), "header=X-Forwarded-For"); n != 1 {
		t.Errorf("%d warnings that name the header, want 1:\n%s", n, s.log)
	}
	if strings.Contains(s.log.String(), "forwarding headers are believed") {
		t.Errorf("a warning about no header:\n%s", s.log)
	}

	// Without peers, headers are trusted from every address, as the warning says.
	s.limit(rule("/api/", 1), `,"trustedProxy":{"headers":["X-Forwarded-For"]}`)
	s.expect(200, "", here, "GET /api/health", "X-Forwarded-For", "203.0.113.1")
	s.expect(200, "", here, "GET /api/health", "X-Forwarded-For", "203.0.113.2")
	if !strings.Contains(s.log.String(), "forwarding headers are believed from everybody") {
		t.Errorf("no warning:\n%s", s.log)
	}

	s.limit(rule("/api/", 1), `,"trustedProxy":{"headers":["X-Forwarded-For"],"peers":["198.51.100.0/24"]}`)
	const proxy = "198.51.100.7"
	s.expect(200, "", proxy, "GET /api/health", "X-Forwarded-For", "203.0.113.1")
	s.expect(200, "", proxy, "GET /api/health", "X-Forwarded-For", "203.0.113.1, 203.0.113.2")
	s.expect(429, "", proxy, "GET /api/health", "X-Forwarded-For", "203.0.113.9, 203.0.113.2")
	s.expect(200, "", here, "GET /api/health", "X-Forwarded-For", "203.0.113.3")
	s.expect(429, "", here, "GET /api/health", "X-Forwarded-For", "203.0.113.4")
	w := s.expect(429, "", here, "GET /api/health", "X-Forwarded-For", "203.0.113.4", "X-Request-Id", "chosen")
	if w.Header().Get("X-Request-Id") == "chosen" {
		t.Error("a request id is taken from a peer whose headers are not believed")
	}
	if w := s.expect(429, "", proxy, "GET /api/health", "X-Forwarded-For", "203.0.113.2", "X-Request-Id", "chosen"); w.Header().Get("X-Request-Id") != "chosen" {
		t.Error("a request id of a proxy is not taken")
	}
}
