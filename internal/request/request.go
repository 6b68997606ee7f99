package request

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/internal/budget"
	"github.com/loambase/loam/internal/wire"
)

// Request is one request. It belongs to the goroutine that serves it.
type Request struct {
	ID       string             // sent as X-Request-Id, and in every line of the log about this request
	Settings *settings.Settings // the current ones when the request came; shared, not to be changed

	// What Begin finds out.
	Caller record.Caller // the zero Caller before Begin
	Token  string        // by which the caller was recognised; "" if none was sent
	Query  url.Values    // of the URL

	// Route is set by the transport as soon as it is known; nil until then.
	Route *Route

	service  *Service
	out      *writer // nil for a request that did not come through Track
	inner    *writer // see Watch; nil mostly
	start    time.Time
	err      error // that the request was answered with
	begun    bool
	beginErr error
}

// tracked is a Request, its context and its writer in one allocation.
type tracked struct {
	context.Context
	request Request
	out     writer
	id      [1]string
	routing *chi.Context
}

type contextKey struct{}

// Value carries chi's context too: the router then needs no context and no copy of
// the http.Request of its own.
func (t *tracked) Value(key any) any {
	switch key {
	case contextKey{}:
		return &t.request
	case chi.RouteCtxKey:
		return t.routing
	}
	return t.Context.Value(key)
}

// From returns the Request whose context ctx comes from, nil if it is none of a
// tracked request.
func From(ctx context.Context) *Request {
	q, _ := ctx.Value(contextKey{}).(*Request)
	return q
}

func (s *Service) track(r *http.Request) *tracked {
	t := &tracked{Context: r.Context()}
	q := &t.request
	q.service, q.start, q.Settings = s, time.Now(), s.cfg.Settings()
	q.ID = requestID(r, q.Settings)
	t.id[0] = q.ID
	return t
}

// Begin finds out who calls. A token that is not valid is no error: its owner is a
// guest. The error is an Invalid fault if the query is not UTF-8, a Forbidden one for
// a superuser from an address that is not allowed; else the token could not be
// checked. The Request is returned beside an error too, to Fail with. A second call
// for the same request returns the same.
func (s *Service) Begin(r *http.Request) (*Request, error) {
	q := From(r.Context())
	if q == nil { // served without Track
		q = &s.track(r).request
	}
	if !q.begun {
		q.begun = true
		q.beginErr = q.begin(r)
	}
	return q, q.beginErr
}

func (q *Request) begin(r *http.Request) (err error) {
	q.Caller = record.Caller{Method: r.Method, Headers: r.Header,
		IP: q.Settings.TrustedProxy.RealIP(r.Header, r.RemoteAddr)}
	if q.Query, err = wire.Query(r.URL.RawQuery); err != nil {
		return err
	}
	q.Caller.Query = q.Query
	if header := r.Header["Authorization"]; len(header) > 0 {
		q.Token = Bearer(header[0])
		if q.Caller.Auth, err = q.service.cfg.Authenticate(r.Context(), q.Token); err != nil {
			return err
		}
	}
	if q.Caller.Superuser() && !q.Settings.SuperuserAllowed(q.Caller.IP) {
		return fault.New(fault.Forbidden, "")
	}
	return nil
}

// Bearer returns the token in an Authorization header: what follows "Bearer ", or
// the whole header.
func Bearer(header string) string {
	const scheme = "Bearer "
	if len(header) > len(scheme) && strings.EqualFold(header[:len(scheme)], scheme) {
		return strings.TrimSpace(header[len(scheme):])
	}
	return header
}

// Fail answers with the envelope of err, after Failed. What the client still sends is read
// first (see wire.Drain).
func (q *Request) Fail(w http.ResponseWriter, r *http.Request, err error) {
	err = q.Failed(r, err)
	wire.Drain(w, r)
	wire.Error(w, err, q.Caller.Superuser())
}

// Failed keeps err for the Outcome and returns the error to answer with: who calls it
// answers, as Fail does. Internal failures and unavailable databases are logged as errors,
// unless the client has gone away. An answer that has begun is broken off, by a panic with
// http.ErrAbortHandler: a part of it must not look like the whole.
func (q *Request) Failed(r *http.Request, err error) error {
	if errors.Is(err, context.Canceled) && errors.Is(context.Cause(r.Context()), ErrDraining) {
		err = fault.Wrap(fault.Unavailable, "The server is stopping.", err)
	}
	q.err = err
	gone := errors.Is(err, context.Canceled) && r.Context().Err() != nil
	begun := q.Answered()
	spent := errors.Is(err, budget.ErrSpent) // which a client can cause as often as it likes
	if kind := fault.KindOf(err); (kind == fault.Internal || kind == fault.Unavailable && !spent || begun) && !gone {
		q.service.cfg.Log().Error("request failed", "request", q.ID, "method", r.Method, "path", r.URL.Path,
			"route", q.Route.String(), "caller", q.Who(), "error", err)
	}
	if begun {
		panic(http.ErrAbortHandler)
	}
	return err
}

// Who names the caller in logs: "collectionId/recordId", or "guest".
func (q *Request) Who() string {
	if actor := q.Caller.Actor(); actor != "" {
		return actor
	}
	return "guest"
}

// Outcome is what became of a request, for those who look on from outside.
type Outcome struct {
	Status   int           // 200 if the handler has written nothing, 101 if it took the connection
	Bytes    int64         // of the body, as they were sent
	Err      error         // that was answered with; nil if there was none
	Duration time.Duration // since the request came
}

// Outcome returns what became of the request: to be called when it was answered. Of a
// request that did not come through Track the status and the bytes are not known.
func (q *Request) Outcome() Outcome {
	o := Outcome{Status: http.StatusOK, Err: q.err, Duration: time.Since(q.start)}
	if q.out != nil {
		o.Bytes = q.out.bytes
		if q.out.status != 0 {
			o.Status = q.out.status
		}
	}
	return o
}

// Answered reports whether the answer has begun: its header was sent, or the handler
// took the connection, or has written to a watched writer. false if that is not known.
func (q *Request) Answered() bool {
	return q.out != nil && q.out.status != 0 || q.inner != nil && q.inner.status != 0
}

// Watch returns a writer to w by which Answered knows of the first byte, although a
// middleware in between may hold it back.
func (q *Request) Watch(w http.ResponseWriter) http.ResponseWriter {
	q.inner = &writer{ResponseWriter: w}
	return q.inner
}

// Panicked keeps the failure of a handler that panicked for the Outcome.
func (q *Request) Panicked(err error) { q.err = err }
