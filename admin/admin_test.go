package admin_test

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/admin/internal/graphiql"
	"github.com/loambase/loam/api"
	"github.com/loambase/loam/api/apitest"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// site is a console with a superuser; its tests send requests without a browser.
type site struct {
	app     *core.App
	program *api.Program
	handler http.Handler
}

func newSite(t *testing.T) *site { return siteOf(t, coretest.New(t)) }

// siteOf returns the console of the app, with the pages and files that the Serve hooks add.
func siteOf(t *testing.T, app *core.App, serve ...func(*api.ServeEvent) error) *site {
	t.Helper()
	coretest.Create(t, app, schema.Superusers, map[string]any{"email": "root@example.com", "password": "correct-horse"})
	return siteAt(t, app, serve...)
}

// siteAt is siteOf for an app that already has a superuser.
func siteAt(t *testing.T, app *core.App, serve ...func(*api.ServeEvent) error) *site {
	t.Helper()
	program := &api.Program{App: app}
	for _, hook := range serve {
		program.Serve.BindFunc(hook)
	}
	handler, err := program.Handler()
	if err != nil {
		t.Fatal(err)
	}
	return &site{app, program, handler}
}

// ask sends a request; change may be nil.
func (s *site) ask(method, path string, form url.Values, change func(*http.Request)) *http.Response {
	var r *http.Request
	if form != nil {
		r = httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	} else {
		r = httptest.NewRequest(method, path, nil)
	}
	r.Header.Set("Accept-Encoding", "identity")
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func session(r *http.Response) *http.Cookie {
	for _, c := range r.Cookies() {
		if c.Name == "loam_session" {
			return c
		}
	}
	return nil
}

func credentials(password string) url.Values {
	return url.Values{"identity": {"root@example.com"}, "password": {password}}
}

// signIn signs in and returns a change that adds the session cookie to a request.
func (s *site) signIn(t *testing.T) func(*http.Request) {
	t.Helper()
	c := session(s.ask("POST", "/_/sign-in", credentials("correct-horse"), nil))
	if c == nil {
		t.Fatal("no session")
	}
	return func(r *http.Request) { r.AddCookie(c) }
}

func TestSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	stale := func(r *http.Request) {
		r.AddCookie(&http.Cookie{Name: "loam_session", Value: "chosen-by-somebody-else"})
	}
	in := s.ask("POST", "/_/sign-in", credentials("correct-horse"), stale)
	c := session(in)
	if in.StatusCode != 303 || in.Header.Get("Location") != "/_/" || c == nil {
		t.Fatalf("sign-in = %d %v", in.StatusCode, in.Header)
	}
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/_/" || c.Secure || c.Value == "chosen-by-somebody-else" {
		t.Errorf("the cookie is %v", c)
	}
	overTLS := session(s.ask("POST", "/_/sign-in", credentials("correct-horse"), func(r *http.Request) { r.TLS = &tls.ConnectionState{} }))
	if overTLS == nil || !overTLS.Secure {
		t.Errorf("over TLS the cookie is %v", overTLS)
	}
	with := func(r *http.Request) { r.AddCookie(c) }
	if got := s.ask("GET", "/_/", nil, with); !strings.Contains(text(t, got), "root@example.com") {
		t.Error("the page does not know who has signed in")
	}
	if got := s.ask("GET", "/api/settings", nil, with); got.StatusCode != 401 {
		t.Errorf("the API takes the cookie: %d", got.StatusCode)
	}
	if got := s.ask("GET", "/_/", nil, func(r *http.Request) { r.Header.Set("Authorization", c.Value) }); strings.Contains(text(t, got), "root@example.com") {
		t.Error("the console takes a header")
	}
	if got := s.ask("POST", "/_/sign-out/everywhere", nil, with); got.StatusCode != 303 || session(got).MaxAge >= 0 {
		t.Errorf("sign-out = %d %v", got.StatusCode, got.Header)
	}
	if got := s.ask("POST", "/_/session", nil, with); got.Header.Get("Location") != "/_/sign-in" {
		t.Errorf("a token lives on: %d", got.StatusCode)
	}
}

func TestSessionIsOfSuperusers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	coretest.Create(t, s.app, "users", map[string]any{"email": "ann@example.com", "password": "correct-horse"})
	token := apitest.SignIn(t, s.handler, "users", "ann@example.com", "correct-horse")
	got := s.ask("POST", "/_/session", nil, func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "loam_session", Value: token}) })
	if got.Header.Get("Location") != "/_/sign-in" {
		t.Errorf("a user is in: %d", got.StatusCode)
	}
	if got := s.ask("POST", "/_/sign-in", url.Values{"identity": {"ann@example.com"}, "password": {"correct-horse"}}, nil); got.StatusCode != 422 {
		t.Errorf("a user signs in: %d", got.StatusCode)
	}
}

