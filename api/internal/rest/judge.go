package rest

import (
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/loambase/loam/api/internal/ratelimit"
	"github.com/loambase/loam/core/settings"
)

// Judge returns a function that applies rate limits to requests of the past. It must be called with
// the requests in the order of their times, from one goroutine at a time. It returns the index of
// the rule that applies to the request, -1 if no rule applies, and whether the rule denies the
// request; of two rules that apply, the tighter one. The counters are separate from those of the
// API, so real clients lose no requests.
func (a *API) Judge(limits settings.RateLimits) func(at time.Time, ip string, signedIn bool, method, path string) (rule int, denied bool) {
	var now time.Time
	limiter := ratelimit.New(func() time.Time { return now })
	limiter.Set(limits)
	find := a.findRoute()
	return func(at time.Time, ip string, signedIn bool, method, path string) (int, bool) {
		now = at
		action := ratelimit.Action{Method: method, Paths: [3]string{path}}
		if route, collection := find(method, path); route != nil {
			if route.free {
				return -1, false
			}
			action = a.action(limiter, method, path, route, collection)
		}
		v := limiter.Take(ratelimit.Client{IP: ip, SignedIn: signedIn}, &action)
		return v.Rule(), v.Denied
	}
}

// findRoute finds the route of a request, and the value of {collection} in its path. The route is nil if
// the table of routes has none for the request. It is safe for concurrent use.
type findRoute func(method, path string) (found *route, collection string)

// newFindRoute builds a router from the table of routes. API.findRoute calls it once.
func (a *API) newFindRoute() findRoute {
	router, byPattern := chi.NewRouter(), map[string]*route{}
	for _, r := range a.table() {
		r.limits = limitsOf(&r.Route)
		router.Method(r.Method, r.Path, http.NotFoundHandler())
		byPattern[r.Method+" "+r.Path] = r
	}
	return func(method, path string) (*route, string) {
		if method == http.MethodHead {
			method = http.MethodGet
		}
		match := chi.NewRouteContext()
		if !router.Match(match, method, path) {
			return nil, ""
		}
		return byPattern[method+" "+match.RoutePattern()], match.URLParam("collection")
	}
}
