package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/loambase/loam/api/internal/traces"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/mail"
	"github.com/loambase/loam/core/record"
)

// collected is a span that the collector of the tests has received.
type collected struct {
	TraceID, SpanID, ParentSpanID, Name string
	Kind                                int
	StartTimeUnixNano, EndTimeUnixNano  string
	Attributes                          []struct {
		Key   string
		Value struct{ StringValue, IntValue string }
	}
	Status struct{ Code int }
}

func (c *collected) attribute(key string) string {
	for _, a := range c.Attributes {
		if a.Key == key {
			return a.Value.StringValue + a.Value.IntValue
		}
	}
	return ""
}

// collector is an HTTP server that receives spans.
type collector struct {
	*httptest.Server
	mu    sync.Mutex // guards the fields below
	spans []collected
	wrong []string
	texts []string
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		var message struct {
			ResourceSpans []struct{ ScopeSpans []struct{ Spans []collected } }
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if err != nil || json.Unmarshal(text, &message) != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/json" {
			c.wrong = append(c.wrong, r.Method+" "+r.URL.Path+" "+string(text))
			return
		}
		c.texts = append(c.texts, string(text))
		for _, resource := range message.ResourceSpans {
			for _, scope := range resource.ScopeSpans {
				c.spans = append(c.spans, scope.Spans...)
			}
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// find returns the first span with that name in the trace, or in any trace if trace is "". It
// returns nil if there is no such span.
func (c *collector) find(trace, name string) *collected {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.spans, func(s collected) bool { return (trace == "" || s.TraceID == trace) && s.Name == name })
	if i < 0 {
		return nil
	}
	return &c.spans[i]
}

// tracedServer starts a server that sends traces. stop stops the server, which sends the remaining
// spans.
func tracedServer(t *testing.T, c traces.Config, log *slog.Logger) (app *core.App, url string, stop func()) {
	t.Helper()
	app = core.New(core.Config{Dir: t.TempDir(), DB: coretest.DB(t), Log: log})
	app.Hooks().Records.Before.BindFunc(func(*record.WriteEvent) error { return nil }, "posts")
	p := &Program{App: app, Config: Config{Traces: c}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := p.Server()
	if err := server.Start(t.Context(), listener); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	coretest.Collection(t, app, `{"name":"posts","listRule":"title != 'hidden'","createRule":"@request.body.title != 'refused'","fields":[{"name":"title","type":"text"}]}`)
	return app, "http://" + listener.Addr().String(), stop
}

// The ids of the header traceparent in the requests of the tests.
const (
	clientTrace = "0af7651916cd43dd8448eb211c80319c"
	clientSpan  = "b7ad6b7169203331"
)

func sendTraced(t *testing.T, method, url, body, flags string) *http.Response {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Traceparent", "00-"+clientTrace+"-"+clientSpan+"-"+flags)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res
}

// TestTraces sends requests in the trace of a client, and checks the spans that the collector has
// received.
func TestTraces(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	_, url, stop := tracedServer(t, traces.Config{URL: c.URL, Ratio: 1}, slog.New(slog.DiscardHandler))
	res := sendTraced(t, http.MethodPost, url+"/api/collections/posts/records", `{"title":"a secret value"}`, "01")
	sendTraced(t, http.MethodGet, url+"/api/collections/posts/records?filter=title='another+secret'", "", "01")
	sendTraced(t, http.MethodGet, url+"/api/health", "", "00") // "00": the trace is not sampled
	stop()
	if len(c.wrong) > 0 {
		t.Errorf("the collector was sent %q", c.wrong)
	}
	create := c.find(clientTrace, "POST /api/collections/{collection}/records")
	if create == nil {
		t.Fatalf("no span of the request, but %+v", c.spans)
	}
	if create.ParentSpanID != clientSpan || create.Kind != 2 || create.attribute("http.response.status_code") != "200" ||
		create.attribute("loam.request_id") != res.Header.Get("X-Request-Id") || create.StartTimeUnixNano > create.EndTimeUnixNano {
		t.Errorf("the span of the request is %+v", create)
	}
	insert := c.find(clientTrace, "insert posts")
	if insert == nil || insert.ParentSpanID != create.SpanID || !strings.Contains(insert.attribute("db.query.text"), `INSERT INTO "posts"`) {
		t.Errorf("the span of the insert is %+v", insert)
	}
	if hook := c.find(clientTrace, "hook record before"); hook == nil || hook.ParentSpanID != create.SpanID {
		t.Errorf("the span of the hook is %+v", hook)
	}
	rule := c.find(clientTrace, "rule posts")
	if rule == nil || rule.attribute("loam.rule") == "" {
		t.Fatalf("the span of the rule is %+v", rule)
	}
	list := c.find(clientTrace, "select posts")
	if list == nil || list.ParentSpanID != rule.SpanID {
		t.Errorf("the span of the list is %+v, not below %+v", list, rule)
	}
	if c.find(clientTrace, "GET /api/health") != nil {
		t.Error("a trace is kept that its client does not keep")
	}
	if all := strings.Join(c.texts, ""); strings.Contains(all, "secret") {
		t.Errorf("values are in the traces: %s", all)
	}
}

// lines is a buffer for a log, safe for concurrent use.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// TestTracesOfJobs checks the spans of a job with its mails and its statements, and of a backup.
func TestTracesOfJobs(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	app, _, stop := tracedServer(t, traces.Config{URL: c.URL, Ratio: 1}, slog.New(slog.DiscardHandler))
	app.Hooks().Mails.Send.BindFunc(func(e *mail.Event) error {
		e.Transport = func(context.Context, *mail.Message) error { return nil }
		return e.Next()
	})
	err := app.Jobs().Add("nightly", "0 0 1 1 *", func(ctx context.Context) error {
		if _, err := app.Records().Find(ctx, record.Root(), record.Query{Collection: "posts"}); err != nil {
			return err
		}
		return app.Mails().Send(ctx, &mail.Message{To: []mail.Address{{Address: "ann@example.com"}}, Text: "a secret"})
	})
	if err == nil {
		err = app.Jobs().Add("failing", "0 0 1 1 *", func(context.Context) error { return errors.New("a secret") })
	}
	if err != nil {
		t.Fatal(err)
	}
	jobs := map[string]error{"nightly": nil, "failing": errors.New("a secret")}
	if !enginetest.Postgres() { // Loam makes no backups of PostgreSQL
		jobs["__pbAutoBackup__"] = nil
		if _, err := app.Settings().Patch(t.Context(), record.Root(), []byte(`{"backups":{"cron":"0 0 1 1 *","cronMaxKeep":1}}`)); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range jobs {
		if err := app.Jobs().RunAndWait(t.Context(), id); (err == nil) != (want == nil) {
			t.Errorf("%s: %v, want %v", id, err, want)
		}
	}
	stop()
	for _, tree := range []struct {
		root     string
		children []string
	}{{"job nightly", []string{"select posts", "mail"}}, {"job failing", nil}, {"job __pbAutoBackup__", []string{"backup create"}}} {
		if tree.root == "job __pbAutoBackup__" && enginetest.Postgres() {
			continue
		}
		job := c.find("", tree.root)
		if job == nil || job.ParentSpanID != "" || (job.Status.Code == 2) != (tree.root == "job failing") {
			t.Fatalf("the span of %s is %+v", tree.root, job)
		}
		for _, name := range tree.children {
			if child := c.find(job.TraceID, name); child == nil || child.ParentSpanID != job.SpanID {
				t.Errorf("%s: the span %s is %+v", tree.root, name, child)
			}
		}
	}
	if all := strings.Join(c.texts, ""); strings.Contains(all, "secret") || strings.Contains(all, "ann@") {
		t.Errorf("values are in the traces: %s", all)
	}
}

// TestRequestID checks that the header of an error answer, its span and its line in the log have the
// same id.
func TestRequestID(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	var log lines
	_, url, stop := tracedServer(t, traces.Config{URL: c.URL, Ratio: 1}, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	res := sendTraced(t, http.MethodPost, url+"/api/collections/posts/records", `{"title":"refused"}`, "01")
	stop()
	id := res.Header.Get("X-Request-Id")
	if res.StatusCode != http.StatusBadRequest || id == "" {
		t.Fatalf("status %d, X-Request-Id %q", res.StatusCode, id)
	}
	if create := c.find(clientTrace, "POST /api/collections/{collection}/records"); create == nil || create.attribute("loam.request_id") != id ||
		create.attribute("http.response.status_code") != "400" {
		t.Errorf("the span of the request is %+v", create)
	}
	if !strings.Contains(log.text.String(), "msg=request request="+id+" method=POST") {
		t.Errorf("no line has the id %s: %s", id, log.text.String())
	}
}

// TestCollectorAway checks that a server answers requests and stops while the collector is away,
// hangs or refuses batches, and that the server logs one warning.
func TestCollectorAway(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"away":      nil,
		"hangs":     func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body); <-r.Context().Done() },
		"fails":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"wrong URL": http.NotFound,
		"too many": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusTooManyRequests)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(handler)
			t.Cleanup(server.Close)
			if handler == nil {
				server.Close()
			}
			var log lines
			_, url, stop := tracedServer(t, traces.Config{URL: server.URL, Ratio: 1}, slog.New(slog.NewTextHandler(&log, nil)))
			for range 600 { // more requests than a batch has spans
				if res := sendTraced(t, http.MethodGet, url+"/api/health", "", "01"); res.StatusCode != 200 {
					t.Fatalf("status %d", res.StatusCode)
				}
			}
			stop()
			if n := strings.Count(log.text.String(), "the collector takes no traces"); n != 1 {
				t.Errorf("%d warnings, want one: %s", n, log.text.String())
			}
		})
	}
}

func TestTracesConfig(t *testing.T) {
	t.Parallel()
	for _, c := range []traces.Config{{URL: "127.0.0.1:4318", Ratio: 1}, {URL: "ftp://a", Ratio: 1}, {URL: "http://", Ratio: 1}, {URL: "http://a", Ratio: 1.1}, {URL: "http://a", Ratio: -1}} {
		if _, err := traces.New(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}
