package middleware

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/logs"
	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/internal/request"
)

var silent = slog.New(slog.DiscardHandler)

// answer returns a handler that answers with the status, the content type and the body.
func answer(status int, contentType, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
}

// track wraps a handler in the outermost middleware of a server without accounts.
func track(h http.Handler) http.Handler {
	return request.New(request.Config{Settings: settings.Defaults, Log: func() *slog.Logger { return silent }}).Track(h)
}

func serve(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestRecover(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := track(Recover(slog.New(slog.NewTextHandler(&log, nil)))(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("ouch") })))
	res := serve(h, httptest.NewRequest(http.MethodGet, "/x?secret=1", nil))
	body, _ := io.ReadAll(res.Body)
	if want := `{"data":{},"message":"Something went wrong while processing your request.","status":500}`; res.StatusCode != 500 || string(body) != want {
		t.Errorf("status %d, body %s; want 500, %s", res.StatusCode, body, want)
	}
	id := res.Header.Get("X-Request-Id")
	if line := log.String(); id == "" || !strings.Contains(line, id) || !strings.Contains(line, "ouch") || strings.Contains(line, "secret") {
		t.Errorf("id %q, log %s; want the id and the cause but not the query in the log", id, line)
	}
}

func TestRecoverBreaksOffWhatHasBegun(t *testing.T) {
	t.Parallel()
	half := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, strings.Repeat("half", 1000))
		panic(errors.New("ouch"))
	})
	server := httptest.NewServer(track(Recover(silent)(Compress(half))))
	defer server.Close()
	for _, accept := range []string{"identity", "gzip", "zstd"} {
		r, err := http.NewRequest(http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", accept)
		res, err := server.Client().Do(r)
		if err == nil {
			_, err = io.ReadAll(res.Body)
			res.Body.Close()
		}
		if err == nil {
			t.Errorf("%s: the answer looks complete", accept)
		}
	}
}

func TestCORS(t *testing.T) {
	t.Parallel()
	some := []string{"https://app.example.com", "https://*.example.org", "http://localhost:300?"}
	tests := []struct {
		name            string
		origins         []string
		method, origin  string
		status          int
		allow, vary     string
		methods, header string
	}{
		{"no origin", nil, "GET", "", 200, "", "Origin", "", ""},
		{"any origin", nil, "GET", "https://x.test", 200, "*", "Origin", "", ""},
		{"listed", some, "GET", "https://app.example.com", 200, "https://app.example.com", "Origin", "", ""},
		{"letter case", some, "GET", "https://APP.example.com", 200, "https://APP.example.com", "Origin", "", ""},
		{"sub-domain", some, "GET", "https://a.b.example.org", 200, "https://a.b.example.org", "Origin", "", ""},
		{"no sub-domain", some, "GET", "https://example.org", 200, "", "Origin", "", ""},
		{"one character", some, "GET", "http://localhost:3001", 200, "http://localhost:3001", "Origin", "", ""},
		{"two characters", some, "GET", "http://localhost:30011", 200, "", "Origin", "", ""},
		{"not listed", some, "GET", "https://evil.test", 200, "", "Origin", "", ""},
		{"suffix", some, "GET", "https://app.example.com.evil.test", 200, "", "Origin", "", ""},
		{"preflight", nil, "OPTIONS", "https://x.test", 204, "*",
			"Origin,Access-Control-Request-Method,Access-Control-Request-Headers", "GET,HEAD,PUT,PATCH,POST,DELETE", "x-a, x-b"},
		{"preflight of another", some, "OPTIONS", "https://evil.test", 204, "",
			"Origin,Access-Control-Request-Method,Access-Control-Request-Headers", "", ""},
		{"preflight without origin", nil, "OPTIONS", "", 204, "",
			"Origin,Access-Control-Request-Method,Access-Control-Request-Headers", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(test.method, "/", nil)
			if test.origin != "" {
				r.Header.Set("Origin", test.origin)
			}
			if test.method == "OPTIONS" {
				r.Header.Set("Access-Control-Request-Headers", "x-a, x-b")
			}
			res := serve(CORS(test.origins, nil)(Secure(Preflight(answer(200, "text/plain", "")))), r)
			if res.StatusCode != test.status {
				t.Errorf("status = %d, want %d", res.StatusCode, test.status)
			}
			for name, want := range map[string]string{
				"Access-Control-Allow-Origin": test.allow, "Access-Control-Allow-Methods": test.methods,
				"Access-Control-Allow-Headers": test.header, "Vary": test.vary,
				"Access-Control-Allow-Credentials": "", "Access-Control-Max-Age": "",
			} {
				if got := strings.Join(res.Header.Values(name), ","); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
			exposed := ""
			if test.allow != "" && test.method != "OPTIONS" {
				exposed = "ETag, X-Request-Id, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"
			}
			if got := res.Header.Get("Access-Control-Expose-Headers"); got != exposed {
				t.Errorf("exposed: %q, want %q", got, exposed)
			}
			if secured := res.Header.Get("X-Frame-Options") != ""; secured != (test.method != "OPTIONS") {
				t.Errorf("security headers: %t", secured)
			}
		})
	}
}

