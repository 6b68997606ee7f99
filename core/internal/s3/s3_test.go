package s3

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/coretest/s3test"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/blobtest"
	"github.com/loambase/loam/core/internal/s3/ambient"
	"github.com/loambase/loam/internal/trace"
)

const testPart = 64 << 10

func newStore(t *testing.T, server *s3test.Server) *Store {
	t.Helper()
	s, err := New(Config{Endpoint: server.URL, Bucket: s3test.Bucket, Region: s3test.Region,
		AccessKey: s3test.AccessKey, Secret: s3test.Secret, PathStyle: true})
	if err != nil {
		t.Fatal(err)
	}
	s.part, s.pause = testPart, time.Microsecond
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, testPart, func(t *testing.T) blob.Store {
		server := s3test.Start(t)
		t.Cleanup(func() {
			if n := server.Uploads(); n > 0 {
				t.Errorf("%d uploads were not given up", n)
			}
		})
		return newStore(t, server)
	})
}

// TestSignature compares signatures with the examples in the documentation of AWS.
func TestSignature(t *testing.T) {
	t.Parallel()
	s, err := New(Config{Endpoint: "https://s3.amazonaws.com", Bucket: "examplebucket", Region: "us-east-1",
		AccessKey: "AKIAIOSFODNN7EXAMPLE", Secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"})
	if err != nil {
		t.Fatal(err)
	}
	s.now = func() time.Time { return time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC) }
	for query, want := range map[string]string{
		"lifecycle=":          "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
		"max-keys=2&prefix=J": "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
	} {
		r, err := http.NewRequest(http.MethodGet, s.base.String()+"/?"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		s.sign(r, ambient.Keys{AccessKey: s.cfg.AccessKey, Secret: s.cfg.Secret}, "/", nil)
		if got := r.Header.Get("Authorization"); !strings.HasSuffix(got, "Signature="+want) || r.URL.Host != "examplebucket.s3.amazonaws.com" {
			t.Errorf("%s: %s", query, got)
		}
	}
}

// TestRequestsAreSentAgain: requests are sent again after temporary failures of the store, and
// only then.
func TestRequestsAreSentAgain(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	var n atomic.Int64
	status := http.StatusServiceUnavailable
	server.Fail = func(*http.Request) int {
		if n.Add(1)%3 != 0 {
			return status
		}
		return 0
	}
	s := newStore(t, server)
	text := strings.Repeat("0123456789", testPart/4)
	if err := s.Put(t.Context(), "a/b", strings.NewReader(text), blob.UnknownSize, blob.Attributes{}); err != nil {
		t.Fatal(err)
	}
	b, err := s.Open(t.Context(), "a/b")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if got, err := io.ReadAll(b); err != nil || string(got) != text {
		t.Errorf("%d bytes came back, %v", len(got), err)
	}
	status = http.StatusForbidden
	n.Store(0)
	var answer *Error
	if _, err := s.Open(t.Context(), "a/b"); !errors.As(err, &answer) || answer.Status != 403 || n.Load() != 1 {
		t.Errorf("Open that is refused = %v after %d requests", err, n.Load())
	}
}

func TestFailuresSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	good := newStore(t, server)
	if err := good.Check(t.Context(), "probe"); err != nil || len(server.Keys()) != 0 {
		t.Errorf("Check = %v, left %v", err, server.Keys())
	}
	for want, change := range map[string]func(*Config){
		"SignatureDoesNotMatch": func(c *Config) { c.Secret = "other" },
		"NoSuchBucket":          func(c *Config) { c.Bucket = "other" },
		"connection refused":    func(c *Config) { c.Endpoint = "http://127.0.0.1:1" },
	} {
		cfg := good.cfg
		change(&cfg)
		s, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		s.pause = time.Microsecond
		if err := s.Check(t.Context(), "probe"); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), cfg.Secret) {
			t.Errorf("Check = %v, want %s", err, want)
		}
		if _, err := s.Open(t.Context(), "x"); want == "NoSuchBucket" && errors.Is(err, fs.ErrNotExist) {
			t.Logf("HEAD has no body to tell a missing bucket by")
		}
	}
	for _, endpoint := range []string{"", "ftp://x", "http://", "http://u:p@host", "http://host/?q"} {
		if _, err := New(Config{Endpoint: endpoint, Bucket: "b"}); err == nil {
			t.Errorf("New with the endpoint %q: no error", endpoint)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := good.Put(ctx, "a", strings.NewReader("x"), 1, blob.Attributes{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Put that was cancelled = %v", err)
	}
}

// TestSweep: uploads of processes that have ended are aborted, but not those of other owners.
func TestSweep(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	s := newStore(t, server)
	begin := func(key string) {
		t.Helper()
		if err := s.call(t.Context(), request{method: http.MethodPost, path: key, query: url.Values{"uploads": {""}}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"c/r/a b.txt", "c/r/a b.txt", "other/x", "c/r/c", "c/r/d"} {
		begin(key)
	}
	ours := func(key string) bool { return strings.HasPrefix(key, "c/") }
	if n, err := s.Sweep(t.Context(), time.Now().Add(-time.Hour), ours); n != 0 || err != nil {
		t.Errorf("Sweep of young ones = %d, %v", n, err)
	}
	if n, err := s.Sweep(t.Context(), time.Now().Add(time.Hour), ours); n != 4 || err != nil || server.Uploads() != 1 {
		t.Errorf("Sweep = %d, %v; %d are left", n, err, server.Uploads())
	}
}

// TestStoreThatSaysNothing: a silent store causes a fault, before a response and in the middle of
// one.
func TestStoreThatSaysNothing(t *testing.T) {
	t.Parallel()
	silent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // otherwise the server does not notice that the client disconnects
		if r.Method == http.MethodHead {
			w.Header().Set("Content-Length", "1000")
			return
		}
		if r.Method == http.MethodGet {
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(http.StatusPartialContent)
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
	}))
	t.Cleanup(silent.Close)
	s, err := New(Config{Endpoint: silent.URL, Bucket: "b", PathStyle: true, Patience: 30 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	s.pause = time.Microsecond
	if err := s.Put(t.Context(), "a", strings.NewReader("x"), 1, blob.Attributes{}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("Put = %v", err)
	}
	b, err := s.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if n, err := io.Copy(io.Discard, b); fault.KindOf(err) != fault.Unavailable || n != 0 {
		t.Errorf("%d bytes were read, %v", n, err)
	}
}

// TestTraces checks that each call has a span, and that its request has the header traceparent.
func TestTraces(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	s := newStore(t, server)
	var sent []string
	server.Fail = func(r *http.Request) int {
		sent = append(sent, r.Header.Get("Traceparent"))
		return 0
	}
	var spans []*trace.Span
	tracer := trace.New(1, func(s *trace.Span) { spans = append(spans, s) })
	ctx, root := trace.Start(tracer.With(t.Context()), "root", trace.Internal)
	if err := s.Put(ctx, "a", strings.NewReader("x"), 1, blob.Attributes{}); err != nil {
		t.Fatal(err)
	}
	if len(spans) != 1 || spans[0].Name != "S3 PUT" || spans[0].Parent != root.ID || len(sent) != 1 || sent[0] != spans[0].Header() {
		t.Errorf("the spans are %+v, the store was sent %q", spans, sent)
	}
	if err := s.Delete(t.Context(), "a"); err != nil || len(spans) != 1 || sent[1] != "" {
		t.Errorf("outside of a trace there are %d spans, and %q is sent (%v)", len(spans), sent, err)
	}
}
