// Package console is the base of all screens of the console: the session, routes and their
// handlers, answers with a page or a part of a page, and pages of failures. DESIGN.md of admin
// shows how to write a screen.
package console

import (
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/loambase/loam/admin/internal/sheet"
	"github.com/loambase/loam/admin/internal/task"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/internal/metrics"
	"github.com/loambase/loam/internal/request"
)

// Config holds the services that a Console uses. Every field except Own, Tasks and Imports is required.
type Config struct {
	App      *core.App
	Auth     *auth.Service
	Requests *request.Service

	// Limit counts a request against the rate limits of a route of the API with these tags.
	// It may set headers. The error is a fault.TooMany.
	Limit func(w http.ResponseWriter, r *http.Request, q *request.Request, collection string, tags ...string) error

	// LimitedBy wraps a handler: its requests count against the rate limits for their path. refuse
	// answers a request over a limit; err is a fault.TooMany.
	LimitedBy func(next http.Handler, refuse func(w http.ResponseWriter, r *http.Request, q *request.Request, err error)) http.Handler

	// Judge returns a function that applies rate limits to requests of the past, in the order of
	// their times. rule is the index of the rule that applies to a request, -1 for none; denied
	// reports whether the rule denies the request.
	Judge func(limits settings.RateLimits) func(at time.Time, ip string, signedIn bool, method, path string) (rule int, denied bool)

	// API handles requests to the API, but no requests below /_/.
	API http.Handler

	// File answers with a stored file to the caller of the request.
	File func(w http.ResponseWriter, r *http.Request, q *request.Request, collection, id, name string) error

	// Socket upgrades the request to a WebSocket of the protocol loam.v1, for its caller.
	Socket func(w http.ResponseWriter, r *http.Request, q *request.Request) error

	// History holds the samples of this server's metrics for the charts.
	History *metrics.History

	// Own holds the pages, inputs and files of the embedding program.
	Own Own

	// Tasks runs the long work of superusers, such as bulk changes; Imports holds their imports.
	// New sets both.
	Tasks   *task.Service
	Imports *sheet.Service
}

// Console makes handlers of screens. It is safe for concurrent use.
type Console struct {
	Config
	guard    *http.CrossOriginProtection
	sections []ui.Section
}

// New returns the console of an open app. The sections are the entries of its navigation.
func New(c Config, sections []ui.Section) *Console {
	c.Tasks = task.New(c.App.Go, c.App.Now)
	c.Imports = sheet.New(c.App, c.Tasks)
	if len(c.Own.Loaded) > 0 {
		reportChanges(c.App.Hooks())
	}
	rememberNames(c.App)
	return &Console{Config: c, guard: http.NewCrossOriginProtection(), sections: sections}
}

// Screen answers one call, or returns an error without an answer: the console then answers with a
// page or a toast about the error.
type Screen func(*Call) error

// Route is one address of the console.
type Route struct {
	Method, Path string
	Screen       Screen
	Open         bool // visitors without a session may call the route
}

// Get returns a route for GET requests of superusers.
func Get(path string, s Screen) Route { return Route{Method: http.MethodGet, Path: path, Screen: s} }

// Post returns a route for POST requests of superusers.
func Post(path string, s Screen) Route { return Route{Method: http.MethodPost, Path: path, Screen: s} }

// Mount adds the routes to the router. A route for GET also answers HEAD.
func (c *Console) Mount(router chi.Router, routes []Route) {
	for _, r := range routes {
		h := c.Handler(r)
		router.Method(r.Method, r.Path, h)
		if r.Method == http.MethodGet {
			router.Method(http.MethodHead, r.Path, h)
		}
	}
}

// Missing returns the handler of addresses that are no page of the console: it answers a superuser with a page
// with the status 404, and leads others to the sign-in.
func (c *Console) Missing() http.Handler {
	return c.Limited(c.Handler(Get("/_/*", func(*Call) error { return fault.New(fault.NotFound, "The console has no such page.") })))
}

// Limited wraps a handler: its requests count against the rate limits for their path. The answer to
// a request over a limit is a toast for a script, else a page.
func (c *Console) Limited(next http.Handler) http.Handler {
	everyone := &request.Route{Audience: request.Everyone, Quiet: true}
	return c.LimitedBy(next, func(w http.ResponseWriter, r *http.Request, _ *request.Request, err error) {
		call := &Call{Config: &c.Config, W: w, R: r, sections: c.sections}
		if other := call.begin(everyone, c.guard); other != nil {
			err = other
		}
		call.fail(err)
	})
}

// Handler returns the handler of a route. It refuses cross-origin requests other than GET, HEAD and
// OPTIONS.
func (c *Console) Handler(route Route) http.Handler {
	about := &request.Route{Method: route.Method, Path: route.Path, Label: route.Method + " " + route.Path, Audience: request.Superusers, Quiet: true}
	if route.Open {
		about.Audience = request.Everyone
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := &Call{Config: &c.Config, W: w, R: r, sections: c.sections}
		err := call.begin(about, c.guard)
		if err == nil {
			err = call.open(route)
		}
		if err != nil {
			call.fail(err)
		}
	})
}