func TestSessionIsRenewedByUse(t *testing.T) {
	t.Parallel()
	var later atomic.Int64 // the offset of the clock
	app := coretest.Open(t, core.Config{Dir: t.TempDir(), Now: func() time.Time { return time.Now().Add(time.Duration(later.Load())) }})
	s := siteOf(t, app)
	old := s.signIn(t)
	if got := s.ask("POST", "/_/session", nil, old); session(got) != nil {
		t.Error("a fresh token is renewed")
	}
	life := time.Duration(app.Snapshot().Find(schema.Superusers).Auth.AuthToken.Duration) * time.Second
	later.Store(int64(life / 2))
	renewed := session(s.ask("POST", "/_/session", nil, old))
	if renewed == nil || !renewed.HttpOnly {
		t.Fatalf("a token of half its life is not renewed: %v", renewed)
	}
	later.Store(int64(life + time.Minute))
	if got := s.ask("POST", "/_/session", nil, old); got.StatusCode != 303 {
		t.Errorf("a token lives too long: %d", got.StatusCode)
	}
	if got := s.ask("POST", "/_/session", nil, func(r *http.Request) { r.AddCookie(renewed) }); got.StatusCode != 204 {
		t.Errorf("the renewed token is answered with %d", got.StatusCode)
	}
}

func TestWritesOfOtherSites(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	with := s.signIn(t)
	for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
		got := s.ask("POST", "/_/sign-out/everywhere", nil, func(r *http.Request) {
			with(r)
			r.Header.Set(name, value)
		})
		if got.StatusCode != 403 {
			t.Errorf("%s: %s is answered with %d", name, value, got.StatusCode)
		}
	}
	if got := s.ask("POST", "/_/session", nil, with); got.StatusCode != 204 {
		t.Errorf("the session is over: %d", got.StatusCode)
	}
}

func TestSignInIsBraked(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for range 30 {
		got := s.ask("POST", "/_/sign-in", credentials("wrong"), nil)
		if got.StatusCode == 429 {
			if got.Header.Get("Retry-After") == "" || !strings.Contains(text(t, got), "Try again in") {
				t.Errorf("the answer does not say when: %v", got.Header)
			}
			return
		}
		if got.StatusCode != 422 {
			t.Fatalf("a wrong password is answered with %d", got.StatusCode)
		}
	}
	t.Error("nothing slows guesses down")
}

