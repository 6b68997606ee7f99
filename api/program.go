package api

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-chi/chi/v5"
	"github.com/spf13/cobra"

	"github.com/loambase/loam/api/rest"
	"github.com/loambase/loam/api/wire"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/record"
)

// Program is a server of somebody's own around an app: its command line, with what
// they add to it. Only App is required.
type Program struct {
	App      *core.App
	Commands []*cobra.Command // beside those of Loam; App is not open when they run

	// Serve runs when the routes are made. Handlers add their own.
	Serve hook.Hook[*ServeEvent]
}

// Main is the whole command line of a program that serves the app, which it opens
// as the command needs it. It returns the exit code.
func Main(app *core.App) int { return (&Program{App: app}).Main() }

// Main runs the command that the command line of the process names, and returns the
// exit code.
func (p *Program) Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // who is too impatient for a graceful end sends the signal twice
	return p.run(ctx, os.Args[1:], os.Stdout, os.Stderr)
}

// Handler serves the App, which must be open, with what the Serve hooks add: for
// tests, and for programs that listen themselves. An error is a hook's.
func (p *Program) Handler() (http.Handler, error) { return Config{serve: &p.Serve}.handler(p.App) }

// ServeEvent is a server that is about to begin. What handlers add takes effect when
// all of them have run.
type ServeEvent struct {
	hook.Event
	App *core.App

	api        *rest.API
	middleware []func(http.Handler) http.Handler
	routes     []func(chi.Router)
}

// Request is a request to a route of the program's own.
type Request struct {
	*http.Request
	Caller record.Caller // a guest if there is no valid token; its Body is empty
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

// JSON answers with the value as package encoding/json has it.
func JSON(w http.ResponseWriter, status int, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	wire.JSON(w, status, text)
	return nil
}

// Use adds a middleware around all routes, those of the API included, and around
// the public files.
func (e *ServeEvent) Use(middleware func(http.Handler) http.Handler) {
	e.middleware = append(e.middleware, middleware)
}

// Route adds a route. The pattern is one of chi: "/hello/{name}", and its parts are
// PathValues of the request. An error that the handler returns, before it has
// written anything, is answered like those of the API: a fault as it is, anything
// else as an internal failure. A route that the API has is not replaced.
func (e *ServeEvent) Route(method, pattern string, handler func(http.ResponseWriter, *Request) error) {
	e.routes = append(e.routes, func(r chi.Router) {
		r.Method(method, pattern, e.api.Handler(func(w http.ResponseWriter, r *http.Request, caller record.Caller) error {
			return handler(w, &Request{r, caller})
		}))
	})
}

// Mount serves everything below the path.
func (e *ServeEvent) Mount(path string, handler http.Handler) {
	e.routes = append(e.routes, func(r chi.Router) { r.Mount(path, handler) })
}
