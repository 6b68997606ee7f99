// Package palette serves the command palette, which every page can open: it finds pages,
// collections and actions by name, and records by id or by words.
package palette

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/records"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

const (
	ofEach   = 5               // maximum number of found records of a collection
	ofAll    = 25              // maximum number of found records
	patience = 2 * time.Second // maximum time of a search in all collections
	maxWords = 200             // size limit of a search, in bytes
	groupGo  = "Go to"
	groupDo  = "Do"
)

// Item is an entry of the palette. Do names an action of its script; else Path is opened.
type Item struct {
	Group string `json:"group"`
	Label string `json:"label"`
	Hint  string `json:"hint"`
	Icon  string `json:"icon"`
	Path  string `json:"path,omitempty"`
	Do    string `json:"do,omitempty"`
	ID    string `json:"id,omitempty"` // of a record
}

// Screen is a page, or a place in a page, that does not depend on a collection.
type Screen struct{ Label, Hint, Icon, Path string }

// Routes returns the routes of the package. screens are the pages that the palette offers besides
// the pages of collections.
func Routes(screens []Screen) []console.Route {
	return []console.Route{
		console.Get("/_/palette", func(c *console.Call) error { return c.JSON(items(c, screens)) }),
		console.Get("/_/find", find),
	}
}

// items returns the entries that do not depend on the search: pages and actions.
func items(c *console.Call, screens []Screen) (list []Item) {
	for _, s := range screens {
		list = append(list, Item{Group: groupGo, Label: s.Label, Hint: s.Hint, Icon: s.Icon, Path: s.Path})
	}
	for _, in := range c.App.Snapshot().All() {
		path, icon := console.CollectionPath(in), console.CollectionIcon(in)
		for _, tab := range c.Tabs(in) {
			label := in.Name
			if tab.Path != path {
				label += " › " + tab.Label
			}
			list = append(list, Item{Group: groupGo, Label: label, Hint: "collection", Icon: icon, Path: tab.Path})
		}
		if in.View == nil {
			list = append(list,
				Item{Group: groupDo, Label: "New record in " + in.Name, Icon: "plus", Path: path + "/new"},
				Item{Group: groupDo, Label: "Import records into " + in.Name, Icon: "upload", Path: path + "/import"})
		}
	}
	if !c.Locked() {
		list = append(list, Item{Group: groupDo, Label: "New collection", Icon: "plus", Path: "/_/new-collection"})
	}
	return append(list,
		Item{Group: groupGo, Label: "Rules of all collections", Icon: "lock", Path: "/_/rules"},
		Item{Group: groupDo, Label: "Back up now", Icon: "archive", Path: "/_/backups#backup-name"},
		Item{Group: groupDo, Label: "Keys", Hint: "?", Icon: "info", Do: "keys"},
		Item{Group: groupDo, Label: "Hide or show the side bar", Hint: "[", Icon: "left", Do: "side"},
		Item{Group: groupDo, Label: "Theme: light, dark, that of the system", Icon: "auto", Do: "theme"},
		Item{Group: groupDo, Label: "Sign out", Icon: "left", Do: "sign-out"},
	)
}

// find answers with the records that have the words q in their title or presentable fields, or, if
// "id" is set, the id q. "in" names a collection; without it all collections are searched.
func find(c *console.Call) error {
	query := c.R.URL.Query()
	words := strings.TrimSpace(query.Get("q"))
	if len(words) > maxWords {
		words = strings.ToValidUTF8(words[:maxWords], "")
	}
	list := []Item{}
	if name := query.Get("in"); name != "" {
		in := c.App.Snapshot().Find(name)
		if in == nil {
			return fault.New(fault.NotFound, "There is no collection "+name+".")
		}
		found, err := records.Search(c, in, words, ofAll)
		if err != nil {
			return err
		}
		return c.JSON(add(list, in, found))
	}
	if words == "" {
		return c.JSON(list)
	}
	ctx, stop := context.WithTimeout(c.R.Context(), patience)
	defer stop()
	c.R = c.R.WithContext(ctx)
	for _, in := range c.App.Snapshot().All() {
		found, err := findIn(c, in, words, query.Has("id"))
		switch {
		case errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil:
			return c.JSON(list) // out of time: answer with the records found so far
		case err != nil && fault.KindOf(err) == fault.Internal:
			return err
		}
		if list = add(list, in, found); len(list) >= ofAll {
			break
		}
	}
	return c.JSON(list)
}

func findIn(c *console.Call, in *schema.Collection, words string, id bool) ([]records.Known, error) {
	if id {
		return records.WithIDs(c, in, words)
	}
	return records.Search(c, in, words, ofEach)
}

func add(list []Item, in *schema.Collection, found []records.Known) []Item {
	for _, r := range found {
		list = append(list, Item{Group: "Records", Label: r.Title, Hint: in.Name, Icon: console.CollectionIcon(in), Path: r.Path, ID: r.ID})
	}
	return list
}
