package rest

import (
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/loambase/loam/api/internal/ratelimit"
	"github.com/loambase/loam/core/settings"
)

// Judge returns a function that judges requests of the past by rate limits, in the order of their
// times. The function has counters of its own, so that real clients lose no requests. It returns the
// index of the rule that applies to the request, -1 for none, and whether the rule denies the
// request. If two rules apply, it returns the tighter one. The function is not safe for concurrent
// use.
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

// findRoute returns a function that finds the route of a request, and the value of {collection} in its
// path. The route is nil if the table of routes has none for the request.
func (a *API) findRoute() func(method, path string) (found *route, collection string) {
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
