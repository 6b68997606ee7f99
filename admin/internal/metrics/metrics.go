// Package metrics serves the page of server metrics: charts of the last hour or day, and a table of
// the routes that take the most time.
package metrics

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/internal/metrics"
)

// Routes returns the routes of the package.
func Routes() []console.Route {
	return []console.Route{
		console.Get("/_/metrics", show),
		console.Get("/_/metrics/series", series),
	}
}

// maxRoutes is the maximum number of rows in the table of routes.
const maxRoutes = 20

func show(c *console.Call) error {
	last := c.R.URL.Query().Get("last")
	if last != "24h" {
		last = "1h"
	}
	period := map[string]time.Duration{"1h": time.Hour, "24h": 24 * time.Hour}[last]
	entries := func(filter string) string {
		q := url.Values{"filter": {filter}, "from": {c.App.Now().Add(-period).UTC().Format(time.RFC3339)}}
		return "/_/logs?" + q.Encode()
	}
	v := view{last: last, compare: c.R.URL.Query().Has("compare")}
	routes := c.History.Routes()
	return c.Page(console.Page{
		Title: "Metrics", Section: "metrics", Crumbs: []ui.Crumb{{Label: "Metrics"}},
		Styles: []string{"uplot.css"}, Scripts: []string{"metrics.js"},
	}, page(v, routes[:min(len(routes), maxRoutes)], entries))
}

// series answers with the samples of the last hour, or of the last day for last=24h, as JSON; with
// compare, beside the samples of the day before.
func series(c *console.Call) (err error) {
	q := c.R.URL.Query()
	s := c.History.Hour()
	if q.Get("last") == "24h" {
		s = c.History.Day()
	}
	if q.Has("compare") {
		if s, err = c.History.Compare(c.R.Context(), s); err != nil {
			return err
		}
	}
	return c.JSON(s)
}

// view is a view of the page: the last "1h" or "24h", and whether the day before is beside it.
type view struct {
	last    string
	compare bool
}

// path returns the address of the view below a path.
func (v view) path(below string) string {
	q := url.Values{}
	if v.last != "1h" {
		q.Set("last", v.last)
	}
	if v.compare {
		q.Set("compare", "1")
	}
	return strings.TrimSuffix(below+"?"+q.Encode(), "?")
}

// of returns the view of another period.
func (v view) of(last string) view { return view{last, v.compare} }

// chart is a chart with one or more lines. It is hidden if the history has none of its figures.
type chart struct {
	title, unit string // the unit is a key of units in metrics.js
	lines       []line
}

// line is a line of a chart: the name of a figure of the history, its label in the legend, and the
// CSS class of its colour.
type line struct{ figure, label, mark string }

var charts = []chart{
	{"Requests a second", "number", []line{{"requests", "requests", "k1"}}},
	{"Latency", "duration", []line{{"p50", "p50", "k1"}, {"p95", "p95", "k2"}, {"p99", "p99", "k3"}}},
	{"Errors a minute", "minute", []line{{"refusals", "4xx", "k2"}, {"failures", "5xx", "k3"}, {"denials", "denied by a rule", "k4"}}},
	{"Live connections", "count", []line{{"websocket", "WebSocket", "k1"}, {"events", "server-sent events", "k4"}}},
	{"Records written a second", "number", []line{{"created", "created", "k1"}, {"updated", "updated", "k2"}, {"deleted", "deleted", "k3"}}},
	{"Under way and waiting", "count", []line{{"running", "requests under way", "k1"}, {"waiting", "waiting for their share", "k2"}, {"writes", "writes in the queue of the database", "k4"}}},
	{"SQL statements a second", "number", []line{{"statements", "statements", "k1"}}},
	{"Realtime messages a second", "number", []line{{"messages", "messages", "k4"}}},
	{"Memory", "bytes", []line{{"memory", "process", "k1"}, {"heap", "Go heap", "k4"}}},
	{"Processor", "percent", []line{{"cpu", "of one core", "k1"}}},
	{"Database", "bytes", []line{{"data", "data.db", "k1"}, {"wal", "its log (WAL)", "k2"}, {"logs", "logs.db", "k4"}}},
	{"Refused for want of room, a minute", "minute", []line{{"refused", "refused", "k3"}}},
}

// duration formats seconds as milliseconds, or as seconds from 1 s on.
func duration(seconds float64) string {
	switch ms := seconds * 1000; {
	case ms < 10:
		return fmt.Sprintf("%.2f ms", ms)
	case ms < 1000:
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.1f s", seconds)
}

// routeName returns the method and the pattern of a route. Public files and requests without a
// route have names of their own.
func routeName(r metrics.RouteFigures) string {
	switch r.Route {
	case "file":
		return "public files"
	case "none":
		return "no route"
	}
	return r.Method + " " + r.Route
}

func count(n float64) string { return strconv.FormatFloat(n, 'f', 0, 64) }
