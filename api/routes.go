package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/loambase/loam/api/request"
	"github.com/loambase/loam/api/rest"
	"github.com/loambase/loam/api/wire"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// ServeEvent is a server that is about to begin. What handlers add takes effect when
// all of them have run.
type ServeEvent struct {
	hook.Event
	App    *core.App
	Server *Server

	api        *rest.API
	middleware []func(http.Handler) http.Handler
	routes     []ownRoute
	mounts     []mount
	wrong      []error // what was added and cannot be
}

// ownRoute is a route of the program.
type ownRoute struct {
	method, pattern string
	handler         http.Handler
	place           string // in the program's source, for its errors
}

// mount is a handler of everything below a path.
type mount struct {
	path    string
	handler http.Handler
	place   string
}

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

// Route adds a route; one of GET answers HEAD too, unless HEAD has a route of its own.
// The pattern is one of chi: "/hello/{name}", or "/files/*" for all that is below, and
// its parts are PathValues of the request. An error that the handler returns, before it
// has written anything, is answered like those of the API: a fault as it is, anything
// else as an internal failure. After that it breaks the connection off, so that no
// client takes the part for the whole. A pattern that is not valid, or taken, keeps the
// server from starting.
func (e *ServeEvent) Route(method, pattern string, handler func(http.ResponseWriter, *Request) error) {
	r := ownRoute{method: method, pattern: pattern, place: caller()}
	if handler == nil {
		e.wrong = append(e.wrong, r.fails(errors.New("the handler is nil")))
		return
	}
	r.handler = e.api.Own(method, pattern, func(w http.ResponseWriter, r *http.Request, q *request.Request) error {
		return handler(w, &Request{Request: r, Caller: q.Caller, ID: q.ID, request: q})
	})
	e.routes = append(e.routes, r)
}

// Mount serves everything below the path. The handler sees the path without it, as
// behind http.StripPrefix: an http.FileServer can be mounted as it is.
func (e *ServeEvent) Mount(path string, handler http.Handler) {
	m := mount{path: path, place: caller()}
	if handler == nil {
		e.wrong = append(e.wrong, m.fails(errors.New("the handler is nil")))
		return
	}
	m.handler = e.api.Limited(http.StripPrefix(strings.TrimSuffix(path, "/"), handler))
	e.mounts = append(e.mounts, m)
}

// caller returns the line of the program that has called a method of ServeEvent.
func caller() string {
	_, file, line, _ := runtime.Caller(2)
	return fmt.Sprintf("%s:%d", filepath.Base(file), line)
}

func (r ownRoute) fails(err error) error {
	return fmt.Errorf("%s: route %s %s: %w", r.place, r.method, r.pattern, err)
}

func (m mount) fails(err error) error { return fmt.Errorf("%s: mount %s: %w", m.place, m.path, err) }

// addRoutes adds the program's routes to the router. The error names every one that
// cannot be added, with the line that asked for it.
func (e *ServeEvent) addRoutes(router chi.Router) error {
	taken := map[string]string{} // by routeKey
	for _, r := range e.api.Routes() {
		taken[routeKey(r.Method, r.Path)] = "Loam"
		if r.Method == http.MethodGet {
			taken[routeKey(http.MethodHead, r.Path)] = "Loam"
		}
	}
	wrong := e.wrong
	var gets []ownRoute
	for _, r := range e.routes {
		if err := r.add(router, taken); err != nil {
			wrong = append(wrong, r.fails(err))
		} else if r.method == http.MethodGet {
			gets = append(gets, r)
		}
	}
	for _, r := range gets { // when those of HEAD itself are known
		if taken[routeKey(http.MethodHead, r.pattern)] == "" {
			router.Method(http.MethodHead, r.pattern, r.handler)
		}
	}
	for _, m := range e.mounts {
		if err := m.add(router, e.api.Routes()); err != nil {
			wrong = append(wrong, m.fails(err))
		}
	}
	return errors.Join(wrong...)
}

func (r ownRoute) add(router chi.Router, taken map[string]string) error {
	if err := checkPattern(r.pattern); err != nil {
		return err
	}
	key := routeKey(r.method, r.pattern)
	if owner := taken[key]; owner != "" {
		return fmt.Errorf("%s has this route already", owner)
	}
	taken[key] = "the program"
	return recovered(func() { router.Method(r.method, r.pattern, r.handler) })
}

func (m mount) add(router chi.Router, api []request.Route) error {
	if err := checkPattern(m.path); err != nil {
		return err
	}
	below := strings.TrimSuffix(m.path, "/") + "/"
	if below != "/" && slices.ContainsFunc(api, func(r request.Route) bool { return strings.HasPrefix(r.Path+"/", below) }) {
		return errors.New("routes of Loam are below this path")
	}
	return recovered(func() { router.Mount(m.path, m.handler) })
}

// checkPattern refuses what chi takes although no request can match it, or it means
// something else than it says. Paths come clean (see middleware.Clean) and without a
// query.
func checkPattern(pattern string) error {
	switch {
	case !strings.HasPrefix(pattern, "/"):
		return errors.New("the path must begin with a slash")
	case strings.Contains(pattern, "...}"):
		return errors.New(`the rest of a path is written "*"`)
	case strings.Contains(pathParameter.ReplaceAllString(pattern, ""), "?"):
		return errors.New("a query is no part of a path")
	case path.Clean(pattern) != strings.TrimSuffix(pattern, "/") && pattern != "/":
		return errors.New("the path has repeated slashes or dots, which are resolved before a route is looked for")
	}
	return nil
}

var pathParameter = regexp.MustCompile(`\{[^}]*\}`)

// routeKey is equal for routes that match the same requests.
func routeKey(method, pattern string) string {
	return method + " " + pathParameter.ReplaceAllString(pattern, "{}")
}

// recovered calls add and returns what it panics with: chi refuses patterns so.
func recovered(add func()) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = errors.New(fmt.Sprint(cause))
		}
	}()
	add()
	return nil
}

// Request is a request to a route of the program's own.
type Request struct {
	*http.Request
	Caller record.Caller // a guest if there is no valid token; its Body is empty
	ID     string        // as in the log and in the header X-Request-Id of the answer

	request *request.Request
}

// Decode reads the JSON or form body into v, as package encoding/json does. What
// cannot be read, or is larger than 32 MiB, is a fault to return.
func (r *Request) Decode(v any) error {
	body, err := wire.ReadBody(r.Request, wire.DefaultLimit, "", nil, r.Caller.Share())
	if err != nil {
		return err
	}
	defer body.Close()
	return body.Decode(v)
}

// Stream registers an answer that has no end of its own, as events or a WebSocket. The
// context ends with the handler, and when the server is about to stop; the server
// waits until end is called.
func (r *Request) Stream() (ctx context.Context, end func()) { return r.request.Stream(r.Context()) }

// JSON answers with the value as package encoding/json has it, without its escapes for HTML.
func JSON(w http.ResponseWriter, status int, value any) error {
	text, err := schema.Marshal(value)
	if err != nil {
		return err
	}
	wire.JSON(w, status, text)
	return nil
}
