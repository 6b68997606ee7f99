// Package admin is the console: the pages below /_/ on which superusers define collections, browse
// and edit records, and run the server. Pages are rendered on the server. Each works with links and
// forms alone; scripts add convenience (DESIGN.md).
package admin

import (
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"github.com/loambase/loam/admin/internal/asset"
	"github.com/loambase/loam/admin/internal/collections"
	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/diagram"
	"github.com/loambase/loam/admin/internal/gate"
	"github.com/loambase/loam/admin/internal/graphiql"
	"github.com/loambase/loam/admin/internal/live"
	"github.com/loambase/loam/admin/internal/logs"
	"github.com/loambase/loam/admin/internal/metrics"
	"github.com/loambase/loam/admin/internal/overview"
	"github.com/loambase/loam/admin/internal/own"
	"github.com/loambase/loam/admin/internal/palette"
	"github.com/loambase/loam/admin/internal/records"
	"github.com/loambase/loam/admin/internal/reference"
	"github.com/loambase/loam/admin/internal/settings"
	"github.com/loambase/loam/admin/internal/sql"
	"github.com/loambase/loam/admin/internal/ui"
)

// sections returns the entries of the navigation in their order: the pages of Loam, then the added
// pages.
func sections(added console.Own) []ui.Section {
	return append([]ui.Section{
		{ID: "data", Label: "Data", Icon: "data", Path: "/_/data"},
		{ID: "diagram", Label: "Diagram", Icon: "diagram", Path: "/_/diagram"},
		{ID: "sql", Label: "SQL", Icon: "sql", Path: "/_/sql"},
		{ID: "graphql", Label: "GraphQL", Icon: "graph", Path: "/_/graphiql"},
		{ID: "realtime", Label: "Realtime", Icon: "pulse", Path: "/_/realtime"},
		{ID: "metrics", Label: "Metrics", Icon: "metrics", Path: "/_/metrics"},
		{ID: "logs", Label: "Logs", Icon: "logs", Path: "/_/logs"},
		{ID: "backups", Label: "Backups", Icon: "archive", Path: "/_/backups"},
		{ID: "settings", Label: "Settings", Icon: "settings", Path: "/_/settings/application"},
	}, own.Sections(added)...)
}

// screens returns the pages that the palette offers besides the pages of collections.
func screens(added console.Own) []palette.Screen {
	list := []palette.Screen{{Label: "Overview", Icon: "logo", Path: "/_/"}}
	for _, s := range sections(added)[1:] {
		list = append(list, palette.Screen{Label: s.Label, Icon: s.Icon, Path: s.Path})
	}
	for _, i := range settings.Items() {
		list = append(list, palette.Screen{Label: "Settings › " + i.Label, Icon: i.Icon, Path: i.Path})
	}
	for _, i := range settings.Inputs() {
		list = append(list, palette.Screen{Label: "Settings › " + i.Label, Hint: "setting", Icon: i.Icon, Path: i.Path})
	}
	return list
}

// Config holds the parts of the server that the console uses.
type Config = console.Config

// Own holds the pages, inputs and files that the embedding program adds to the console. Page is
// such a page, Input is such an input, and Call is a request to the console.
type (
	Own   = console.Own
	Page  = console.OwnPage
	Input = console.OwnInput
	Call  = console.Call
)

// Icons returns the names of the icons that a Page can have.
func Icons() []string { return asset.Icons() }

// Mount adds the routes of the console to the router. It returns the Console, by whose Handler other
// packages can serve pages below /_/.
func Mount(router chi.Router, config Config) *console.Console {
	c := console.New(config, sections(config.Own))
	router = router.With(c.Limited)
	c.Mount(router, slices.Concat(
		gate.Routes(),
		overview.Routes(),
		records.Routes(),
		collections.Routes(),
		diagram.Routes(),
		reference.Routes(),
		live.Routes(),
		graphiql.Routes(),
		logs.Routes(),
		metrics.Routes(),
		settings.Routes(),
		sql.Routes(),
		palette.Routes(screens(config.Own)),
		own.Routes(config.Own),
	))
	for path, serve := range map[string]http.HandlerFunc{
		"/_":                     toFolder,
		asset.Pattern:            asset.Serve,
		graphiql.Files.Pattern(): graphiql.Files.Serve,
		"/_/theme.css":           theme,
	} {
		router.Get(path, serve)
		router.Head(path, serve)
	}
	return c
}

// toFolder redirects /_ to /_/. The address is relative, since a proxy may serve Loam below another
// path.
func toFolder(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Location", "_/")
	w.WriteHeader(http.StatusTemporaryRedirect)
}
