package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/api/apitest"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

func value(names ...string) Handler {
	return func(w http.ResponseWriter, r *Request) error {
		var values []string
		for _, name := range names {
			values = append(values, name+"="+r.PathValue(name))
		}
		return JSON(w, 200, strings.Join(values, " "))
	}
}

// TestPatternsAreThoseOfNetHTTP compares the routes that chi finds with the routes that an
// http.ServeMux with the same patterns finds.
func TestPatternsAreThoseOfNetHTTP(t *testing.T) {
	t.Parallel()
	patterns := []string{
		"GET /a/{x}", "GET /a/b", "POST /a/{x}", "GET /a/b/{y}", "GET /a/{rest...}", "GET /a/b/", "GET /g/{x}/c", "GET /g/b/c", "GET /g/{rest...}",
		"GET /d/{$}", "GET /d/{x}/{y}", "HEAD /a/b", "DELETE /e/", "GET /e/{x}/f/{rest...}",
	}
	mux := http.NewServeMux()
	for _, p := range patterns {
		mux.HandleFunc(p, func(http.ResponseWriter, *http.Request) {})
	}
	server := serveOwn(t, func(e *ServeEvent) {
		for _, p := range patterns {
			method, path, _ := strings.Cut(p, " ")
			e.Route(method, path, func(w http.ResponseWriter, r *Request) error {
				w.Header().Set("X-Pattern", p)
				w.Header().Set("X-Values", r.PathValue("x")+","+r.PathValue("y")+","+r.PathValue("rest"))
				return nil
			})
		}
	})
	for _, request := range []string{
		"GET /a", "GET /a/", "GET /a/b", "GET /a/b/", "GET /a/b/z", "GET /a/q", "GET /a/q/c", "GET /a/b/c/d", "GET /g/q/c", "GET /g/b/c", "GET /g/b/d", "GET /a/q/r/s",
		"POST /a/b", "POST /a/b/c", "HEAD /a/b", "HEAD /a/q", "GET /d", "GET /d/", "GET /d/1/2", "GET /d/1", "DELETE /e/1/2", "GET /e/1/f/2/3",
		"GET /e/1/f/", "GET /a/%62", "GET /a/x%2Fy",
	} {
		method, path, _ := strings.Cut(request, " ")
		want, w := httptest.NewRequest(method, path, nil), httptest.NewRecorder()
		_, pattern := mux.Handler(want)
		mux.ServeHTTP(w, want)
		if w.Code >= 300 { // net/http redirects to the path with a slash; Loam does not
			pattern = ""
		}
		res, _, err := askOwn(t, server, method, path)
		if err != nil {
			t.Fatal(err)
		}
		values := want.PathValue("x") + "," + want.PathValue("y") + "," + want.PathValue("rest")
		if pattern == "" {
			values = ""
		}
		if res.Header.Get("X-Pattern") != pattern || res.Header.Get("X-Values") != values {
			t.Errorf("%s is answered by %q with %q, want %q with %q", request, res.Header.Get("X-Pattern"), res.Header.Get("X-Values"), pattern, values)
		}
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	mark := func(name string) Option {
		return Middleware(func(next Handler) Handler {
			return func(w http.ResponseWriter, r *Request) error {
				w.Header().Add("X-Mark", name)
				return next(w, r)
			}
		})
	}
	server := serveOwn(t, func(e *ServeEvent) {
		outer := e.Group("/teams/", mark("outer"))
		outer.Route("GET", "", value())
		inner := outer.Group("/{team}", mark("inner"))
		inner.Route("GET", "/members/{id}", value("team", "id"), mark("own"))
		inner.Route("GET", "/plain", value("team"))
	})
	for path, want := range map[string][2]string{
		"/teams":             {`""`, "outer"},
		"/teams/a/members/b": {`"team=a id=b"`, "outer,inner,own"},
		"/teams/a/plain":     {`"team=a"`, "outer,inner"},
	} {
		res, body, err := askOwn(t, server, "GET", path)
		if err != nil {
			t.Fatal(err)
		}
		if body != want[0] || strings.Join(res.Header["X-Mark"], ",") != want[1] {
			t.Errorf("GET %s = %s through %v, want %v", path, body, res.Header["X-Mark"], want)
		}
	}
}

// ownWithUsers returns a handler with two auth collections, and the tokens of an account of each
// and of a superuser.
func ownWithUsers(t *testing.T, add func(*ServeEvent)) (h http.Handler, p *Program, tokens map[string]string) {
	t.Helper()
	p = &Program{App: coretest.New(t)}
	p.Serve.BindFunc(func(e *ServeEvent) error { add(e); return nil })
	h, err := p.Handler()
	if err != nil {
		t.Fatal(err)
	}
	tokens = map[string]string{"guest": ""}
	for _, name := range []string{"members", "staff", "_superusers"} {
		if name != "_superusers" {
			coretest.Collection(t, p.App, `{"name":"`+name+`","type":"auth"}`)
		}
		coretest.Create(t, p.App, name, map[string]any{"id": "account0000" + strings.ReplaceAll(name, "_", "")[:4], "email": "ann@example.com", "password": "correct-horse", "passwordConfirm": "correct-horse"})
		tokens[name] = apitest.SignIn(t, h, name, "ann@example.com", "correct-horse")
	}
	return h, p, tokens
}

func TestGuards(t *testing.T) {
	t.Parallel()
	h, _, tokens := ownWithUsers(t, func(e *ServeEvent) {
		ok := value()
		e.Route("GET", "/anybody", ok, RequireAuth())
		e.Route("GET", "/members", ok, RequireAuth("members"))
		e.Route("GET", "/superusers", ok, RequireSuperuser())
		e.Route("GET", "/guests", ok, RequireGuest())
		e.Route("GET", "/owner/{who}", ok, RequireAuth("members", "_superusers"), RequireOwner("who"))
	})
	for _, test := range []struct {
		path                            string
		guest, member, staff, superuser int
	}{
		{"/anybody", 401, 200, 200, 200},
		{"/members", 401, 200, 403, 403},
		{"/superusers", 401, 403, 403, 200},
		{"/guests", 200, 400, 400, 400},
		{"/owner/account0000memb", 401, 200, 403, 200},
		{"/owner/another", 401, 403, 403, 200},
	} {
		for who, want := range map[string]int{"guest": test.guest, "members": test.member, "staff": test.staff, "_superusers": test.superuser} {
			status, body := apitest.Ask(t, h, tokens[who], "GET", test.path, "")
			if status != want || want >= 400 && !strings.Contains(body, `"data":{}`) {
				t.Errorf("GET %s as %s = %d %s, want %d", test.path, who, status, body, want)
			}
		}
		if status, _ := apitest.Ask(t, h, tokens["members"]+"x", "GET", test.path, ""); status != test.guest {
			t.Errorf("GET %s with a broken token = %d, want %d as for a guest", test.path, status, test.guest)
		}
	}
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	server := serveOwn(t, func(e *ServeEvent) {
		e.Route("POST", "/decoded", func(w http.ResponseWriter, r *Request) error {
			var v any
			if err := r.Decode(&v); err != nil {
				return err
			}
			return JSON(w, 200, v)
		}, BodyLimit(10))
		e.Route("POST", "/raw", func(_ http.ResponseWriter, r *Request) error {
			_, err := io.Copy(io.Discard, r.Body)
			return err
		}, BodyLimit(10))
		e.Route("POST", "/any", func(_ http.ResponseWriter, r *Request) error {
			n, err := io.Copy(io.Discard, r.Body)
			if n != 40<<20 {
				t.Errorf("read %d bytes", n)
			}
			return err
		}, BodyLimit(0))
		e.Route("POST", "/default", func(_ http.ResponseWriter, r *Request) error {
			_, err := io.Copy(io.Discard, r.Body)
			return err
		})
	})
	for _, test := range []struct {
		path   string
		size   int64
		length bool // whether the request announces the length of its body
		want   int
	}{
		{"/decoded", 10, true, 200}, {"/decoded", 11, true, 413}, {"/decoded", 11, false, 413},
		{"/raw", 10, false, 200}, {"/raw", 11, true, 413}, {"/raw", 11, false, 413},
		{"/any", 40 << 20, false, 200}, {"/default", 33 << 20, true, 413}, {"/default", 33 << 20, false, 413},
	} {
		body := io.LimitReader(repeated('1'), test.size)
		r, _ := http.NewRequest("POST", server.URL+test.path, io.NopCloser(body))
		r.Header.Set("Content-Type", "application/json")
		if test.length {
			r.ContentLength = test.size
		}
		res, err := server.Client().Do(r)
		if err != nil {
			t.Fatalf("%+v: %v", test, err)
		}
		text, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != test.want {
			t.Errorf("%+v = %d %s", test, res.StatusCode, text)
		}
	}
}

// repeated is an endless body of one repeated byte.
type repeated byte

func (b repeated) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(b)
	}
	return len(p), nil
}