func TestWildcard(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "abc", true}, {"?", "", false}, {"?", "a", true},
		{"a*c", "abbc", true}, {"a*c", "abcb", false}, {"a*b*c", "axbxbxc", true}, {"**a", "bba", true}, {"a**", "a", true},
		{"*.x", ".x", true}, {"a?c", "abc", true}, {"a?c", "ac", false},
		{strings.Repeat("a*", 50) + "b", strings.Repeat("a", 1000), false},
	} {
		if got := wildcard(test.pattern, test.s); got != test.want {
			t.Errorf("wildcard(%.20q, %.20q) = %t, want %t", test.pattern, test.s, got, test.want)
		}
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"/": "", "/api/health": "", "/a/b/": "", "/.well-known/x": "", "/a/.b": "", "/a..b/c.": "",
		"//": "/", "//evil.test/": "/evil.test/", "/a//b": "/a/b", "/a/./b": "/a/b", "/a/../b?q=1&r=%2F": "/b?q=1&r=%2F",
		"/../../etc": "/etc", "/a/..": "/", "/a/b/..": "/a", "/a/%2e%2e/b": "/b", "/a//": "/a/", `/\evil.test//`: "/%5Cevil.test/",
	} {
		r := httptest.NewRequest(http.MethodGet, "http://host"+target, nil)
		res := serve(Clean(answer(200, "text/plain", "")), r)
		status := http.StatusTemporaryRedirect
		if want == "" {
			status = http.StatusOK
		}
		if got := res.Header.Get("Location"); res.StatusCode != status || got != want {
			t.Errorf("%s: status %d to %q, want %d to %q", target, res.StatusCode, got, status, want)
		}
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	failing := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := request.From(r.Context())
		q.Route = &request.Route{Label: "*:list"}
		q.Fail(w, r, &fault.Error{Kind: fault.Invalid, Reason: "unknown field nope"})
	})
	h := track(Log(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})), logs.New(logs.Config{}))(failing))
	res := serve(h, httptest.NewRequest(http.MethodGet, "/a?filter=nope%3D1&token=hush&%74oken=hush&resetCode=hush&page=2&b%zz=hush", nil))
	line := out.String()
	for _, part := range []string{
		"request=" + res.Header.Get("X-Request-Id"), "method=GET path=/a", `query="filter=nope=1&token=…&%74oken=…&resetCode=…&page=2&b%zz=…"`,
		"route=*:list caller=guest", "status=400", `reason="invalid: unknown field nope"`, "took=",
	} {
		if !strings.Contains(line, part) {
			t.Errorf("the line misses %s: %s", part, line)
		}
	}
	if strings.Contains(line, "hush") {
		t.Errorf("a secret is logged: %s", line)
	}
	out.Reset()
	serve(track(Log(slog.New(slog.NewTextHandler(&out, nil)), logs.New(logs.Config{}))(failing)), httptest.NewRequest(http.MethodGet, "/a", nil))
	if out.Len() > 0 {
		t.Errorf("above the debug level a request is logged: %s", out.String())
	}
}

func TestCompress(t *testing.T) {
	t.Parallel()
	long := strings.Repeat(`{"title":"compress me"},`, 400)
	tests := []struct {
		name, method, accept string
		h                    http.Handler
		encoding             string
	}{
		{"gzip", "GET", "gzip", sized("application/json", long), "gzip"},
		{"zstd", "GET", "gzip, zstd", sized("application/json", long), "zstd"},
		{"error", "GET", "gzip", answer(400, "application/json", long), "gzip"},
		{"unknown length", "GET", "gzip", answer(200, "text/html; charset=utf-8", long), "gzip"},
		{"not accepted", "GET", "br", sized("application/json", long), ""},
		{"nothing accepted", "GET", "", sized("application/json", long), ""},
		{"short", "GET", "gzip", sized("application/json", long[:minCompressed-1]), ""},
		{"long enough", "GET", "gzip", sized("application/json", long[:minCompressed]), "gzip"},
		{"compressed type", "GET", "gzip", sized("image/png", long), ""},
		{"events", "GET", "gzip", answer(200, "text/event-stream", long), ""},
		{"compressed already", "GET", "gzip", with("Content-Encoding", "br", sized("text/css", long)), "br"},
		{"part", "GET", "gzip", with("Content-Range", "bytes 0-9999/20000", answer(206, "text/css", long)), ""},
		{"no type", "GET", "gzip", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, long) }), "gzip"},
		{"preferred", "GET", "zstd;q=0.5, gzip", sized("application/json", long), "gzip"},
		{"letter case", "GET", "GZIP", sized("application/json", long), "gzip"},
		{"refused", "GET", "zstd;q=0, gzip;q=0", sized("application/json", long), ""},
		{"not modified", "GET", "gzip", with("Etag", `W/"x"`, answer(304, "application/json", "")), ""},
		{"copied", "GET", "zstd", copied("text/css", long), "zstd"},
		{"copied as it is", "GET", "gzip", copied("image/png", long), ""},
		{"head of a copied one", "HEAD", "gzip", copied("image/png", long), ""},
		{"head", "HEAD", "gzip", sized("application/json", long), ""},
		{"head of a short one", "HEAD", "gzip", sized("application/json", "{}"), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(CORS(nil, nil)(Compress(test.h)))
			defer server.Close()
			plain := fetch(t, server, test.method, "")
			got := fetch(t, server, test.method, test.accept)
			if enc := got.Header.Get("Content-Encoding"); enc != test.encoding {
				t.Fatalf("Content-Encoding = %q, want %q", enc, test.encoding)
			}
			if got.StatusCode != plain.StatusCode {
				t.Errorf("status = %d, want %d", got.StatusCode, plain.StatusCode)
			}
			if a, b := decompress(t, got), decompress(t, plain); a != b {
				t.Errorf("%d bytes %.40q, want %d bytes %.40q", len(a), a, len(b), b)
			}
			ours := test.encoding == "gzip" || test.encoding == "zstd"
			if vary := strings.Join(got.Header.Values("Vary"), ","); ours && vary != "Origin,Accept-Encoding" {
				t.Errorf("Vary = %q", vary)
			}
			if ranges := got.Header.Get("Accept-Ranges"); ours && ranges != "" {
				t.Errorf("Accept-Ranges = %q of what was compressed", ranges)
			}
			if ours && got.ContentLength == plain.ContentLength {
				t.Errorf("Content-Length = %d, that of the plain answer", got.ContentLength)
			}
		})
	}
}

