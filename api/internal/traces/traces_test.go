package traces

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loambase/loam/internal/trace"
)

// receiver is an http.RoundTripper that answers the requests to the collector.
type receiver func(*http.Request) (*http.Response, error)

func (fn receiver) RoundTrip(r *http.Request) (*http.Response, error) { return fn(r) }

func answer(status int, header http.Header) *http.Response {
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: header, Body: io.NopCloser(strings.NewReader(""))}
}

// exporter returns a started Exporter whose collector is fn, and the log of the Exporter.
func exporter(t *testing.T, fn receiver) (*Exporter, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	e, err := New(Config{URL: "http://collector", Ratio: 1, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	e.client.Transport = fn
	e.Start()
	return e, &log
}

// finish starts a span and ends it.
func finish(t *testing.T, e *Exporter) {
	_, s := trace.Start(e.Tracer().With(t.Context()), "a", trace.Internal)
	s.End(nil)
}

const warning = "the collector takes no traces"

// TestCollectorHangs checks that a collector that never answers delays neither spans nor Close, and
// that the number of spans in memory is bounded.
func TestCollectorHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, log := exporter(t, func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		const made = 50000
		began := time.Now()
		for range made {
			finish(t, e)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("spans have waited %v", took)
		}
		if kept := made - int(e.Dropped()); kept > queueSize+batchSize {
			t.Errorf("%d spans are kept, want %d at most", kept, queueSize+batchSize)
		}
		time.Sleep(3*sendTime + sendTime/2) // the time of synctest; three batches have failed
		synctest.Wait()
		if n := strings.Count(log.String(), warning); n != 1 {
			t.Errorf("%d warnings, want 1: %s", n, log)
		}
		began = time.Now()
		e.Close()
		if took := time.Since(began); took > closeTime {
			t.Errorf("Close took %v, want %v at most", took, closeTime)
		}
		if e.Dropped() != made {
			t.Errorf("%d of %d spans were dropped", e.Dropped(), made)
		}
	})
}

// TestRetryAfter checks that the Exporter sends nothing for the time that the collector asks for,
// and sends the spans of that time afterwards.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for value, pause := range map[string]time.Duration{"30": 30 * time.Second, "99999999999999999": time.Minute, "-1": 0, "soon": 0, "": 0} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var at []time.Time
				began := time.Now()
				e, log := exporter(t, func(*http.Request) (*http.Response, error) {
					mu.Lock()
					defer mu.Unlock()
					if at = append(at, time.Now()); len(at) == 1 {
						return answer(http.StatusTooManyRequests, http.Header{"Retry-After": {value}}), nil
					}
					return answer(http.StatusOK, nil), nil
				})
				finish(t, e)
				time.Sleep(flushEvery + time.Millisecond)
				finish(t, e)
				time.Sleep(2 * time.Minute)
				e.Close()
				// The span waits for the pause, and for one tick at most.
				if second := at[1].Sub(at[0]); len(at) != 2 || second < pause || second > pause+flushEvery {
					t.Errorf("the batches came after %v and %v", at[0].Sub(began), second)
				}
				if e.Dropped() != 1 || strings.Count(log.String(), warning) != 1 || !strings.Contains(log.String(), "takes traces again") {
					t.Errorf("%d spans were dropped, and the log is %s", e.Dropped(), log)
				}
			})
		})
	}
}

// TestCloseEndsPause checks that Close does not wait for the end of a pause.
func TestCloseEndsPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		e, _ := exporter(t, func(*http.Request) (*http.Response, error) {
			sent++
			return answer(http.StatusServiceUnavailable, http.Header{"Retry-After": {"60"}}), nil
		})
		finish(t, e)
		time.Sleep(flushEvery + time.Millisecond)
		finish(t, e)
		began := time.Now()
		e.Close()
		if took := time.Since(began); took != 0 || sent != 2 {
			t.Errorf("Close took %v; %d batches were sent", took, sent)
		}
	})
}
