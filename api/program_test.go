package api

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/loambase/loam/api/apitest"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
)

func TestServeHook(t *testing.T) {
	app := coretest.New(t)
	p := &Program{App: app}
	mark := func(text string) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Add("X-Mark", text)
				next.ServeHTTP(w, r)
			})
		}
	}
	p.Serve.BindFunc(func(e *ServeEvent) error {
		e.Use(mark("outer"))
		e.Use(mark("inner"))
		e.Route(http.MethodGet, "/hello/{name}", func(w http.ResponseWriter, r *Request) error {
			_, err := fmt.Fprintf(w, "hello %s, superuser %v", r.PathValue("name"), r.Caller.Superuser())
			return err
		})
		e.Route(http.MethodGet, "/api/failing/{how}", func(_ http.ResponseWriter, r *Request) error {
			switch r.PathValue("how") {
			case "fault":
				return fault.New(fault.Forbidden, "Not you.")
			case "panic":
				panic("oh")
			}
			return errors.New("a secret")
		})
		e.Mount("/files", http.FileServerFS(fstest.MapFS{"x": {Data: []byte("a file")}}))
		return nil
	})
	h, err := p.Handler()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()
	for _, test := range []struct {
		path   string
		status int
		want   string
	}{
		{"/hello/ann", 200, "hello ann, superuser false"},
		{"/api/failing/fault", 403, `"message":"Not you."`},
		{"/api/failing/panic", 500, `"status":500`},
		{"/api/failing/error", 500, `"status":500`},
		{"/api/health", 200, `"code":200`},
		{"/files/x", 200, "a file"},
		{"/files/y", 404, "404 page not found"},
		{"/api/nothing", 404, `"status":404`},
	} {
		response, err := http.Get(server.URL + test.path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != test.status || !strings.Contains(string(body), test.want) || strings.Contains(string(body), "secret") {
			t.Errorf("GET %s = %d %s, want %d with %s", test.path, response.StatusCode, body, test.status, test.want)
		}
		if got := fmt.Sprint(response.Header["X-Mark"]); got != "[outer inner]" {
			t.Errorf("GET %s passed %s", test.path, got)
		}
	}
}

func TestServeHookThatFails(t *testing.T) {
	t.Parallel()
	p := &Program{App: core.New(core.Config{Dir: t.TempDir(), DB: coretest.DB(t)})}
	failed := errors.New("failed")
	p.Serve.BindFunc(func(*ServeEvent) error { return failed })
	if err := p.Server().Start(t.Context(), listen(t)); !errors.Is(err, failed) {
		t.Errorf("Start: %v, want the error of the hook", err)
	}
	if err := p.App.Open(t.Context(), core.Serve); err != nil {
		t.Errorf("the app was not closed: %v", err)
	}
	if err := p.App.Close(); err != nil {
		t.Error(err)
	}
}

