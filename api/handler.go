// Package api is how the world talks to an app: the HTTP server with its
// transports, and the command line.
package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/loambase/loam/api/middleware"
	"github.com/loambase/loam/api/rest"
	"github.com/loambase/loam/api/wire"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/hook"
)

// Config is what a server looks like from outside.
type Config struct {
	Origins []string // whose pages may use the API; default: everybody's
	Public  string   // folder of files served at "/"; default: none

	serve *hook.Hook[*ServeEvent] // of the Program; may be nil
	data  string                  // the data folder, which is never served
}

// Handler serves the app, which must be open, with the default Config.
func Handler(app *core.App) http.Handler { return Config{}.Handler(app) }

// Handler serves the app, which must be open.
func (c Config) Handler(app *core.App) http.Handler {
	h, _ := c.handler(app) // only hooks fail, and a Config of others has none
	return h
}

// handler is Handler with the Serve hooks.
func (c Config) handler(app *core.App) (h http.Handler, err error) {
	c.data = app.Config.Dir
	router := chi.NewRouter()
	routes := rest.New(app, auth.New(app))
	e := &ServeEvent{App: app, api: routes}
	if c.serve != nil {
		err = c.serve.Trigger(e, func() error { return nil })
	}
	for _, add := range e.routes {
		add(router)
	}
	routes.Routes(router) // last: they are not replaced
	router.NotFound(c.fallback())
	// Wire: a method that a path does not have is a path that does not exist.
	router.MethodNotAllowed(c.fallback())

	h = router
	for _, wrap := range slices.Backward(e.middleware) { // the first one is outermost
		h = wrap(h)
	}
	for _, wrap := range []func(http.Handler) http.Handler{ // from the inside out
		middleware.Compress,
		middleware.Clean,
		middleware.Secure,
		middleware.CORS(c.Origins),
		middleware.Recover(app.Log()),
		middleware.Log(app.Log()),
	} {
		h = wrap(h)
	}
	return h, err
}

// fallback serves what no route does: public files, but never below the paths that
// are the server's own.
func (c Config) fallback() http.HandlerFunc {
	files := static{folder: c.Public, data: c.data}
	return func(w http.ResponseWriter, r *http.Request) {
		if (r.Method == http.MethodGet || r.Method == http.MethodHead) && !reserved(r.URL.Path) {
			files.ServeHTTP(w, r)
			return
		}
		wire.Drain(w, r)
		wire.Error(w, fault.New(fault.NotFound, ""), false)
	}
}

func reserved(path string) bool {
	for _, own := range []string{"/api", "/_"} {
		if rest, ok := strings.CutPrefix(path, own); ok && (rest == "" || rest[0] == '/') {
			return true
		}
	}
	return false
}
