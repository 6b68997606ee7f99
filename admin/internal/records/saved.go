package records

import (
	"net/url"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/schema"
)

// query returns the query of the address that a saved view stores: filter, sort, columns and number
// of rows, without a cursor.
func (v *view) query() string {
	_, query, _ := strings.Cut(v.with("after", ""), "?")
	return query
}

// savedAs returns the name of the saved view that has the query of this view, "" for none.
func (v *view) savedAs() string {
	for _, s := range v.saved {
		if s.Query == v.query() {
			return s.Name
		}
	}
	return ""
}

func savedPath(in *schema.Collection, query string) string {
	if query == "" {
		return console.CollectionPath(in)
	}
	return console.CollectionPath(in) + "?" + query
}

// saveView stores the query of the form as a saved view, or deletes the saved view of the name.
func saveView(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	values, err := url.ParseQuery(c.R.PostForm.Get("query"))
	if err != nil {
		values = url.Values{}
	}
	name := strings.TrimSpace(c.R.PostForm.Get("name"))
	if c.R.PostForm.Get("do") == "delete" {
		err = c.App.DeleteView(c.R.Context(), c.Caller, in.ID, name)
	} else {
		err = c.App.SaveView(c.R.Context(), c.Caller, core.SavedView{Collection: in.ID, Name: name, Query: values.Encode()})
	}
	if err != nil {
		return err
	}
	return c.Go(savedPath(in, values.Encode()))
}
