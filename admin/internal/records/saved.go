package records

import (
	"net/url"
	"slices"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// query returns the query of the address that a saved view stores: filter, sort, columns and number
// of rows, without a cursor.
func (v *view) query() string {
	_, query, _ := strings.Cut(v.with("after", ""), "?")
	return query
}

// savedAs returns the saved view that the address shows, the zero SavedView for none.
func (v *view) savedAs() core.SavedView {
	for _, s := range v.saved {
		if s.Query == v.asked {
			return s
		}
	}
	return core.SavedView{}
}

// askedOf returns the part of the query of an address that a saved view stores.
func askedOf(q url.Values) string {
	asked := url.Values{}
	for _, name := range []string{"filter", "sort", "rows", "cols"} {
		if len(q[name]) > 0 {
			asked[name] = q[name]
		}
	}
	return asked.Encode()
}

func savedPath(in *schema.Collection, query string) string {
	if query == "" {
		return console.CollectionPath(in)
	}
	return console.CollectionPath(in) + "?" + query
}

// saveView stores the query of the form as a saved view, renames the saved view was, or deletes it.
// If the name is taken, the form asks: a second request for the same name replaces that view.
func saveView(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	sent := c.R.PostForm
	values, err := url.ParseQuery(sent.Get("query"))
	if err != nil {
		values = url.Values{}
	}
	name, was := strings.TrimSpace(sent.Get("name")), sent.Get("was")
	if sent.Get("do") == "delete" {
		err = c.App.DeleteView(c.R.Context(), c.Caller, in.ID, was)
	} else {
		if was == "" && form.Replaces(c, name) {
			was = name
		}
		err = c.App.ReplaceView(c.R.Context(), c.Caller, core.SavedView{Collection: in.ID, Name: name, Query: values.Encode()}, was)
	}
	if fault.KindOf(err) == fault.Invalid && c.FromScript() {
		return refuseView(c, in, err, name, was == "")
	}
	if err != nil {
		return err
	}
	return c.Go(savedPath(in, values.Encode()))
}

// refuseView shows why a view was not stored. If the name of a new view is taken, the form asks.
func refuseView(c *console.Call, in *schema.Collection, refused error, name string, isNew bool) error {
	views, err := c.App.SavedViews(c.R.Context(), c.Caller, in.ID)
	if err != nil {
		return err
	}
	isTaken := slices.ContainsFunc(views, func(s core.SavedView) bool { return s.Name == name })
	return form.RefuseKept(c, refused, name, isNew && isTaken)
}
