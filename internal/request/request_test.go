package request

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/settings"
)

// fixture is a Service that knows one token: "root", of a superuser.
type fixture struct {
	*Service
	settings *settings.Settings
	log      bytes.Buffer
}

func newFixture() *fixture {
	f := &fixture{settings: settings.Defaults()}
	log := slog.New(slog.NewTextHandler(&f.log, nil))
	f.Service = New(Config{
		Settings: func() *settings.Settings { return f.settings },
		Log:      func() *slog.Logger { return log },
		Authenticate: func(_ context.Context, token string) (*record.Record, error) {
			switch token {
			case "root":
				return record.Root().Auth, nil
			case "broken":
				return nil, errors.New("no database")
			}
			return nil, nil
		},
	})
	return f
}

// serve lets the handler answer a request with the path and the headers ("name", "value", …).
func (f *fixture) serve(h http.HandlerFunc, path string, headers ...string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	f.Track(h).ServeHTTP(w, r)
	return w.Result()
}

func TestBegin(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, path, authorization string
		ips                       []string
		superuser                 bool
		kind                      fault.Kind
		fails                     bool
	}{
		{name: "guest", path: "/?a=1"},
		{name: "superuser", path: "/", authorization: "root", superuser: true},
		{name: "bearer", path: "/", authorization: "bearer root", superuser: true},
		{name: "invalid token", path: "/", authorization: "Bearer nonsense"},
		{name: "token that cannot be checked", path: "/", authorization: "broken", kind: fault.Internal, fails: true},
		{name: "superuser from elsewhere", path: "/", authorization: "root", ips: []string{"10.0.0.0/8"}, superuser: true, kind: fault.Forbidden, fails: true},
		{name: "superuser from there", path: "/", authorization: "root", ips: []string{"192.0.2.1"}, superuser: true},
		{name: "no UTF-8", path: "/?a=%ff", authorization: "root", kind: fault.Invalid, fails: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture()
			f.settings.SuperuserIPs = test.ips
			f.serve(func(_ http.ResponseWriter, r *http.Request) {
				q, err := f.Begin(r)
				if failed := err != nil; failed != test.fails || failed && fault.KindOf(err) != test.kind {
					t.Errorf("Begin = %v, want a failure: %t, %v", err, test.fails, test.kind)
				}
				if q.Caller.Superuser() != test.superuser || q.Caller.IP != "192.0.2.1" {
					t.Errorf("the caller is %+v", q.Caller)
				}
				if again, same := f.Begin(r); again != q || same != err || From(r.Context()) != q {
					t.Error("a second Begin finds another request")
				}
			}, test.path, "Authorization", test.authorization)
		})
	}
}

// TestBeginWithoutTrack calls Begin in a handler that Track does not wrap.
func TestBeginWithoutTrack(t *testing.T) {
	t.Parallel()
	q, err := newFixture().Begin(httptest.NewRequest(http.MethodGet, "/?a=b", nil))
	if err != nil || q.ID == "" || q.Query.Get("a") != "b" || q.Answered() || q.Outcome().Status != 200 {
		t.Errorf("Begin = %+v, %v", q, err)
	}
}

func TestOneSettingsPointer(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.serve(func(_ http.ResponseWriter, r *http.Request) {
		before := f.settings
		f.settings = settings.Defaults()
		if q, _ := f.Begin(r); q.Settings != before {
			t.Error("the settings changed during the request")
		}
	}, "/")
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		sent    string
		trusted bool
		kept    bool
	}{
		{"", true, false}, {"from-the-proxy.1", true, true}, {"from-the-proxy.1", false, false},
		{`not "valid"`, true, false}, {strings.Repeat("a", 65), true, false},
	} {
		f := newFixture()
		if test.trusted {
			f.settings.TrustedProxy.Headers = []string{"X-Forwarded-For"}
		}
		var seen string
		res := f.serve(func(_ http.ResponseWriter, r *http.Request) { seen = From(r.Context()).ID }, "/", "X-Request-Id", test.sent)
		if id := res.Header.Get("X-Request-Id"); id != seen || (id == test.sent) != test.kept || !validID(id) {
			t.Errorf("%q sent, trusted %t: %q is answered, %q was seen", test.sent, test.trusted, id, seen)
		}
	}
	ids := map[string]bool{}
	for range 10_000 {
		ids[newID()] = true
	}
	if len(ids) != 10_000 {
		t.Errorf("%d different ids of 10000", len(ids))
	}
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	f := newFixture()
	var q *Request
	for _, test := range []struct {
		name   string
		h      http.HandlerFunc
		status int
		bytes  int64
		err    string
	}{
		{"nothing", func(http.ResponseWriter, *http.Request) {}, 200, 0, ""},
		{"text", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }, 200, 5, ""},
		{"copied", func(w http.ResponseWriter, _ *http.Request) { io.Copy(w, strings.NewReader("hello")) }, 200, 5, ""},
		{"status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(404) }, 404, 0, ""},
		{"failure", func(w http.ResponseWriter, r *http.Request) {
			q.Fail(w, r, &fault.Error{Kind: fault.Forbidden, Message: "no", Reason: "a rule"})
		}, 403, 40, "no: a rule"},
		{"internal", func(w http.ResponseWriter, r *http.Request) { q.Fail(w, r, errors.New("a secret")) }, 500, 88, "a secret"},
	} {
		f.log.Reset()
		res := f.serve(func(w http.ResponseWriter, r *http.Request) {
			q, _ = f.Begin(r)
			test.h(w, r)
		}, "/x")
		o := q.Outcome()
		text := ""
		if o.Err != nil {
			text = o.Err.Error()
		}
		if o.Status != test.status || res.StatusCode != test.status && test.name != "status" || o.Bytes != test.bytes || text != test.err || o.Duration < 0 {
			t.Errorf("%s: %+v, want status %d, %d bytes, error %q", test.name, o, test.status, test.bytes, test.err)
		}
		if logged := strings.Contains(f.log.String(), "request="+q.ID); logged != (test.status == 500) {
			t.Errorf("%s: the log is %s", test.name, &f.log)
		}
	}
}

func TestDrain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		begun, release := make(chan struct{}), make(chan struct{})
		go f.serve(func(_ http.ResponseWriter, r *http.Request) { close(begun); <-release }, "/")
		go f.serve(func(_ http.ResponseWriter, r *http.Request) {
			q, _ := f.Begin(r)
			stream, end := q.Stream(r.Context())
			go func() { // as after a hijack: the handler has returned
				<-stream.Done()
				if cause := context.Cause(stream); cause != ErrDraining {
					t.Errorf("the stream ends because of %v", cause)
				}
				end()
				end()
			}()
		}, "/")
		<-begun
		synctest.Wait()
		if n := f.Running(); n != 2 {
			t.Errorf("%d are running, want a request and a stream", n)
		}
		if err := f.Wait(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Wait without patience = %v", err)
		}
		synctest.Wait()
		if n := f.Running(); n != 1 {
			t.Errorf("%d are running, want the request: the stream was told to end", n)
		}
		close(release)
		if err := f.Wait(t.Context()); err != nil || f.Running() != 0 {
			t.Errorf("Wait = %v with %d running", err, f.Running())
		}
		f.serve(func(_ http.ResponseWriter, r *http.Request) {
			q, _ := f.Begin(r)
			stream, end := q.Stream(r.Context())
			defer end()
			if stream.Err() == nil {
				t.Error("a stream begins although the server drains")
			}
		}, "/")
	})
}

func BenchmarkTrack(b *testing.B) {
	f := newFixture()
	h := f.Track(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	w := httptest.NewRecorder()
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}
