// Package admin is the console: the pages below /_/ with which superusers define
// collections, look at data and run the server. Pages are made on the server; a page works
// with links and forms, and scripts make it pleasant (DESIGN.md).
package admin

import (
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"github.com/loambase/loam/admin/asset"
	"github.com/loambase/loam/admin/collections"
	"github.com/loambase/loam/admin/console"
	"github.com/loambase/loam/admin/gate"
	"github.com/loambase/loam/admin/graphiql"
	"github.com/loambase/loam/admin/logs"
	"github.com/loambase/loam/admin/overview"
	"github.com/loambase/loam/admin/records"
	"github.com/loambase/loam/admin/settings"
	"github.com/loambase/loam/admin/ui"
)

// sections are the entries of the navigation, in their order. A section is here when its
// screen is there.
func sections() []ui.Section {
	return []ui.Section{
		{ID: "data", Label: "Data", Icon: "data", Path: "/_/"},
		{ID: "graphql", Label: "GraphQL", Icon: "graph", Path: "/_/graphiql"},
		{ID: "logs", Label: "Logs", Icon: "logs", Path: "/_/logs"},
		{ID: "backups", Label: "Backups", Icon: "archive", Path: "/_/backups"},
		{ID: "settings", Label: "Settings", Icon: "settings", Path: "/_/settings/application"},
	}
}

// Mount adds the console to the router, but for addresses that it has already. It returns
// the Console, for pages below /_/ that others serve.
func Mount(router chi.Router, config console.Config) *console.Console {
	c := console.New(config, sections())
	c.Mount(router, slices.Concat(
		gate.Routes(),
		overview.Routes(),
		records.Routes(),
		collections.Routes(),
		graphiql.Routes(),
		logs.Routes(),
		settings.Routes(),
	))
	for path, serve := range map[string]http.HandlerFunc{
		"/_":                     toFolder,
		asset.Pattern:            asset.Serve,
		graphiql.Files.Pattern(): graphiql.Files.Serve,
		"/_/theme.css":           theme,
	} {
		if !router.Match(chi.NewRouteContext(), http.MethodGet, path) {
			router.Get(path, serve)
			router.Head(path, serve)
		}
	}
	return c
}

// toFolder redirects /_ to /_/. The address is relative, since a proxy may serve Loam below another
// path.
func toFolder(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Location", "_/")
	w.WriteHeader(http.StatusTemporaryRedirect)
}
