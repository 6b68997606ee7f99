package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"github.com/go-chi/chi/v5"

	"github.com/loambase/loam/api/request"
	"github.com/loambase/loam/api/rest"
	"github.com/loambase/loam/api/wire"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/record"
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
}

// ownRoute is a route of the program.
type ownRoute struct {
	method, pattern string
	handler         http.Handler
}

// mount is a handler of everything below a path.
type mount struct {
	path    string
	handler http.Handler
}

// Use adds a middleware around all routes, those of the API included, and around
// the public files. A middleware that wraps the http.ResponseWriter must give its
// writer the method Unwrap, or streams and WebSockets do not work behind it.
func (e *ServeEvent) Use(middleware func(http.Handler) http.Handler) {
	e.middleware = append(e.middleware, middleware)
}

// Route adds a route. The pattern is one of chi: "/hello/{name}", and its parts are
// PathValues of the request. An error that the handler returns, before it has
// written anything, is answered like those of the API: a fault as it is, anything
// else as an internal failure. A pattern that is not valid, or taken, keeps the server
// from starting.
func (e *ServeEvent) Route(method, pattern string, handler func(http.ResponseWriter, *Request) error) {
	e.routes = append(e.routes, ownRoute{method, pattern, e.api.Own(method, pattern,
		func(w http.ResponseWriter, r *http.Request, q *request.Request) error {
			return handler(w, &Request{Request: r, Caller: q.Caller, ID: q.ID, request: q})
		})})
}

// Mount serves everything below the path. The handler sees the path without it, as
// behind http.StripPrefix: an http.FileServer can be mounted as it is.
func (e *ServeEvent) Mount(path string, handler http.Handler) {
	e.mounts = append(e.mounts, mount{path, http.StripPrefix(path, handler)})
}

// addRoutes adds the program's routes to the router. An error names the one that
// cannot be added.
func (e *ServeEvent) addRoutes(router chi.Router) error {
	taken := map[string]string{} // by routeKey
	for _, r := range e.api.Routes() {
		taken[routeKey(r.Method, r.Path)] = "Loam"
	}
	for _, r := range e.routes {
		key := routeKey(r.method, r.pattern)
		if owner := taken[key]; owner != "" {
			return fmt.Errorf("route %s %s: %s has this route already", r.method, r.pattern, owner)
		}
		taken[key] = "the program"
		if err := recovered(func() { router.Method(r.method, r.pattern, r.handler) }); err != nil {
			return fmt.Errorf("route %s %s: %w", r.method, r.pattern, err)
		}
	}
	for _, m := range e.mounts {
		if err := recovered(func() { router.Mount(m.path, m.handler) }); err != nil {
			return fmt.Errorf("mount %s: %w", m.path, err)
		}
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
	body, err := wire.ReadBody(r.Request, wire.DefaultLimit, "")
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

// JSON answers with the value as package encoding/json has it.
func JSON(w http.ResponseWriter, status int, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	wire.JSON(w, status, text)
	return nil
}
