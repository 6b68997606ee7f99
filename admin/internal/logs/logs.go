// Package logs serves the pages of the logs: a list with a filter, and single entries.
package logs

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/loambase/loam/admin/internal/complete"
	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Routes returns the routes of the package.
func Routes() []console.Route {
	return []console.Route{
		console.Get("/_/logs", list),
		console.Get("/_/logs/complete", completeAt),
		console.Get("/_/logs/chart", showChart),
		console.Get("/_/logs/export", export),
		console.Get("/_/logs/clear", askClear),
		console.Post("/_/logs/clear", clearAll),
		console.Get("/_/logs/{id}", show),
	}
}

// entry is an entry of the log in a list.
type entry struct {
	ID      string         `json:"id"`
	Created string         `json:"created"`
	Level   int            `json:"level"`
	Message string         `json:"message"`
	Data    map[string]any `json:"data"`
}

const usualRows = 50

// view is the list of entries with its filter, its period, its cursors, and the problem of a wrong
// filter.
type view struct {
	filter, after, next, problem string
	from, to                     time.Time // only entries at or after from and before to; zero: no limit
	superusers                   bool      // includes requests by superusers
	entries                      []entry
}

// frequent lists filters that the page offers as links.
var frequent = []struct{ label, filter string }{
	{"4xx", "data.status >= 400 && data.status < 500"},
	{"5xx", "data.status >= 500"},
	{"Slow", "data.execTime > 1000"},
	{"Warnings", "level = 4"},
}

// isNewest reports whether the view begins with the newest entry, so that new entries can be shown
// above it.
func (v view) isNewest() bool { return v.after == "" && v.to.IsZero() }

func viewOf(q url.Values) view {
	v := view{filter: q.Get("filter"), after: q.Get("after"), superusers: q.Get("superusers") == "1"}
	v.from, _ = time.Parse(time.RFC3339, q.Get("from"))
	v.to, _ = time.Parse(time.RFC3339, q.Get("to"))
	return v
}

// path returns the address of the view with another cursor.
func (v view) path(after string) string { return v.at("/_/logs", after) }

// between returns the address of the view with another period.
func (v view) between(from, to time.Time) string {
	v.from, v.to = from, to
	return v.path("")
}

// withSuperusers returns the address of the view with or without the requests by superusers.
func (v view) withSuperusers(is bool) string {
	v.superusers = is
	return v.path("")
}

// withFilter returns the address of the view with another filter.
func (v view) withFilter(filter string) string {
	v.filter = filter
	return v.path("")
}

func (v view) at(path, after string) string {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("filter", v.filter)
	set("after", after)
	if v.superusers {
		set("superusers", "1")
	}
	if !v.from.IsZero() {
		set("from", v.from.UTC().Format(time.RFC3339))
	}
	if !v.to.IsZero() {
		set("to", v.to.UTC().Format(time.RFC3339))
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// expression returns the filter for the log service. ofFilter is the expression of the filter
// input. Requests by superusers are left out unless the view includes them or ofFilter names
// data.auth.
func (v view) expression(ofFilter string) string {
	var parts []string
	if ofFilter != "" {
		parts = append(parts, "("+ofFilter+")")
	}
	if !v.from.IsZero() {
		parts = append(parts, "created >= '"+schema.FormatTime(v.from)+"'")
	}
	if !v.to.IsZero() {
		parts = append(parts, "created < '"+schema.FormatTime(v.to)+"'")
	}
	if !v.superusers && !strings.Contains(ofFilter, "data.auth") {
		parts = append(parts, "data.auth != '"+schema.Superusers+"'")
	}
	return strings.Join(parts, " && ")
}

func list(c *console.Call) error {
	v := viewOf(c.R.URL.Query())
	err := v.read(c, expression(v.filter))
	if fault.KindOf(err) == fault.Invalid && (v.filter != "" || v.after != "") {
		problems, _ := console.Problems(err)
		for _, words := range problems {
			v.problem = words
		}
		v.after = ""
		err = v.read(c, "")
	}
	if err != nil {
		return err
	}
	if c.IsPart("rows") {
		return c.Part(rows(v))
	}
	return c.Page(frame("Logs"), page(v, c.App.Now()))
}

func frame(title string) console.Page {
	crumbs := []ui.Crumb{{Label: "Logs"}}
	if title != "Logs" {
		crumbs = []ui.Crumb{{Label: "Logs", Path: "/_/logs"}, {Label: title}}
	}
	return console.Page{Title: title, Section: "logs", Crumbs: crumbs, Scripts: []string{"table.js", "editor.js", "logs.js", "follow.js"}}
}

// expression returns the expression of a filter input. A text without an operator is searched for in
// the messages and the URLs.
func expression(filter string) string {
	words := strings.TrimSpace(filter)
	if words == "" || strings.ContainsAny(words, "=~<>") {
		return words
	}
	literal := complete.Literal(words, "'")
	return "message ~ " + literal + " || data.url ~ " + literal
}

func (v *view) read(c *console.Call, ofFilter string) error {
	p, err := c.App.Logs().List(c.R.Context(), c.Caller, record.ListParams{
		Page: 1, PerPage: usualRows, SkipTotal: true, Filter: v.expression(ofFilter), Sort: "-@rowid", Cursor: v.after, Walk: true,
	})
	if err != nil {
		return err
	}
	defer p.Release()
	v.next = p.Next
	return json.Unmarshal(p.Items, &v.entries)
}

// show answers with one entry, untruncated: as the panel beside the list, or as a page.
func show(c *console.Call) error {
	text, err := c.App.Logs().Get(c.R.Context(), c.Caller, c.Param("id"))
	if err != nil {
		return err
	}
	var e entry
	if err := json.Unmarshal(text, &e); err != nil {
		return err
	}
	panel := entryPanel(e, factsOf(e), string(text), testerPath(e, c.App.Snapshot().Find))
	if c.IsPart("panel") {
		return c.Part(panel)
	}
	return c.Page(frame(e.Message), alone(panel))
}
