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

// Request is one HTTP request. It belongs to the goroutine that serves the request.
type Request struct {
	ID       string             // sent as X-Request-Id, and in every line of the log about this request
	Settings *settings.Settings // the settings at the beginning of the request; shared, must not be changed

	// Set by Begin.
	Caller record.Caller // the zero Caller before Begin
	Token  string        // the token of the request; "" if the request has no token
	Query  url.Values    // the query of the URL

	// Route is set by the transport as soon as it is known; nil until then.
	Route *Route

	service  *Service
	out      *writer // nil without Track
	inner    *writer // the writer of Watch; nil without Watch
	start    time.Time
	err      error // error with which the request was answered
	begun    bool
	beginErr error
}

// tracked holds a Request, its context and its writer in one allocation.
type tracked struct {
	context.Context
	request Request
	out     writer
	id      [1]string
	routing *chi.Context
}

type contextKey struct{}

// Value implements context.Context. It also returns the routing context of chi, so that the router
// needs no further context and no copy of the http.Request.
func (t *tracked) Value(key any) any {
	switch key {
	case contextKey{}:
		return &t.request
	case chi.RouteCtxKey:
		return t.routing
	}
	return t.Context.Value(key)
}

// From returns the Request whose context ctx is or derives from, nil for a context without Track.
func From(ctx context.Context) *Request {
	q, _ := ctx.Value(contextKey{}).(*Request)
	return q
}

func (s *Service) track(r *http.Request) *tracked {
	t := &tracked{Context: r.Context()}
	q := &t.request
	q.service, q.start, q.Settings = s, s.cfg.Now(), s.cfg.Settings()
	q.ID = requestID(r, q.Settings)
	t.id[0] = q.ID
	return t
}

// Begin determines the caller of the request. A caller with an invalid token is a guest, without an
// error. The fault is Invalid if the query is not UTF-8, and Forbidden for a superuser from an
// address that is not allowed; any other error means that the token could not be checked. Begin
// returns the Request even with an error, for Fail. Further calls for the request return the same
// result.
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

// Bearer returns the token in an Authorization header: the part after "Bearer ", or the whole
// header without that prefix.
func Bearer(header string) string {
	const scheme = "Bearer "
	if len(header) > len(scheme) && strings.EqualFold(header[:len(scheme)], scheme) {
		return strings.TrimSpace(header[len(scheme):])
	}
	return header
}

// Fail calls Failed, reads the rest of the request (see wire.Drain), and answers with the body of
// the error.
func (q *Request) Fail(w http.ResponseWriter, r *http.Request, err error) {
	err = q.Failed(r, err)
	wire.Drain(w, r)
	wire.Error(w, err, q.Caller.Superuser())
}

// Failed stores err for the Outcome and returns the error with which the caller of Failed must
// answer. Internal failures and unavailable databases are logged as errors, unless the client has
// disconnected. If the answer has begun, Failed panics with http.ErrAbortHandler, so that the
// client cannot take a part of the answer for the whole.
func (q *Request) Failed(r *http.Request, err error) error {
	if errors.Is(err, context.Canceled) && errors.Is(context.Cause(r.Context()), ErrDraining) {
		err = fault.Wrap(fault.Unavailable, "The server is stopping.", err)
	}
	q.err = err
	gone := errors.Is(err, context.Canceled) && r.Context().Err() != nil
	begun := q.Answered()
	spent := errors.Is(err, budget.ErrSpent) // not logged, since clients can cause the error at will
	if kind := fault.KindOf(err); (kind == fault.Internal || kind == fault.Unavailable && !spent || begun) && !gone {
		q.service.cfg.Log().Error("request failed", "request", q.ID, "method", r.Method, "path", r.URL.Path,
			"route", q.Route.String(), "caller", q.Who(), "error", err)
	}
	if begun {
		panic(http.ErrAbortHandler)
	}
	return err
}

// Who returns the name of the caller for logs: "collectionId/recordId", or "guest".
func (q *Request) Who() string {
	if actor := q.Caller.Actor(); actor != "" {
		return actor
	}
	return "guest"
}

// Outcome is the result of a request, for logs and metrics.
type Outcome struct {
	Status   int           // 200 if the handler has written nothing, 101 if it took the connection
	Bytes    int64         // length of the body as sent
	Err      error         // error of the answer; nil for success
	Duration time.Duration // time since the beginning of the request
	End      time.Time     // end of the request: the time at which Outcome was called
}

// Outcome returns the result of the request. It must be called after the answer. Without Track the
// status is 200 and Bytes is 0, because they are not known.
func (q *Request) Outcome() Outcome {
	end := q.service.cfg.Now()
	o := Outcome{Status: http.StatusOK, Err: q.err, Duration: end.Sub(q.start), End: end}
	if q.out != nil {
		o.Bytes = q.out.bytes
		if q.out.status != 0 {
			o.Status = q.out.status
		}
	}
	return o
}

// Answered reports whether the answer has begun: its header was sent, or the handler has hijacked
// the connection or written to the writer of Watch. Without Track and Watch it is false.
func (q *Request) Answered() bool {
	return q.out != nil && q.out.status != 0 || q.inner != nil && q.inner.status != 0
}

// Watch returns a writer to w. After the first byte that is written to it Answered is true, even if
// middleware between the writer and the connection buffers the byte.
func (q *Request) Watch(w http.ResponseWriter) http.ResponseWriter {
	q.inner = &writer{ResponseWriter: w}
	return q.inner
}

// Panicked stores the error of a handler that has panicked for the Outcome.
func (q *Request) Panicked(err error) { q.err = err }
