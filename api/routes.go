package api

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/loambase/loam/admin"
	"github.com/loambase/loam/api/internal/openapi"
	"github.com/loambase/loam/api/internal/rest"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/internal/request"
	"github.com/loambase/loam/internal/wire"
)

// ServeEvent is the event of the Serve hook, before the server accepts requests. The routes,
// mounts and middleware that handlers of the hook add take effect when all handlers have run.
type ServeEvent struct {
	hook.Event
	App    *core.App
	Server *Server

	api        *rest.API
	middleware []func(http.Handler) http.Handler
	routes     []*ownRoute
	mounts     []mount
	limits     map[*rateLimit]func(*rest.OwnCall) error
	console    admin.Own
	wrong      []error // of routes, mounts and middleware that cannot be added
}

// Handler answers a request to a route of the program. An error that it returns before it has
// written anything is answered like an error of the API: a fault with its status, an
// *http.MaxBytesError with 413, any other error with 500. After the first write an error or a
// panic breaks the connection off, so that no client takes a part of the answer for the whole.
type Handler func(w http.ResponseWriter, r *Request) error

// Use adds a middleware around all routes, including the routes of the API, and around the
// public files. The middleware sees OPTIONS requests too: browsers send them without
// credentials, and if the middleware refuses them, pages of other origins cannot use the
// server. If the middleware wraps the http.ResponseWriter, its writer must have the method
// Unwrap, or streams and WebSockets do not work behind it.
func (e *ServeEvent) Use(middleware func(http.Handler) http.Handler) {
	if middleware == nil {
		e.wrong = append(e.wrong, fmt.Errorf("%s: the middleware is nil", caller()))
		return
	}
	e.middleware = append(e.middleware, middleware)
}

// Route adds a route. A route of GET answers HEAD too, unless there is a route of HEAD with the
// same path. The pattern has the syntax of a path of net/http:
//
//	/hello/{name}    one part of the path, r.PathValue("name")
//	/files/{rest...} every path below, r.PathValue("rest")
//	/files/          every path below, without a name
//	/files/{$}       only this path, with its slash
//
// If several patterns match a request, the most specific one answers it. The server does not
// start with a pattern that is not valid, with two routes for the same requests, and with two
// patterns that overlap although neither is more specific. The error names the line of the
// program that added the route, and the place of the other route.
func (e *ServeEvent) Route(method, pattern string, handler Handler, options ...Option) {
	e.route(caller(), method, pattern, handler, options)
}

// Group returns a group whose routes have paths that begin with prefix, for example
// "/api/teams", and share the options.
func (e *ServeEvent) Group(prefix string, options ...Option) *Group {
	return &Group{event: e, prefix: strings.TrimSuffix(prefix, "/"), options: options}
}

// Group adds routes with a common path prefix and common options. The options of the group come
// before the options of a route. Groups are made by ServeEvent.Group.
type Group struct {
	event   *ServeEvent
	prefix  string
	options []Option
}

// Route is ServeEvent.Route with the prefix of the group before the pattern. The pattern ""
// stands for the prefix itself.
func (g *Group) Route(method, pattern string, handler Handler, options ...Option) {
	g.event.route(caller(), method, g.prefix+pattern, handler, g.with(options))
}

// Group returns a group whose prefix is appended to the prefix of g, and whose options come after
// the options of g.
func (g *Group) Group(prefix string, options ...Option) *Group {
	return &Group{event: g.event, prefix: g.prefix + strings.TrimSuffix(prefix, "/"), options: g.with(options)}
}

func (g *Group) with(options []Option) []Option {
	return append(g.options[:len(g.options):len(g.options)], options...)
}

// route adds a route. place is the line of the program that called Route.
func (e *ServeEvent) route(place, method, pattern string, handler Handler, options []Option) {
	r := &ownRoute{
		Own:   openapi.Own{Route: request.Route{Method: method, Path: pattern, Label: method + " " + pattern, Audience: request.Everyone}},
		place: place, body: defaultBody,
	}
	if handler == nil {
		e.wrong = append(e.wrong, r.fails(errors.New("the handler is nil")))
		return
	}
	for _, o := range options {
		if m, ok := o.(Middleware); o == nil || ok && m == nil {
			e.wrong = append(e.wrong, r.fails(errors.New("an option is nil")))
			return
		}
		o.apply(r)
	}
	r.handler = handler
	e.routes = append(e.routes, r)
}

// Mount serves all requests below path, with any method. The handler sees the rest of the path,
// as behind http.StripPrefix, so an http.FileServer can be mounted as it is. Routes below path
// take precedence over the mount.
func (e *ServeEvent) Mount(path string, handler http.Handler) {
	m := mount{path: path, place: caller()}
	if handler == nil {
		e.wrong = append(e.wrong, m.fails(errors.New("the handler is nil")))
		return
	}
	m.handler = e.api.Limited(http.StripPrefix(strings.TrimSuffix(path, "/"), m.named(handler)))
	e.mounts = append(e.mounts, m)
}

// caller returns the place, "FILE:LINE", at which the program called an exported method. The
// method must call it directly.
func caller() string {
	_, file, line, _ := runtime.Caller(2)
	return fmt.Sprintf("%s:%d", filepath.Base(file), line)
}

