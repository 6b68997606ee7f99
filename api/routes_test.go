package api

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/loambase/loam/core/coretest"
)

// serveOwn returns a server with the routes and middleware that add adds.
func serveOwn(t *testing.T, add func(*ServeEvent)) *httptest.Server {
	t.Helper()
	p := &Program{App: coretest.New(t)}
	p.Serve.BindFunc(func(e *ServeEvent) error { add(e); return e.Next() })
	h, err := p.Handler()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

func say(text string) func(http.ResponseWriter, *Request) error {
	return func(w http.ResponseWriter, _ *Request) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// askOwn returns the answer, its body, and the error of the request or of reading the body.
func askOwn(t *testing.T, server *httptest.Server, method, path string) (*http.Response, string, error) {
	t.Helper()
	r, err := http.NewRequest(method, server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := server.Client().Do(r)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res, string(body), err
}

// TestOwnRouteAnswersHead checks that routes of GET answer HEAD too, as the routes of the server
// do. Monitors and caches send HEAD.
func TestOwnRouteAnswersHead(t *testing.T) {
	t.Parallel()
	server := serveOwn(t, func(e *ServeEvent) {
		e.Route("GET", "/hello", say("hello"))
		e.Route("GET", "/both", say("get"))
		e.Route("HEAD", "/both", func(w http.ResponseWriter, _ *Request) error {
			w.Header().Set("X-Own", "head")
			return nil
		})
		e.Route("POST", "/only", say("post"))
	})
	for path, want := range map[string]int{"/hello": 200, "/both": 200, "/only": 404} {
		res, body, err := askOwn(t, server, "HEAD", path)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != want || body != "" || (res.Header.Get("X-Own") == "head") != (path == "/both") {
			t.Errorf("HEAD %s = %d %q, X-Own %q; want %d", path, res.StatusCode, body, res.Header.Get("X-Own"), want)
		}
	}
}

// TestOwnMiddlewareSeesPreflights checks that the middleware of the program wraps all handlers,
// including the one for CORS preflights.
func TestOwnMiddlewareSeesPreflights(t *testing.T) {
	t.Parallel()
	server := serveOwn(t, func(e *ServeEvent) {
		e.Use(func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Seen", r.Method)
				next.ServeHTTP(w, r)
			})
		})
	})
	for _, path := range []string{"/api/health", "/nope//x"} {
		res, _, err := askOwn(t, server, "OPTIONS", path)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != 204 || res.Header.Get("X-Seen") != "OPTIONS" || res.Header.Get("Cross-Origin-Opener-Policy") != "" {
			t.Errorf("OPTIONS %s = %d, seen %q", path, res.StatusCode, res.Header.Get("X-Seen"))
		}
	}
}

// TestBrokenAnswerLooksBroken fails in the middle of an answer. The connection must break: a client
// would take a complete 200 with an error at its end for a valid answer.
func TestBrokenAnswerLooksBroken(t *testing.T) {
	t.Parallel()
	ends := map[string]func() error{
		"error": func() error { return errors.New("broken") },
		"panic": func() error { panic("broken") },
		"abort": func() error { panic(http.ErrAbortHandler) },
	}
	server := serveOwn(t, func(e *ServeEvent) {
		e.Route("GET", "/part", func(w http.ResponseWriter, r *Request) error {
			how := r.URL.Query()
			if how.Has("typed") {
				w.Header().Set("Content-Type", "text/plain")
			}
			size, _ := strconv.Atoi(how.Get("size"))
			for range size / 1000 {
				io.WriteString(w, strings.Repeat("x", 1000))
				if how.Has("flush") {
					_ = http.NewResponseController(w).Flush()
				}
			}
			return ends[how.Get("end")]()
		})
	})
	for end := range ends {
		for _, size := range []int{1000, 10_000, 100_000} {
			for _, how := range []string{"", "&flush", "&typed", "&flush&typed"} {
				path := fmt.Sprintf("/part?end=%s&size=%d%s", end, size, how)
				res, body, err := askOwn(t, server, "GET", path)
				if err == nil && res.StatusCode == 200 {
					t.Errorf("%s is a whole answer that ends in %q", path, body[max(0, len(body)-60):])
				}
			}
		}
	}
}

func TestMountStripsItsPath(t *testing.T) {
	t.Parallel()
	server := serveOwn(t, func(e *ServeEvent) {
		e.Mount("/files", http.FileServerFS(fstest.MapFS{"a.txt": {Data: []byte("a")}}))
		e.Mount("/echo/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) }))
	})
	for path, want := range map[string]string{"/files/a.txt": "a", "/echo/x/y": "/x/y", "/echo/": "/", "/echo/a%2Fb": "/a/b"} {
		res, body, err := askOwn(t, server, "GET", path)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != 200 || body != want {
			t.Errorf("GET %s = %d %q, want %q", path, res.StatusCode, body, want)
		}
	}
}