func TestSignInCountsAgainstTheRateLimits(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, err := s.app.Settings().Patch(context.Background(), coretest.Root(),
		[]byte(`{"rateLimits":{"enabled":true,"rules":[{"label":"*:authWithPassword","maxRequests":1,"duration":60}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	s.ask("POST", "/_/sign-in", credentials("correct-horse"), nil)
	if got := s.ask("POST", "/_/sign-in", credentials("correct-horse"), nil); got.StatusCode != 429 {
		t.Errorf("the second sign-in is answered with %d", got.StatusCode)
	}
}

func TestSecondStep(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := context.Background()
	if _, err := s.app.Collections().Update(ctx, coretest.Root(), schema.Superusers, []byte(`{"mfa":{"enabled":true},"otp":{"enabled":true}}`)); err != nil {
		t.Fatal(err)
	}
	got := s.ask("POST", "/_/sign-in", credentials("correct-horse"), nil)
	page := text(t, got)
	if got.StatusCode != 200 || session(got) != nil || !strings.Contains(page, "Enter the code") {
		t.Fatalf("the first step is answered with %d: %s", got.StatusCode, page)
	}
	mfa := regexp.MustCompile(`name="mfaId" value="(\w+)"`).FindStringSubmatch(page)[1]
	otp, err := s.program.Server().Auth.NewOTP(ctx, schema.Superusers, "root@example.com")
	if err != nil {
		t.Fatal(err)
	}
	code := func(mfa, digits string) *http.Response {
		return s.ask("POST", "/_/sign-in-code", url.Values{"mfaId": {mfa}, "otpId": {otp.ID}, "code": {digits}, "to": {"/_/x?y=1"}}, nil)
	}
	if got := code(mfa, "000"); got.StatusCode != 422 || session(got) != nil {
		t.Errorf("a wrong code is answered with %d", got.StatusCode)
	}
	if got := code(mfa, otp.Password); got.StatusCode != 303 || session(got) == nil || got.Header.Get("Location") != "/_/x?y=1" {
		t.Errorf("the code is answered with %d %v", got.StatusCode, got.Header)
	}
	if otp, err = s.program.Server().Auth.NewOTP(ctx, schema.Superusers, "root@example.com"); err != nil {
		t.Fatal(err)
	}
	if got := code("", otp.Password); session(got) != nil {
		t.Error("a code alone signs in")
	}
}

func TestWhereASignInLeads(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for to, want := range map[string]string{
		"/_/c/posts?filter=a%3D1": "/_/c/posts?filter=a%3D1", "https://evil.example/_/": "/_/", "//evil.example/_/x": "/_/",
		"/_/../api": "/_/", "javascript:alert(1)": "/_/", `/\evil.example`: "/_/", "": "/_/", "/_/%2e%2e/x": "/_/",
	} {
		form := credentials("correct-horse")
		form.Set("to", to)
		if got := s.ask("POST", "/_/sign-in", form, nil).Header.Get("Location"); got != want {
			t.Errorf("to %q leads to %q, want %q", to, got, want)
		}
	}
}

func TestPagesAndTheirFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	page := s.ask("GET", "/_/", nil, nil)
	policy := page.Header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || page.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the headers of a page are %v", page.Header)
	}
	body := text(t, page)
	links := regexp.MustCompile(`(?:href|src)="(assets/[^"#]+)`).FindAllStringSubmatch(body, -1)
	if len(links) < 2 {
		t.Fatalf("the page loads nothing: %s", body)
	}
	for _, link := range links {
		got := s.ask("GET", "/_/"+link[1], nil, nil)
		if got.StatusCode != 200 || !strings.Contains(got.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s = %d %v", link[1], got.StatusCode, got.Header)
		}
	}
	for path, want := range map[string]int{
		"/_": 307, "/_/assets/x/console.css": 200, "/_/assets/x/nothing.js": 404,
		"/_/theme.css?v=0e6a80": 200, "/_/theme.css?v=}body{x": 404, "/_/nothing": 404,
	} {
		if got := s.ask("GET", path, nil, nil); got.StatusCode != want {
			t.Errorf("%s = %d, want %d", path, got.StatusCode, want)
		}
	}
}

// The files of GraphiQL are compressed in the binary: a client gets them in a coding that it
// accepts.
func TestCompressedFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, mediaType := range map[string]string{
		"page.js": "text/javascript; charset=utf-8", "prettify.js": "text/javascript; charset=utf-8", "graphql.worker.js": "text/javascript; charset=utf-8",
		"page.css": "text/css; charset=utf-8", "codicon.ttf": "font/ttf", "LICENSES.txt": "text/plain; charset=utf-8",
	} {
		path := graphiql.Files.Path(name)
		plain := text(t, s.ask("GET", path, nil, nil))
		for accept, encoding := range map[string]string{
			"": "", "identity": "", "gzip;q=0": "", "br": "", "gzip": "gzip", "gzip, deflate, br, zstd": "gzip", "deflate, GZIP;q=0.5": "gzip",
		} {
			for _, method := range []string{"GET", "HEAD"} {
				got := s.ask(method, path, nil, func(r *http.Request) { r.Header.Set("Accept-Encoding", accept) })
				h := got.Header
				if got.StatusCode != 200 || h.Get("Content-Type") != mediaType || h.Get("Content-Encoding") != encoding {
					t.Errorf("%s %s for %q = %d %v", method, name, accept, got.StatusCode, h)
				}
				varies := strings.Join(h.Values("Vary"), ",") == "Origin,Accept-Encoding"
				if !strings.Contains(h.Get("Cache-Control"), "immutable") || encoding != "" && method == "GET" && !varies {
					t.Errorf("%s %s for %q is kept as %v", method, name, accept, h)
				}
				if method == "GET" && unpacked(t, got) != plain {
					t.Errorf("%s for %q is another file", name, accept)
				}
			}
		}
		if len(plain) < 30_000 {
			t.Errorf("%s has %d bytes", name, len(plain))
		}
	}
	old := s.ask("GET", "/_/graphiql-assets/old/page.css", nil, nil)
	if old.StatusCode != 200 || old.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("a file of another version = %d %v", old.StatusCode, old.Header)
	}
}

func unpacked(t *testing.T, r *http.Response) string {
	t.Helper()
	if r.Header.Get("Content-Encoding") == "gzip" {
		packed, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		r.Body = packed
	}
	return text(t, r)
}