func TestRoutesThatCannotBeAdded(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	none := func(http.ResponseWriter, *Request) error { return nil }
	for _, test := range []struct {
		add  func(*ServeEvent)
		want string
	}{
		{func(e *ServeEvent) { e.Route("GET", "/api/health", none) }, "route GET /api/health: Loam has this route already"},
		{func(e *ServeEvent) { e.Route("GET", "/api/collections/{name}", none) }, "Loam has this route already"},
		{func(e *ServeEvent) { e.Route("GET", "/a/{x}", none); e.Route("GET", "/a/{y}", none) }, "has this route already (GET /a/{x})"},
		{func(e *ServeEvent) { e.Route("GET", "a", none) }, "route GET a: "},
		{func(e *ServeEvent) { e.Route("BREW", "/a", none) }, "route BREW /a: "},
		{func(e *ServeEvent) { e.Route("GET", "/a/{x", none) }, "route GET /a/{x: "},
		{func(e *ServeEvent) { e.Route("GET", "/a/{x}/{x}", none) }, "route GET /a/{x}/{x}: "},
		{func(e *ServeEvent) { e.Route("GET", "/*/x", none) }, "route GET /*/x: "},
		{func(e *ServeEvent) { e.Route("GET", "/x/{rest...}/y", none) }, "route GET /x/{rest...}/y: "},
		{func(e *ServeEvent) { e.Route("GET", "/x/*", none) }, `the rest of a path is written "{rest...}"`},
		{func(e *ServeEvent) { e.Route("GET", "/x/a{b}", none) }, "route GET /x/a{b}: "},
		{func(e *ServeEvent) { e.Route("GET", "/x/{a}/b", none); e.Route("GET", "/x/a/{b}", none) }, "match GET /x/{a}/b of program_test.go:"},
		{func(e *ServeEvent) { e.Route("GET", "/_/x", none) }, "paths below /_/ are the console's"},
		{func(e *ServeEvent) { e.Route("GET", "/x", none, nil) }, "an option is nil"},
		{func(e *ServeEvent) { e.Group("/x", Middleware(nil)).Route("GET", "/y", none) }, "route GET /x/y: an option is nil"},
		{func(e *ServeEvent) { e.Route("", "/x", none) }, "route  /x: "},
		{func(e *ServeEvent) { e.Route("GET", "/x", nil) }, "the handler is nil"},
		{func(e *ServeEvent) { e.Route("HEAD", "/api/health", none) }, "Loam has this route already"},
		{func(e *ServeEvent) { e.Route("GET", "/a//b", none) }, "repeated slashes or dots"},
		{func(e *ServeEvent) { e.Route("GET", "/a/../b", none) }, "repeated slashes or dots"},
		{func(e *ServeEvent) { e.Route("GET", "/a?b=c", none) }, "a query is no part of a path"},
		{func(e *ServeEvent) { e.Mount("/a", http.NotFoundHandler()); e.Mount("/a", http.NotFoundHandler()) }, "mount /a: "},
		{func(e *ServeEvent) { e.Route("GET", "/a/{$}", none); e.Mount("/a", http.NotFoundHandler()) }, "which is in the way"},
		{func(e *ServeEvent) { e.Mount("/a/{x}", http.NotFoundHandler()) }, "no names in it"},
		{func(e *ServeEvent) { e.Mount("/a", nil) }, "mount /a: the handler is nil"},
		{func(e *ServeEvent) { e.Mount("/api", http.NotFoundHandler()) }, "routes of Loam are below this path"},
		{func(e *ServeEvent) { e.Use(nil) }, "the middleware is nil"},
	} {
		p := &Program{App: app}
		p.Serve.BindFunc(func(e *ServeEvent) error { test.add(e); return nil })
		if _, err := p.Handler(); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "program_test.go:") {
			t.Errorf("Handler: %v, want %s and the line that added it", err, test.want)
		}
	}
}

// TestHandlerIsMadeOnce checks that further calls of Handler make no second handler, which would
// observe the changes and cache tokens again.
func TestHandlerIsMadeOnce(t *testing.T) {
	t.Parallel()
	runs := 0
	p := &Program{App: coretest.New(t)}
	p.Serve.BindFunc(func(*ServeEvent) error { runs++; return nil })
	first, err := p.Handler()
	if err != nil {
		t.Fatal(err)
	}
	auth := p.Server().Auth
	again, err := p.Handler()
	if err != nil || fmt.Sprintf("%p", again) != fmt.Sprintf("%p", first) || p.Server().Auth != auth || runs != 1 {
		t.Errorf("another handler, %v, after %d runs of the hooks", err, runs)
	}
}

func TestRequestBody(t *testing.T) {
	p := &Program{App: coretest.New(t)}
	p.Serve.BindFunc(func(e *ServeEvent) error {
		e.Route(http.MethodPost, "/double", func(w http.ResponseWriter, r *Request) error {
			var in struct{ N int }
			if err := r.Decode(&in); err != nil {
				return err
			}
			return JSON(w, http.StatusCreated, map[string]int{"n": 2 * in.N})
		})
		return nil
	})
	h, err := p.Handler()
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{
		`{"n":4}`:   `201 {"n":8}`,
		``:          `201 {"n":0}`,
		`{"n":`:     `400 {"data":{}`,
		`{"n":"x"}`: `400 {"data":{}`,
	} {
		status, answer := apitest.Ask(t, h, "", http.MethodPost, "/double", body)
		if got := fmt.Sprint(status, " ", answer); !strings.HasPrefix(got, want) {
			t.Errorf("POST %q = %s, want %s", body, got, want)
		}
	}
}
