package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/loambase/loam/admin"
	"github.com/loambase/loam/api/internal/middleware"
	"github.com/loambase/loam/api/internal/rest"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/internal/metrics"
	"github.com/loambase/loam/internal/request"
	"github.com/loambase/loam/internal/wire"
)

// build makes the handler. It returns the error of a Serve hook, or of a route that a hook has
// added.
func (s *Server) build() (http.Handler, error) {
	s.cfg.data = s.App.Config.Dir
	warnOfHeaders(s.App)
	router := chi.NewRouter()
	routes := rest.New(s.App, s.Auth, s.Realtime, s.Channels, s.requests)
	e := &ServeEvent{App: s.App, Server: s, api: routes}
	if err := s.serve.Around(context.Background(), e, func() error { return nil }); err != nil {
		return nil, err
	}
	if err := e.addRoutes(router); err != nil {
		return nil, err
	}
	routes.Mount(router)
	s.metrics = metrics.New(metrics.Config{
		App: s.App, Running: s.Running, Realtime: s.Realtime.Figures, Tokens: s.Auth.TokenCache, Version: core.Version,
	})
	if err := s.mountMetrics(router); err != nil {
		return nil, err
	}
	s.App.Go("metrics", s.metrics.History.Run)
	panel := admin.Mount(router, admin.Config{
		App: s.App, Auth: s.Auth, Requests: s.requests,
		Limit: routes.LimitTagged, LimitedBy: routes.LimitedBy, Judge: routes.Judge,
		File: routes.File, Socket: routes.Socket,
		History: s.metrics.History,
		Own:     e.console,
		API:     s.requests.Track(middleware.Recover(s.App.Log())(routed(router))),
	})
	fallback := routes.Limited(s.cfg.fallback()).ServeHTTP
	fallback = pages(panel.Missing(), fallback)
	router.NotFound(fallback)
	// Wire: a request with a method that its path does not have gets 404, not 405.
	router.MethodNotAllowed(fallback)

	h := middleware.Preflight(routed(router))
	for _, wrap := range slices.Backward(e.middleware) { // the first middleware becomes the outermost
		h = wrap(h)
	}
	traced := func(h http.Handler) http.Handler { return h }
	if s.traces != nil {
		traced = s.traces.Wrap
	}
	for _, wrap := range []func(http.Handler) http.Handler{ // from the inside out
		middleware.Compress,
		middleware.Clean,
		middleware.Secure,
		middleware.CORS(s.cfg.Origins, e.originsOf(router)),
		middleware.Idle(s.idle),
		middleware.IdleAnswer(s.idle),
		middleware.Recover(s.App.Log()),
		middleware.Log(s.App.Config.Log, s.App.Logs()),
		s.metrics.Wrap,
		traced,
		s.requests.Track,
	} {
		h = wrap(h)
	}
	return h, nil
}

// routed serves the router in the routing context that request.Service.Track has made.
func routed(router chi.Router) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if routing := chi.RouteContext(r.Context()); routing != nil {
			routing.Routes = router
			routing.RoutePath = routePath(r.URL)
		}
		router.ServeHTTP(w, r)
	})
}

// routePath returns the path by which the router finds a route, "" if u.Path serves. Escaped
// characters are decoded, so that an escape cannot get around a route; only "/" and "%" stay
// escaped.
func routePath(u *url.URL) string {
	if u.RawPath == "" {
		return ""
	}
	parts := strings.Split(u.EscapedPath(), "/")
	for i, part := range parts {
		if plain, err := url.PathUnescape(part); err == nil {
			parts[i] = escapedSlash.Replace(plain)
		}
	}
	return strings.Join(parts, "/")
}

var escapedSlash = strings.NewReplacer("%", "%25", "/", "%2F")

// pages answers a browser that opens an unknown page of the console by missing, and any other request by next.
func pages(missing http.Handler, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/_/") && strings.Contains(r.Header.Get("Accept"), "text/html") {
			missing.ServeHTTP(w, r)
			return
		}
		next(w, r)
	}
}

// fallback answers requests that match no route: with a public file, or with 404 for other
// methods than GET and HEAD and for paths below /api and /_.
func (c Config) fallback() http.HandlerFunc {
	files := static{folder: c.Public, data: c.data}
	return func(w http.ResponseWriter, r *http.Request) {
		if (r.Method == http.MethodGet || r.Method == http.MethodHead) && !reserved(r.URL.Path) {
			if q := request.From(r.Context()); q != nil {
				q.Route = &publicFile
			}
			files.ServeHTTP(w, r)
			return
		}
		missing := &fault.Error{Kind: fault.NotFound, Reason: "no route"}
		if q := request.From(r.Context()); q != nil {
			q.Fail(w, r, missing)
			return
		}
		wire.Drain(w, r)
		wire.Error(w, missing, false)
	}
}

// publicFile is the route of public files, in logs and metrics. It has no path and no label.
var publicFile = request.Route{Quiet: true}

func reserved(path string) bool {
	for _, own := range []string{"/api", "/_"} {
		if rest, ok := strings.CutPrefix(path, own); ok && (rest == "" || rest[0] == '/') {
			return true
		}
	}
	return false
}
