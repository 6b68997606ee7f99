package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/loambase/loam/api/apitest"
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
		e.Route(http.MethodGet, "/api/health", func(w http.ResponseWriter, _ *Request) error { return errors.New("mine") })
		e.Mount("/files", http.StripPrefix("/files", http.NotFoundHandler()))
		return nil
	})
	h, err := Config{serve: &p.Serve}.handler(app)
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
		{"/files/x", 404, "404 page not found"},
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
	app := coretest.New(t)
	p := &Program{App: app}
	failed := errors.New("failed")
	p.Serve.BindFunc(func(*ServeEvent) error { return failed })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if err := Serve(context.Background(), app, listener, Config{serve: &p.Serve}); !errors.Is(err, failed) {
		t.Errorf("Serve: %v, want the error of the hook", err)
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
