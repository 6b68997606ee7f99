// Package records serves the pages about the records of a collection: the table, the panel with the
// form of a record, the history, bulk changes, exports, imports, the search for related records,
// and files.
package records

import (
	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core/schema"
)

// Routes returns the routes of the package.
func Routes() []console.Route {
	const (
		collection = "/_/c/{collection}"
		record     = collection + "/r/{id}"
	)
	kept := &shelf{}
	return []console.Route{
		console.Get(collection, list),
		console.Get(collection+"/count", count),
		console.Get(collection+"/live", live),
		console.Post(collection+"/views", saveView),
		console.Post(collection+"/columns", chooseColumns),
		console.Get(collection+"/export", export),
		console.Get(collection+"/import", showUpload),
		console.Post(collection+"/import", upload),
		console.Get(collection+"/import/{job}", showImport),
		console.Post(collection+"/import/{job}", changeImport),
		console.Get(collection+"/import/{job}/rejects", rejects),
		console.Get(collection+"/new", showNew),
		console.Post(collection+"/new", ofSuperusers(create)),
		console.Get(record, show),
		console.Post(record, ofSuperusers(save)),
		console.Get(record+"/cell", showCell),
		console.Get(record+"/filter", filterBy),
		console.Get(record+"/value", showValue),
		console.Post(record+"/cell", ofSuperusers(saveCell)),
		console.Get(record+"/json", asJSON),
		console.Get(record+"/sign-in", showAccount),
		console.Post(record+"/sign-in", changeAccount),
		console.Get(record+"/gone", showNotice),
		console.Post(record+"/gone", ofSuperusers(restore)),
		console.Get(record+"/history", showHistory),
		console.Post(record+"/history", ofSuperusers(putBack)),
		console.Get(record+"/delete", askDelete),
		console.Post(record+"/delete", ofSuperusers(remove)),
		console.Get(collection+"/pick", pick),
		console.Get(collection+"/pick/count", countPicks),
		console.Get(collection+"/pick/all", pickAll),
		console.Post(collection+"/bulk/ask-delete", askDeleteMany),
		console.Post(collection+"/bulk/delete", ofSuperusers(kept.deleteMany)),
		console.Post(collection+"/bulk/ask-set", askSet),
		console.Post(collection+"/bulk/set", ofSuperusers(setMany)),
		console.Get(collection+"/json", someJSON),
		console.Post("/_/undo/{deletion}", kept.undo),
		console.Get("/_/media", media),
		console.Post(collection+"/media", ofSuperusers(storeMedium)),
		console.Post(record+"/media", ofSuperusers(storeMedium)),
		console.Get("/_/tasks/{task}", showTask),
		console.Post("/_/tasks/{task}/cancel", cancelTask),
		console.Get("/_/ws", socket),
		console.Get("/_/files/{collection}/{id}/{filename}", file),
	}
}

// ofSuperusers wraps a screen that writes records: for the collection of superusers, the screen
// requires the password.
func ofSuperusers(screen console.Screen) console.Screen {
	return func(c *console.Call) error {
		in, err := c.Collection()
		if err == nil {
			err = confirmFor(c, in)
		}
		if err != nil {
			return err
		}
		return screen(c)
	}
}

// confirmFor requires the password for the collection of superusers. Its error is that of
// console.Call.Confirm; it is nil for other collections.
func confirmFor(c *console.Call, in *schema.Collection) error {
	if in.Name != schema.Superusers {
		return nil
	}
	return c.Confirm(ui.Confirm{})
}

// about returns the frame of a page about the records of a collection: its title, breadcrumbs,
// sidebar and scripts.
func about(c *console.Call, in *schema.Collection, title string) console.Page {
	crumbs := []ui.Crumb{{Label: "Collections", Path: "/_/"}}
	if title == in.Name {
		crumbs = append(crumbs, ui.Crumb{Label: in.Name})
	} else {
		crumbs = append(crumbs, ui.Crumb{Label: in.Name, Path: console.CollectionPath(in)}, ui.Crumb{Label: title})
	}
	return console.Page{
		Title: title, Section: "data", Crumbs: crumbs, Side: c.Collections(in.Name),
		Scripts: []string{"form.js", "guard.js", "record.js", "drafts.js", "carry.js", "table.js", "select.js", "live.js", "grid.js", "widths.js"},
	}
}

// isShown reports whether tables and forms show the field.
func isShown(in *schema.Collection, f *schema.Field) bool {
	return !f.IsPassword() && !(in.IsAuth() && f.Name == "tokenKey")
}
