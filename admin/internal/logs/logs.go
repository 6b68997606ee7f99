// Package logs serves the pages of the logs: a list with a filter, and single entries.
package logs

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// Routes returns the routes of the package.
func Routes() []console.Route {
	return []console.Route{
		console.Get("/_/logs", list),
		console.Get("/_/logs/complete", completeAt),
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

// view is the list of entries: its filter, cursors and problem.
type view struct {
	filter, after, next, problem string
	entries                      []entry
}

func (v view) path(after string) string {
	q := url.Values{}
	if v.filter != "" {
		q.Set("filter", v.filter)
	}
	if after != "" {
		q.Set("after", after)
	}
	if len(q) == 0 {
		return "/_/logs"
	}
	return "/_/logs?" + q.Encode()
}

func list(c *console.Call) error {
	q := c.R.URL.Query()
	v := view{filter: q.Get("filter"), after: q.Get("after")}
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
	return c.Page(frame("Logs"), page(v, nil))
}

func frame(title string) console.Page {
	crumbs := []ui.Crumb{{Label: "Logs"}}
	if title != "Logs" {
		crumbs = []ui.Crumb{{Label: "Logs", Path: "/_/logs"}, {Label: title}}
	}
	return console.Page{Title: title, Section: "logs", Crumbs: crumbs, Scripts: []string{"table.js", "editor.js"}}
}

// expression returns the filter for the log service. A text without an operator is searched for in
// the messages and the URLs.
func expression(filter string) string {
	words := strings.TrimSpace(filter)
	if words == "" || strings.ContainsAny(words, "=~<>") {
		return words
	}
	literal := "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(words) + "'"
	return "message ~ " + literal + " || data.url ~ " + literal
}

func (v *view) read(c *console.Call, filter string) error {
	p, err := c.App.Logs().List(c.R.Context(), c.Caller, record.ListParams{
		Page: 1, PerPage: usualRows, SkipTotal: true, Filter: filter, Sort: "-@rowid", Cursor: v.after, Walk: true,
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
	facts := factsOf(e)
	if c.IsPart("panel") {
		return c.Part(entryPanel(e, facts, string(text)))
	}
	return c.Page(frame(e.Message), alone(entryPanel(e, facts, string(text))))
}
