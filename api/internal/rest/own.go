package rest

import (
	"errors"
	"net/http"
	"time"

	"github.com/loambase/loam/api/internal/openapi"
	"github.com/loambase/loam/api/internal/ratelimit"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/internal/request"
	"github.com/loambase/loam/internal/wire"
)

// Own is a route of the embedding program. It gets the same treatment of callers, rate limits,
// logs and errors as the routes of the API.
type Own struct {
	openapi.Own
	Body  int64 // the maximum length of a body in bytes; 0 for no limit
	Free  bool  // the rate limits of the settings do not apply
	Serve func(*OwnCall) error
}

// OwnCall is a request to a route of the embedding program.
type OwnCall struct {
	*request.Request
	W http.ResponseWriter
	R *http.Request

	call *call
}

// Body reads the body at the first call; further calls return the same Body. The server closes
// the Body after the handler has returned. For errors see wire.ReadBody and wire.Body.Enter.
func (c *OwnCall) Body() (*wire.Body, error) {
	if c.call.body == nil {
		if err := c.call.read(""); err != nil {
			return nil, err
		}
	}
	return c.call.body, nil
}

// Own makes the handler of a route of the program. It must be called before the API serves.
func (a *API) Own(own Own) http.Handler {
	a.own = append(a.own, own.Own)
	limit := own.Body
	if limit <= 0 {
		limit = 1 << 62
	}
	return a.handle(&route{
		Route: own.Route,
		free:  own.Free,
		limit: func(*call) (int64, error) { return limit, nil },
		serve: func(c *call) error {
			if own.Body > 0 {
				if c.r.ContentLength > limit {
					return tooLarge(nil)
				}
				c.r.Body = http.MaxBytesReader(c.w, c.r.Body, limit)
			}
			err := own.Serve(&OwnCall{Request: c.Request, W: c.Watch(c.w), R: c.r, call: c})
			if most := (*http.MaxBytesError)(nil); errors.As(err, &most) {
				return tooLarge(err)
			}
			return err
		},
	})
}

// Inside returns an OwnCall for a request that another handler serves and has begun (see
// request.Service.Begin). The body may have limit bytes at most. The handler must call done before
// it returns; done closes the Body.
func (a *API) Inside(q *request.Request, w http.ResponseWriter, r *http.Request, limit int64) (c *OwnCall, done func()) {
	inner := &call{Request: q, api: a, w: w, r: r, route: &route{limit: func(*call) (int64, error) { return limit, nil }}}
	return &OwnCall{Request: q, W: w, R: r, call: inner}, func() { inner.body.Close() }
}

// tooLarge returns the fault of a body that is longer than its route allows.
func tooLarge(err error) error { return fault.Wrap(fault.TooLarge, "", err) }

// Limit returns a function that counts a call of its client. The function allows max calls in a
// window, and returns a fault.TooMany for further calls. Superusers are not counted. The window
// is rounded to whole seconds, and is at least one second long.
func (a *API) Limit(max int, window time.Duration) func(*OwnCall) error {
	const everywhere = "/"
	l := ratelimit.New(a.app.Now)
	l.Start(settings.RateLimits{Enabled: true, Rules: settings.Rules{
		{Label: everywhere, MaxRequests: max, Duration: int64(window.Round(time.Second).Seconds())},
	}})
	a.limiters.add(a.app, l)
	return func(c *OwnCall) error {
		if c.Caller.Superuser() {
			return nil
		}
		return a.tell(c.W, c.R, c.Request, l.Take(clientOf(c.Caller), &ratelimit.Action{Method: c.R.Method, Paths: [3]string{everywhere}}))
	}
}