// ownRoute is a route of the program.
type ownRoute struct {
	openapi.Own
	handler    Handler
	middleware []Middleware // the outermost first
	limits     []*rateLimit
	body       int64    // the maximum length of a body in bytes; 0: no limit
	free       bool     // the rate limits of the settings do not apply
	origins    []string // whose pages may use the route; nil: Config.Origins
	place      string   // the line of the program that added the route, for errors
}

func (r *ownRoute) fails(err error) error {
	return fmt.Errorf("%s: route %s: %w", r.place, r.Label, err)
}

// serve returns the handler of the route with its middleware and limits.
func (e *ServeEvent) serve(r *ownRoute) http.Handler {
	handler := r.handler
	for i := len(r.middleware) - 1; i >= 0; i-- {
		handler = r.middleware[i](handler)
	}
	var limits []func(*rest.OwnCall) error
	for _, l := range r.limits {
		if e.limits[l] == nil {
			e.limits[l] = e.api.Limit(l.max, l.window)
		}
		limits = append(limits, e.limits[l])
	}
	names := valueNames(r.Path)
	return e.api.Own(rest.Own{Own: r.Own, Body: r.body, Free: r.free, Serve: func(c *rest.OwnCall) error {
		for _, limit := range limits {
			if err := limit(c); err != nil {
				return err
			}
		}
		for _, n := range names {
			c.R.SetPathValue(n.own, wire.PathValue(c.R, n.chi))
		}
		return handler(c.W, &Request{Request: c.R, Caller: c.Caller, ID: c.ID, call: c})
	}})
}

// mount is a handler of everything below a path.
type mount struct {
	path    string
	handler http.Handler
	place   string
}

func (m mount) fails(err error) error { return fmt.Errorf("%s: mount %s: %w", m.place, m.path, err) }

// named sets the Route of each request to the mount, for logs and metrics.
func (m mount) named(next http.Handler) http.Handler {
	below := strings.TrimSuffix(m.path, "/") + "/"
	route := &request.Route{Path: below, Label: below, Audience: request.Everyone}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if q := request.From(r.Context()); q != nil {
			q.Route = route
		}
		next.ServeHTTP(w, r)
	})
}

// addRoutes adds the routes and mounts of the program to the router. The error names each route
// and mount that cannot be added, with the line of the program that added it.
func (e *ServeEvent) addRoutes(router chi.Router) error {
	e.limits = map[*rateLimit]func(*rest.OwnCall) error{}
	taken := newPatterns()
	for _, r := range e.api.Routes() {
		taken.add(pattern{r.Method, r.Path, loam})
	}
	wrong := e.wrong
	heads := map[string]http.Handler{} // the handlers of routes of GET, by their paths for chi
	for _, r := range e.routes {
		if err := taken.add(pattern{r.Method, r.Path, r.place}); err != nil {
			wrong = append(wrong, r.fails(err))
			continue
		}
		handler, path := e.serve(r), chiPattern(r.Path)
		if err := recovered(func() { router.Method(r.Method, path, handler) }); err != nil {
			wrong = append(wrong, r.fails(err))
		} else if r.Method == http.MethodGet {
			heads[path] = handler
		}
	}
	for path, handler := range heads { // after the loop above, which knows all routes of HEAD
		if !taken.has(http.MethodHead, path) {
			router.Method(http.MethodHead, path, handler)
		}
	}
	mounted := map[string]string{}
	for _, m := range e.mounts {
		if err := m.add(router, taken, mounted); err != nil {
			wrong = append(wrong, m.fails(err))
		}
	}
	return errors.Join(wrong...)
}

// add adds the mount to the router, which has the routes already. mounted holds the place of
// each earlier mount, by its path.
func (m mount) add(router chi.Router, routes *patterns, mounted map[string]string) error {
	if err := checkPath(m.path); err != nil {
		return err
	}
	if pathParameter.MatchString(m.path) {
		return errors.New("the path of a mount has no names in it")
	}
	below := strings.TrimSuffix(m.path, "/") + "/"
	if mounted[below] != "" {
		return fmt.Errorf("%s has mounted this path already", mounted[below])
	}
	mounted[below] = m.place
	for _, r := range routes.list {
		path := chiPattern(r.path)
		switch {
		case path == below || path+"/" == below || path == below+"*":
			return fmt.Errorf("%s has the route %s %s, which is in the way", r.place, r.method, r.path)
		case r.place == loam && below != "/" && strings.HasPrefix(path, below):
			return errors.New("routes of Loam are below this path")
		}
	}
	return recovered(func() { router.Mount(m.path, m.handler) })
}

// originsOf returns a function that finds the origins that the Option CORS has set for a route.
// It returns nil if no route has that Option.
func (e *ServeEvent) originsOf(router chi.Router) func(method, path string) []string {
	own := map[string][]string{} // origins by the method and the chi path of a route
	for _, r := range e.routes {
		if r.origins != nil {
			own[r.Method+" "+chiPattern(r.Path)] = r.origins
		}
	}
	if len(own) == 0 {
		return nil
	}
	return func(method, path string) []string {
		if method == http.MethodHead {
			method = http.MethodGet
		}
		found := chi.NewRouteContext()
		if !router.Match(found, method, path) {
			return nil
		}
		return own[method+" "+found.RoutePattern()]
	}
}

// recovered calls add and returns its panic as an error: chi and net/http panic at a pattern
// that they refuse.
func recovered(add func()) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = errors.New(fmt.Sprint(cause))
		}
	}()
	add()
	return nil
}
