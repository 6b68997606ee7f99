// Package traces sends the spans of a server to a collector, as OTLP over HTTP in JSON. Requests
// never wait for the collector. DESIGN.md in this folder says why the library of OpenTelemetry
// is not used.
package traces

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/internal/request"
	"github.com/loambase/loam/internal/trace"
)

// Config names the collector and the traces to keep.
type Config struct {
	URL     string  // the collector; /v1/traces is added. User and password are sent as basic authentication
	Ratio   float64 // the part of the traces that is kept, from 0 to 1
	Version string  // the version of the program, an attribute of all spans
	Log     *slog.Logger
}

// Exporter sends spans to a collector from Start until Close. It is safe for concurrent use.
type Exporter struct {
	cfg    Config
	target string
	tracer *trace.Tracer
	client *http.Client

	spans   chan *trace.Span
	closing chan struct{}
	done    chan struct{}
	once    sync.Once
	dropped atomic.Uint64

	ctx    context.Context // the context of the requests to the collector
	cancel context.CancelFunc
	away   bool // whether the collector has refused the last batch; used only by run
}

const (
	queueSize  = 4096             // spans that may wait to be sent; further spans are dropped
	batchSize  = 512              // the maximum number of spans in one request to the collector
	flushEvery = 2 * time.Second  // the longest time that a span waits for its batch to fill
	sendTime   = 10 * time.Second // the timeout of one batch
	pauseMost  = 60               // the maximum pause for a header Retry-After, in seconds
	closeTime  = 3 * time.Second  // the timeout for the remaining spans in Close
)

// Check returns an error for a URL that is not http or https, and for a Ratio outside of 0 to 1.
func (c Config) Check() error {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("the address of a collector is http://HOST:PORT or https://HOST")
	}
	if !(c.Ratio >= 0 && c.Ratio <= 1) {
		return errors.New("the part of the traces that is kept is between 0 and 1")
	}
	return nil
}

// New returns an Exporter that is not started. The error is that of Config.Check.
func New(c Config) (*Exporter, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	u, _ := url.Parse(c.URL) // Check has parsed the same URL
	if !strings.HasSuffix(u.Path, "/v1/traces") {
		u = u.JoinPath("v1", "traces")
	}
	e := &Exporter{
		cfg: c, target: u.String(), client: &http.Client{Timeout: sendTime},
		spans: make(chan *trace.Span, queueSize), closing: make(chan struct{}), done: make(chan struct{}),
	}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	e.tracer = trace.New(c.Ratio, e.add)
	return e, nil
}

// Tracer returns the Tracer whose spans the Exporter sends.
func (e *Exporter) Tracer() *trace.Tracer { return e.tracer }

// Dropped returns the number of spans that were lost because the collector refused them or was
// too slow.
func (e *Exporter) Dropped() uint64 { return e.dropped.Load() }

func (e *Exporter) add(s *trace.Span) {
	select {
	case e.spans <- s:
	default:
		e.dropped.Add(1)
	}
}

// Start starts the goroutine that sends spans. It is called once.
func (e *Exporter) Start() { go e.run() }

// Close sends the remaining spans, for three seconds at most, and stops the Exporter. Spans that
// end later are lost. Close must not be called before Start.
func (e *Exporter) Close() {
	e.once.Do(func() {
		close(e.closing)
		time.AfterFunc(closeTime, e.cancel) // ends also a request that began before Close
	})
	<-e.done
}

func (e *Exporter) run() {
	defer close(e.done)
	defer e.cancel()
	ticker := time.NewTicker(flushEvery)
	defer ticker.Stop()
	var batch []*trace.Span
	for {
		select {
		case s := <-e.spans:
			if batch = append(batch, s); len(batch) < batchSize {
				continue
			}
		case <-ticker.C:
		case <-e.closing:
			e.flush(batch)
			return
		}
		e.pause(e.send(batch))
		batch = batch[:0]
	}
}

// pause waits for d, or until Close is called. Spans wait in the queue meanwhile.
func (e *Exporter) pause(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-e.closing:
	}
}

// flush sends the batch and all spans of the queue.
func (e *Exporter) flush(batch []*trace.Span) {
	for {
		select {
		case s := <-e.spans:
			if batch = append(batch, s); len(batch) < batchSize {
				continue
			}
			e.send(batch)
			batch = batch[:0]
		default:
			e.send(batch)
			return
		}
	}
}

// send sends a batch without retries, and returns the pause that the collector asks for with the
// header Retry-After. send logs the first failure, and the first success after failures.
func (e *Exporter) send(batch []*trace.Span) (pause time.Duration) {
	if len(batch) == 0 {
		return 0
	}
	pause, err := e.post(batch)
	if err != nil {
		e.dropped.Add(uint64(len(batch)))
	}
	switch {
	case err != nil && !e.away:
		e.cfg.Log.Warn("the collector takes no traces: they are dropped until it does", "error", err)
	case err == nil && e.away:
		e.cfg.Log.Info("the collector takes traces again", "dropped", e.dropped.Load())
	}
	e.away = err != nil
	return pause
}

// post sends one request. pause is that of the header Retry-After of an answer that is no success.
func (e *Exporter) post(batch []*trace.Span) (pause time.Duration, err error) {
	body, err := encode(batch, e.cfg.Version)
	if err != nil {
		return 0, err
	}
	r, err := http.NewRequestWithContext(e.ctx, http.MethodPost, e.target, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := e.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20)) // so that the connection can be used again
	if res.StatusCode/100 != 2 {
		seconds, _ := strconv.Atoi(res.Header.Get("Retry-After")) // a date gives 0
		pause = time.Duration(min(max(seconds, 0), pauseMost)) * time.Second
		return pause, fmt.Errorf("the answer is %s", res.Status)
	}
	return 0, nil
}

// Wrap makes a span of each request, in the trace of the header traceparent if the request has it.
// request.Service.Track must wrap the handler that Wrap returns.
func (e *Exporter) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := e.tracer.Continue(r.Context(), r.Method, trace.Server, trace.ParseHeader(r.Header.Get("Traceparent")))
		if span == nil {
			next.ServeHTTP(w, r)
			return
		}
		q := request.From(r.Context())
		defer func() { // also when the answer is broken off by a panic
			o := q.Outcome()
			route := "none"
			if q.Route != nil {
				route = cmp.Or(q.Route.Path, "file")
			}
			span.Name = r.Method + " " + route
			span.Set(trace.Attr("http.request.method", r.Method), trace.Attr("http.route", route),
				trace.Attr("http.response.status_code", o.Status), trace.Attr("http.response.body.size", o.Bytes),
				trace.Attr("loam.request_id", q.ID), trace.Attr("loam.caller", q.Who()))
			var failed error
			if o.Status >= http.StatusInternalServerError {
				failed = cmp.Or(o.Err, errStatus)
			}
			span.End(failed)
		}()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

var errStatus = errors.New("traces: a status of 500 or above")
