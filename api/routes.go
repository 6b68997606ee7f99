package api

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/loambase/loam/api/openapi"
	"github.com/loambase/loam/api/request"
	"github.com/loambase/loam/api/rest"
	"github.com/loambase/loam/api/wire"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/hook"
)

// ServeEvent is a server that is about to begin. What handlers add takes effect when
// all of them have run.
type ServeEvent struct {
	hook.Event
	App    *core.App
	Server *Server

	api        *rest.API
	middleware []func(http.Handler) http.Handler
	routes     []*ownRoute
	mounts     []mount
	limits     map[*rateLimit]func(*rest.OwnCall) error
	wrong      []error // what was added and cannot be
}

// Handler answers a request to a route of the program. An error that it returns before it
// has written anything is answered like those of the API: a fault as it is, a body that is
// too long with 413, anything else as an internal failure. After that the error breaks the
// connection off, so that no client takes the part for the whole; so does a panic.
type Handler func(w http.ResponseWriter, r *Request) error

// Use adds a middleware around all routes, those of the API included, and around
// the public files. It sees OPTIONS requests too, which browsers send without
// credentials: one that is refused keeps pages of other origins out. A middleware that
// wraps the http.ResponseWriter must give its writer the method Unwrap, or streams and
// WebSockets do not work behind it.
func (e *ServeEvent) Use(middleware func(http.Handler) http.Handler) {
	if middleware == nil {
		e.wrong = append(e.wrong, fmt.Errorf("%s: the middleware is nil", caller()))
		return
	}
	e.middleware = append(e.middleware, middleware)
}

// Route adds a route; one of GET answers HEAD too, unless HEAD has a route of its own. The
// pattern is the path of a pattern of net/http:
//
//	/hello/{name}    one part of the path, r.PathValue("name")
//	/files/{rest...} all that is below, r.PathValue("rest")
//	/files/          the same without a name
//	/files/{$}       this path alone, with its slash
//
// Of two patterns that match a request the more special one answers it. A pattern that is
// not valid, one that is taken, and one that matches requests of another while none of
// the two is more special keep the server from starting: the error names the lines of both.
func (e *ServeEvent) Route(method, pattern string, handler Handler, options ...Option) {
	e.route(caller(), method, pattern, handler, options)
}

// Group returns a group of routes whose paths begin with prefix, as "/api/teams", and which
// have the options in common.
func (e *ServeEvent) Group(prefix string, options ...Option) *Group {
	return &Group{event: e, prefix: strings.TrimSuffix(prefix, "/"), options: options}
}

// Group is routes with a common beginning of their paths, and common options, which stand
// before those of a route. ServeEvent.Group makes it.
type Group struct {
	event   *ServeEvent
	prefix  string
	options []Option
}

// Route is ServeEvent.Route with a pattern below the prefix of the group, "" for the prefix
// itself.
func (g *Group) Route(method, pattern string, handler Handler, options ...Option) {
	g.event.route(caller(), method, g.prefix+pattern, handler, g.with(options))
}

// Group returns a group within the group.
func (g *Group) Group(prefix string, options ...Option) *Group {
	return &Group{event: g.event, prefix: g.prefix + strings.TrimSuffix(prefix, "/"), options: g.with(options)}
}

func (g *Group) with(options []Option) []Option {
	return append(g.options[:len(g.options):len(g.options)], options...)
}

// route adds a route that was asked for at place.
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

// Mount serves everything below the path, by every method. The handler sees the path without
// it, as behind http.StripPrefix: an http.FileServer can be mounted as it is. Routes go
// before it.
func (e *ServeEvent) Mount(path string, handler http.Handler) {
	m := mount{path: path, place: caller()}
	if handler == nil {
		e.wrong = append(e.wrong, m.fails(errors.New("the handler is nil")))
		return
	}
	m.handler = e.api.Limited(http.StripPrefix(strings.TrimSuffix(path, "/"), m.named(handler)))
	e.mounts = append(e.mounts, m)
}

// caller returns the line of the program that has called an exported method.
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
	body       int64    // how many bytes it may have; 0: any number
	free       bool     // of the rate limits of the settings
	origins    []string // nil: those of the server
	place      string   // in the program's source, for errors
}

func (r *ownRoute) fails(err error) error {
	return fmt.Errorf("%s: route %s: %w", r.place, r.Label, err)
}

// serve makes the handler of the route.
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

// named tells logs and metrics of the mount.
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

// addRoutes adds the routes and mounts of the program to the router. The error names each
// that cannot be added, with the line that asked for it.
func (e *ServeEvent) addRoutes(router chi.Router) error {
	e.limits = map[*rateLimit]func(*rest.OwnCall) error{}
	taken := newPatterns()
	for _, r := range e.api.Routes() {
		taken.add(pattern{r.Method, r.Path, loam})
	}
	wrong := e.wrong
	heads := map[string]http.Handler{} // of routes of GET, by their paths for chi
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
	for path, handler := range heads { // when those of HEAD itself are known
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

// add adds the mount to the router, which has the routes already. mounted has the lines of
// the mounts before, by their paths.
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

// originsOf returns the function that finds the origins of a route of the program that has
// its own, nil if there is no such route.
func (e *ServeEvent) originsOf(router chi.Router) func(method, path string) []string {
	own := map[string][]string{} // by method and path of chi
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

// recovered calls add and returns what it panics with: chi and net/http refuse patterns so.
func recovered(add func()) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = errors.New(fmt.Sprint(cause))
		}
	}()
	add()
	return nil
}