// TestOwnRateLimit checks that the requests to two routes of a group are counted together for each
// client, and that superusers are not limited.
func TestOwnRateLimit(t *testing.T) {
	t.Parallel()
	h, _, tokens := ownWithUsers(t, func(e *ServeEvent) {
		limited := e.Group("/l", RateLimit(3, time.Hour))
		limited.Route("GET", "/one", value())
		limited.Route("GET", "/two", value())
		e.Route("GET", "/free", value())
	})
	for i, path := range []string{"/l/one", "/l/two", "/l/one", "/l/two", "/l/one", "/free"} {
		want := 200
		if i == 3 || i == 4 {
			want = 429
		}
		status, body := apitest.Ask(t, h, tokens["members"], "GET", path, "")
		if status != want {
			t.Errorf("request %d, GET %s = %d %s, want %d", i, path, status, body, want)
		}
		if status, _ = apitest.Ask(t, h, tokens["_superusers"], "GET", path, ""); status != 200 {
			t.Errorf("request %d of a superuser = %d", i, status)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/l/one", nil))
	if w.Code != 429 || w.Header().Get("Retry-After") == "" || w.Header().Get("RateLimit-Limit") != "3" {
		t.Errorf("one too many is %d with %v", w.Code, w.Header())
	}
}

func TestSkipRateLimits(t *testing.T) {
	t.Parallel()
	h, p, tokens := ownWithUsers(t, func(e *ServeEvent) {
		e.Route("GET", "/own/counted", value())
		e.Route("GET", "/own/free", value(), SkipRateLimits())
	})
	if _, err := p.App.Settings().Patch(t.Context(), record.Root(), []byte(`{"rateLimits":{"enabled":true,"rules":[{"label":"/own/","duration":60,"maxRequests":1}]}}`)); err != nil {
		t.Fatal(err)
	}
	for i, want := range map[string][2]int{"/own/counted": {200, 429}, "/own/free": {200, 200}} {
		for _, want := range want {
			if status, _ := apitest.Ask(t, h, tokens["members"], "GET", i, ""); status != want {
				t.Errorf("GET %s = %d, want %d", i, status, want)
			}
		}
	}
}

func TestOwnCORS(t *testing.T) {
	t.Parallel()
	p := &Program{App: coretest.New(t), Config: Config{Origins: []string{"https://app.example.com"}}}
	p.Serve.BindFunc(func(e *ServeEvent) error {
		e.Route("POST", "/open/{x}", value(), CORS("https://*.example.org"))
		e.Route("POST", "/closed", value(), CORS())
		e.Route("POST", "/common", value())
		return nil
	})
	h, err := p.Handler()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ path, origin, want string }{
		{"/open/1", "https://a.example.org", "https://a.example.org"},
		{"/open/1", "https://app.example.com", ""},
		{"/closed", "https://app.example.com", ""},
		{"/common", "https://app.example.com", "https://app.example.com"},
		{"/common", "https://a.example.org", ""},
		{"/nowhere", "https://app.example.com", "https://app.example.com"},
	} {
		for _, method := range []string{"OPTIONS", "POST"} {
			r := httptest.NewRequest(method, test.path, nil)
			r.Header.Set("Origin", test.origin)
			if method == "OPTIONS" {
				r.Header.Set("Access-Control-Request-Method", "POST")
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if got := w.Header().Get("Access-Control-Allow-Origin"); got != test.want {
				t.Errorf("%s %s from %s allows %q, want %q", method, test.path, test.origin, got, test.want)
			}
		}
	}
}

func TestSkipCompression(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("text ", 1000)
	server := serveOwn(t, func(e *ServeEvent) {
		e.Route("GET", "/usual", say(long))
		e.Route("GET", "/plain", say(long), SkipCompression())
	})
	for path, want := range map[string]string{"/usual": "gzip", "/plain": ""} {
		r, _ := http.NewRequest("GET", server.URL+path, nil)
		r.Header.Set("Accept-Encoding", "gzip")
		res, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.Header.Get("Content-Encoding") != want || res.Header.Get("No-Gzip-Compression") != "" {
			t.Errorf("GET %s has %v", path, res.Header)
		}
	}
}

// TestSkipLog checks which requests are in the logs that the server keeps.
func TestSkipLog(t *testing.T) {
	t.Parallel()
	h, _, tokens := ownWithUsers(t, func(e *ServeEvent) {
		e.Route("GET", "/told", value())
		e.Route("GET", "/silent", value(), SkipLog())
		e.Route("GET", "/silent/failing", func(http.ResponseWriter, *Request) error { return errors.New("broken") }, SkipLog())
		e.Mount("/mounted", http.FileServerFS(nil))
	})
	for _, path := range []string{"/told", "/silent", "/silent/failing"} {
		apitest.Ask(t, h, "", "GET", path, "")
	}
	_, body := apitest.Ask(t, h, tokens["_superusers"], "GET", "/api/logs?perPage=100&fields=data.url", "")
	for _, path := range []string{`"/told"`, `"/silent/failing"`} {
		if !strings.Contains(body, path) {
			t.Errorf("the logs do not have %s: %s", path, body)
		}
	}
	if strings.Contains(body, `"/silent"`) {
		t.Errorf("the logs have /silent: %s", body)
	}
}

func TestOwnRoutesAreDescribed(t *testing.T) {
	t.Parallel()
	type tree struct {
		Name string  `json:"name"`
		Kids []*tree `json:"kids"`
	}
	h, _, tokens := ownWithUsers(t, func(e *ServeEvent) {
		e.Route("POST", "/api/votes/{id}", value(), RequireAuth(), Doc{Summary: "Vote", Tag: "votes", Takes: struct {
			Stars int `json:"stars"`
		}{}, Answers: tree{}})
		e.Route("GET", "/pages/{rest...}", value())
		e.Route("GET", "/pages/{$}", value())
		e.Route("GET", "/secret", value(), RequireSuperuser())
	})
	read := func(who string) (paths map[string]map[string]struct {
		OperationID, Summary string
		Tags                 []string
		Security             []any
		Parameters           []struct{ Name string }
		RequestBody          *struct{}
	}, text string) {
		_, text = apitest.Ask(t, h, tokens[who], "GET", "/api/openapi.json", "")
		var document struct{ Paths json.RawMessage }
		if err := json.Unmarshal([]byte(text), &document); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(document.Paths, &paths); err != nil {
			t.Fatal(err)
		}
		return paths, text
	}
	paths, text := read("guest")
	vote := paths["/api/votes/{id}"]["post"]
	if vote.OperationID != "post_api_votes_id" || vote.Summary != "Vote" || vote.Tags[0] != "votes" || len(vote.Security) != 1 ||
		len(vote.Parameters) != 1 || vote.Parameters[0].Name != "id" || vote.RequestBody == nil {
		t.Errorf("the vote is described as %+v", vote)
	}
	for path, want := range map[string]string{"/pages/{rest}": "get_pages_rest", "/pages/": "get_pages_"} {
		if got := paths[path]["get"].OperationID; got != want {
			t.Errorf("%s has the id %q, want %q", path, got, want)
		}
	}
	if strings.Contains(text, "/secret") {
		t.Error("guests read of a route for superusers")
	}
	if paths, _ := read("_superusers"); paths["/secret"]["get"].Summary != "GET /secret" {
		t.Error("superusers do not read of their route")
	}
}

func TestUploadsAndObject(t *testing.T) {
	t.Parallel()
	server := serveOwn(t, func(e *ServeEvent) {
		e.Route("POST", "/up", func(w http.ResponseWriter, r *Request) error {
			object, err := r.Object()
			if err != nil {
				return err
			}
			files, err := r.Uploads()
			if err != nil {
				return err
			}
			content, err := files["picture"][0].Open()
			if err != nil {
				return err
			}
			defer content.Close()
			text, err := io.ReadAll(content)
			if err != nil {
				return err
			}
			return JSON(w, 200, map[string]any{"title": object["title"], "file": string(text), "name": files["picture"][0].OriginalName})
		})
	})
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	_ = parts.WriteField("title", "hello")
	file, _ := parts.CreateFormFile("picture", "a.txt")
	_, _ = io.WriteString(file, "content")
	_ = parts.Close()
	res, err := server.Client().Post(server.URL+"/up", parts.FormDataContentType(), &form)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if string(body) != `{"file":"content","name":"a.txt","title":"hello"}` {
		t.Errorf("POST /up = %d %s", res.StatusCode, body)
	}
}

func TestHTML(t *testing.T) {
	t.Parallel()
	server := serveOwn(t, func(e *ServeEvent) {
		e.Route("GET", "/page", func(w http.ResponseWriter, _ *Request) error {
			return HTML(w, 202, func(out io.Writer) error { _, err := io.WriteString(out, "<p>"); return err })
		})
		e.Route("GET", "/broken", func(w http.ResponseWriter, _ *Request) error {
			return HTML(w, 200, func(out io.Writer) error { _, _ = io.WriteString(out, "<p>"); return errors.New("broken") })
		})
	})
	res, body, err := askOwn(t, server, "GET", "/page")
	if err != nil || res.StatusCode != 202 || body != "<p>" || res.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("GET /page = %v %s, %v", res, body, err)
	}
	if res, body, err := askOwn(t, server, "GET", "/broken"); err != nil || res.StatusCode != 500 || strings.Contains(body, "<p>") {
		t.Errorf("GET /broken = %v %s, %v", res, body, err)
	}
}

// TestWrappedMiddleware checks that Wrap passes the request of the middleware on to the handler,
// and returns the error of the handler.
func TestWrappedMiddleware(t *testing.T) {
	t.Parallel()
	wrap := Wrap(func(next http.Handler) http.Handler { return http.StripPrefix("/w", next) })
	server := serveOwn(t, func(e *ServeEvent) {
		e.Route("GET", "/w/path", func(w http.ResponseWriter, r *Request) error { return JSON(w, 200, r.URL.Path) }, wrap)
		e.Route("GET", "/w/fails", func(http.ResponseWriter, *Request) error { return errNotAllowed() }, wrap)
	})
	if _, body, err := askOwn(t, server, "GET", "/w/path"); err != nil || body != `"/path"` {
		t.Errorf("the path is %s, %v", body, err)
	}
	if res, _, err := askOwn(t, server, "GET", "/w/fails"); err != nil || res.StatusCode != 403 {
		t.Errorf("the failure is %v, %v", res, err)
	}
}