// sender is a ResponseWriter with ReadFrom, which records that a file was sent.
type sender struct {
	*httptest.ResponseRecorder
	sent bool
}

func (s *sender) ReadFrom(r io.Reader) (int64, error) {
	s.sent = true
	return s.Body.ReadFrom(r)
}

// TestCompressLetsFilesPass checks that a file that is not compressed reaches the ReadFrom of the
// connection, also if the client accepts compressed answers.
func TestCompressLetsFilesPass(t *testing.T) {
	t.Parallel()
	for contentType, want := range map[string]bool{"image/png": true, "text/plain": false} {
		w := &sender{ResponseRecorder: httptest.NewRecorder()}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Encoding", "gzip")
		Compress(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", contentType)
			http.ServeContent(w, r, "", time.Time{}, strings.NewReader(strings.Repeat("content", 1000)))
		})).ServeHTTP(w, r)
		if w.sent != want || w.Code != http.StatusOK || want != (w.Body.Len() == 7000) {
			t.Errorf("%s: sent as a file: %t, %d with %d bytes", contentType, w.sent, w.Code, w.Body.Len())
		}
	}
}

// sized returns a handler that sets a Content-Length.
func sized(contentType, body string) http.Handler {
	return with("Content-Length", strconv.Itoa(len(body)), with("Accept-Ranges", "bytes", answer(200, contentType, body)))
}

// copied returns a handler that answers with io.Copy, as for a file.
func copied(contentType, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		io.Copy(w, struct{ io.Reader }{strings.NewReader(body)})
	})
}

func with(name, value string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(name, value)
		next.ServeHTTP(w, r)
	})
}

func fetch(t *testing.T, server *httptest.Server, method, accept string) *http.Response {
	t.Helper()
	r, err := http.NewRequest(method, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", accept)
	client := server.Client()
	client.Transport.(*http.Transport).DisableCompression = true // the client must not decompress
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

func decompress(t *testing.T, res *http.Response) string {
	t.Helper()
	var in io.Reader = res.Body
	switch body, err := io.ReadAll(res.Body); {
	case err != nil:
		t.Fatal(err)
	case len(body) == 0: // an answer to HEAD
		return ""
	default:
		in = bytes.NewReader(body)
	}
	switch res.Header.Get("Content-Encoding") {
	case "gzip":
		z, err := gzip.NewReader(in)
		if err != nil {
			t.Fatal(err)
		}
		in = z
	case "zstd":
		z, err := zstd.NewReader(in)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		in = z
	}
	text, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestCompressFlushes(t *testing.T) {
	t.Parallel()
	step := make(chan struct{})
	server := httptest.NewServer(Compress(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, "first")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-step
	})))
	defer server.Close()
	defer close(step)
	res := fetch(t, server, "GET", "gzip")
	z, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 5)
	if _, err := io.ReadFull(z, got); err != nil || string(got) != "first" {
		t.Errorf("before the end: %q, %v", got, err)
	}
}

func BenchmarkStack(b *testing.B) {
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{"application/json"}
		w.WriteHeader(200)
	})
	for _, wrap := range []func(http.Handler) http.Handler{Compress, Clean, Secure, CORS(nil, nil), Recover(silent), Log(silent, logs.New(logs.Config{})), track} {
		h = wrap(h)
	}
	r := httptest.NewRequest(http.MethodGet, "/api/collections/posts/records/abcdefghijklmno", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	w := &discard{}
	b.ReportAllocs()
	for b.Loop() {
		w.header = http.Header{}
		h.ServeHTTP(w, r)
	}
}

type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}
