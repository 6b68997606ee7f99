package records

import (
	"net/url"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/schema"
)

// query is what of the address is saved: filter, sort, columns and rows, from the beginning.
func (v *view) query() string {
	_, query, _ := strings.Cut(v.with("after", ""), "?")
	return query
}

// savedAs is the name of the saved view that is shown, "" for none.
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

// saveView keeps what is looked at under a name, or forgets the name.
func saveView(c *console.Call) error {
	in, err := collectionOf(c)
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
