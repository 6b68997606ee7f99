package rest

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/loambase/loam/api/internal/ratelimit"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/internal/request"
)

// followLimits applies the rate limits of the settings, and each later change of them.
func (a *API) followLimits() {
	enabled := func(limits settings.RateLimits) {
		if limits.Enabled {
			a.limiters.add(a.app, a.limiter)
		}
	}
	a.app.Settings().OnChange(func(_, next *settings.Settings) {
		a.limiter.Set(next.RateLimits)
		enabled(next.RateLimits)
	})
	now := a.app.Settings().Current().RateLimits
	a.limiter.Start(now)
	enabled(now)
}

// limiters are the limiters that have rules. The first one adds a job that frees the memory of
// all of them.
type limiters struct {
	mu   sync.Mutex // guards list
	list []*ratelimit.Limiter
}

// add adds a limiter. A limiter that was added before is ignored.
func (l *limiters) add(app *core.App, limiter *ratelimit.Limiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if slices.Contains(l.list, limiter) {
		return
	}
	l.list = append(l.list, limiter)
	// Add fails if the job exists already, which is so unless this is the first limiter.
	_ = app.Jobs().Add("__pbRateLimitersCleanup__", "2 * * * *", func(context.Context) error {
		l.forget()
		return nil
	})
}

// forget frees the memory of windows that have ended.
func (l *limiters) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, limiter := range l.list {
		limiter.Forget()
	}
}

// Limited wraps a handler whose route is not in the table of routes: its requests count against the
// rules for their path. A request over the limit gets the error as JSON.
func (a *API) Limited(next http.Handler) http.Handler {
	return a.LimitedBy(next, func(w http.ResponseWriter, r *http.Request, q *request.Request, err error) { q.Fail(w, r, err) })
}

// Refuse answers a request over a rate limit. err is a fault.TooMany.
type Refuse = func(w http.ResponseWriter, r *http.Request, q *request.Request, err error)

// LimitedBy is Limited with another answer to requests over the limit.
func (a *API) LimitedBy(next http.Handler, refuse Refuse) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.limiter.Concerns(r.Method, r.URL.Path) { // else the caller need not be authenticated
			q, _ := a.requests.Begin(r) // a request with an error counts too
			if err := a.countPath(w, r, q); err != nil {
				refuse(w, r, q, err)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func (a *API) countPath(w http.ResponseWriter, r *http.Request, q *request.Request) error {
	if q.Caller.Superuser() {
		return nil
	}
	return a.tell(w, r, q, a.limiter.Take(clientOf(q.Caller), &ratelimit.Action{Method: r.Method, Paths: [3]string{r.URL.Path}}))
}

// LimitTagged counts a request about the collection from outside of the table of routes as if it
// were a request to the route with these tags, the most specific tag first. Thus the limit of
// sign-ins also holds for the console. It returns a fault.TooMany if a limit is exceeded.
func (a *API) LimitTagged(w http.ResponseWriter, r *http.Request, q *request.Request, collection string, tags ...string) error {
	in := a.app.Snapshot().Find(collection)
	if !a.limiter.Enabled() || in == nil {
		return nil
	}
	return a.tell(w, r, q, a.limiter.Take(clientOf(q.Caller), &ratelimit.Action{
		Method: r.Method, Paths: [3]string{r.URL.Path},
		Collection: in.Name, CollectionID: in.ID, Route: "*:" + tags[0], Tags: tags,
	}))
}

// limits says which rate limits apply to a route.
type limits struct {
	tags       []string // the action tags of the route; nil: no rule for collections applies
	collection int      // the offset of {collection} in the path; -1: the path has no collection
	// both means that a request counts against the rules for paths and against the rules for
	// collections. Requests to other routes with tags count against the rules for collections only
	// (docs/wire/auth-realtime-system.md §3.4).
	both bool
}

// limitsOf derives the limits of a route from its labels.
func limitsOf(r *request.Route) (l limits) {
	l.collection = strings.Index(r.Path, "{collection}")
	for _, name := range []string{r.Label, r.Group} {
		if tag, ok := strings.CutPrefix(name, "*:"); ok {
			l.tags = append(l.tags, tag)
			l.both = l.both || slices.Contains(recordTags, tag)
		}
	}
	return l
}

// recordTags are the tags of the routes of records.
var recordTags = []string{"list", "view", "create", "update", "delete"}

// limit counts the call. It returns a fault.TooMany if a limit is exceeded.
func (c *call) limit() error {
	a := c.api
	if c.route.free || !a.limiter.Enabled() || c.Caller.Superuser() {
		return nil
	}
	collection := ""
	if c.route.limits.collection >= 0 {
		collection = c.collection()
	}
	action := a.action(a.limiter, c.r.Method, c.r.URL.Path, c.route, collection)
	return a.tell(c.w, c.r, c.Request, a.limiter.Take(clientOf(c.Caller), &action))
}

// action describes a request to a route for the limiter. collection is the value of {collection} in
// the path, "" if the path has no collection.
func (a *API) action(limiter *ratelimit.Limiter, method, path string, route *route, collection string) ratelimit.Action {
	limits := &route.limits
	action := ratelimit.Action{Method: method, Paths: [3]string{path}}
	if limits.collection < 0 {
		return action
	}
	in := a.app.Snapshot().Find(collection)
	if in == nil {
		return action
	}
	if limiter.NamesCollections() {
		action.Paths = spellings(path, limits.collection, collection, in)
	}
	if limits.tags != nil {
		action.Collection, action.CollectionID, action.Route, action.Tags = in.Name, in.ID, route.Label, limits.tags
		action.Shared = limits.both
	}
	return action
}

// spellings returns the path of a request as it is, with the name of the collection, and with its
// id. All three are matched with the rules, so a client cannot avoid a rule by another spelling.
// begin is the offset of the collection in the path.
func spellings(path string, begin int, collection string, in *schema.Collection) [3]string {
	end := begin + len(collection)
	if end > len(path) {
		return [3]string{path}
	}
	return [3]string{path, path[:begin] + in.Name + path[end:], path[:begin] + in.ID + path[end:]}
}

func clientOf(c record.Caller) ratelimit.Client {
	return ratelimit.Client{IP: c.IP, SignedIn: c.Auth != nil}
}

// tell sets the RateLimit headers of the answer. It returns a fault.TooMany if the verdict denies
// the request.
func (a *API) tell(w http.ResponseWriter, r *http.Request, q *request.Request, v ratelimit.Verdict) error {
	v.SetHeader(w.Header())
	if err := v.Err(); err != nil {
		a.proxies.warn(a.app, q, r)
		return err
	}
	return nil
}
