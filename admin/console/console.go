// Package console is what every screen of the console stands on: who is signed in, how a
// handler is written, how it answers with a page or a part of one, and how failures look.
// DESIGN.md of admin shows how a screen is made.
package console

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/loambase/loam/admin/ui"
	"github.com/loambase/loam/api/metrics"
	"github.com/loambase/loam/api/request"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/sheet"
	"github.com/loambase/loam/core/task"
)

// Config is what a Console needs of the server. Every field is required, but for Tasks and Imports.
type Config struct {
	App      *core.App
	Auth     *auth.Service
	Requests *request.Service

	// Limit counts a request against the rate limits of a route of the API with these tags.
	// It may set headers. The error is a fault.TooMany.
	Limit func(w http.ResponseWriter, r *http.Request, q *request.Request, collection string, tags ...string) error

	// API answers requests to the API, and to nothing below /_/.
	API http.Handler

	// File answers with a stored file to the caller of the request.
	File func(w http.ResponseWriter, r *http.Request, q *request.Request, collection, id, name string) error

	// Socket makes a WebSocket of the request, of the protocol loam.v1, for its caller.
	Socket func(w http.ResponseWriter, r *http.Request, q *request.Request) error

	// History holds the samples of this server's metrics for the charts.
	History *metrics.History

	// Tasks are long work that superusers have started, Imports the files that they import. New
	// makes both.
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
	return &Console{Config: c, guard: http.NewCrossOriginProtection(), sections: sections}
}

// Screen answers one call. It returns an error, which becomes the answer, or has answered
// itself.
type Screen func(*Call) error

// Route is one address of the console.
type Route struct {
	Method, Path string
	Screen       Screen
	Open         bool // also for who has not signed in
}

// Get is a route that shows something to a superuser.
func Get(path string, s Screen) Route { return Route{Method: http.MethodGet, Path: path, Screen: s} }

// Post is a route by which a superuser changes something.
func Post(path string, s Screen) Route { return Route{Method: http.MethodPost, Path: path, Screen: s} }

// Mount adds the routes to the router, but for those that it has already: a program may put
// pages of its own in their place. GET serves HEAD too.
func (c *Console) Mount(router chi.Router, routes []Route) {
	for _, r := range routes {
		if router.Match(chi.NewRouteContext(), r.Method, r.Path) {
			continue
		}
		h := c.Handler(r)
		router.Method(r.Method, r.Path, h)
		if r.Method == http.MethodGet {
			router.Method(http.MethodHead, r.Path, h)
		}
	}
}

// Handler returns the handler of a route. Writes that another origin has caused are refused.
func (c *Console) Handler(route Route) http.Handler {
	about := &request.Route{Method: route.Method, Path: route.Path, Label: route.Method + " " + route.Path, Audience: request.Superusers, Quiet: true}
	if route.Open {
		about.Audience = request.Everyone
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := &Call{Config: &c.Config, W: w, R: r, sections: c.sections}
		err := call.begin(about, c.guard)
		if err == nil {
			err = route.Screen(call)
		}
		if err != nil {
			call.fail(err)
		}
	})
}