// TestConsoleBesideARootMount mounts a handler of the program at /: the console keeps its paths.
func TestConsoleBesideARootMount(t *testing.T) {
	t.Parallel()
	program := &api.Program{App: coretest.New(t)}
	program.Serve.BindFunc(func(e *api.ServeEvent) error {
		e.Mount("/", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("mine")) }))
		return e.Next()
	})
	handler, err := program.Handler()
	if err != nil {
		t.Fatal(err)
	}
	for path, mine := range map[string]bool{"/": true, "/elsewhere": true, "/_": false, "/_/": false, "/_/metrics": false, "/_/theme.css": false, "/api/health": false} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if strings.Contains(w.Body.String(), "mine") != mine {
			t.Errorf("GET %s = %d %.80s", path, w.Code, w.Body)
		}
	}
}

// If the log cannot be read, a rename says so and is possible nevertheless.
func TestRenameWithoutLogs(t *testing.T) {
	t.Parallel()
	if enginetest.Postgres() {
		t.Skip("the logs are in the database of the records")
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "logs.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := siteOf(t, coretest.Open(t, core.Config{Dir: dir}))
	coretest.Collection(t, s.app, `{"name":"posts"}`)
	in := s.signIn(t)
	form := url.Values{"name": {"entries"}}
	rename := func() *http.Response { return s.ask("POST", "/_/c/posts/fields", form, in) }
	asked := rename()
	if page := text(t, asked); asked.StatusCode != 200 || !strings.Contains(page, "The log could not count the requests with <code>posts</code>") {
		t.Fatalf("the dialog is %d %s", asked.StatusCode, page)
	}
	form.Set("_confirmed", "posts")
	if done := rename(); done.StatusCode != 303 || s.app.Snapshot().Find("entries") == nil {
		t.Errorf("the rename is answered with %d %s", done.StatusCode, text(t, done))
	}
}

// An address with the old name of a collection leads to the page with the present name. The old names
// of a deleted collection are not kept.
func TestOldNames(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	signedIn := s.signIn(t)
	in := coretest.Collection(t, s.app, `{"name":"posts"}`)
	kept := func() (ids map[string]string) {
		t.Helper()
		if err := s.app.Kept(t.Context(), record.Root(), "old names", &ids); err != nil {
			t.Fatal(err)
		}
		return ids
	}
	if _, err := s.app.Collections().Update(t.Context(), record.Root(), in.ID, []byte(`{"name":"articles"}`)); err != nil {
		t.Fatal(err)
	}
	if to := s.ask("GET", "/_/c/posts/rules", nil, signedIn).Header.Get("Location"); to != "/_/c/articles/rules" {
		t.Errorf("the old name leads to %q", to)
	}
	if got := kept(); got["posts"] != in.ID {
		t.Errorf("the old names are %v", got)
	}
	// In a full list, a name that is known gets the new id.
	full := map[string]string{"articles": s.app.Snapshot().Find(schema.Superusers).ID}
	for i := len(full); i < 1000; i++ {
		full["name"+strconv.Itoa(i)] = in.ID
	}
	fill := func(map[string]string) (map[string]string, error) { return full, nil }
	if err := core.ChangeKept(t.Context(), s.app, record.Root(), "old names", fill); err != nil {
		t.Fatal(err)
	}
	if _, err := s.app.Collections().Update(t.Context(), record.Root(), in.ID, []byte(`{"name":"essays"}`)); err != nil {
		t.Fatal(err)
	}
	if got := kept()["articles"]; got != in.ID {
		t.Errorf("in a full list, the old name has the id %q, want %q", got, in.ID)
	}
	if err := s.app.Collections().Delete(t.Context(), record.Root(), in.ID); err != nil {
		t.Fatal(err)
	}
	if got := kept(); len(got) > 0 {
		t.Errorf("after the deletion the old names are %v", got)
	}
}

// "By rule" without a rule is refused, also for a rule that allows everybody.
func TestARuleIsWritten(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	in := coretest.Collection(t, s.app, `{"name":"posts","listRule":""}`)
	sent := url.Values{"listRule.mode": {"rule"}}
	for _, text := range []string{"", " "} {
		sent.Set("listRule.text", text)
		if r := s.ask("POST", "/_/c/"+in.ID+"/rules", sent, s.signIn(t)); r.StatusCode != 422 {
			t.Errorf("the rule %q: status %d", text, r.StatusCode)
		}
	}
}
