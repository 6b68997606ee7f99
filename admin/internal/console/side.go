package console

import (
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core/schema"
)

// Collections returns the side bar of pages about data: all collections, with the current
// collection marked. It makes the current collection the LastCollection of the browser.
func (c *Call) Collections(current string) templ.Component {
	c.visit(current)
	return ui.CollectionsSide(c.CollectionGroups(current))
}

// CollectionGroups returns all collections in three groups, each sorted by name: pinned by the
// superuser; not pinned; system collections that are not pinned. If the pins cannot be read, the
// log has a warning and no collection is pinned.
func (c *Call) CollectionGroups(current string) (g ui.Groups) {
	g.Current, g.Locked = current, c.Locked()
	pins, err := c.App.Pins(c.R.Context(), c.Caller)
	if err != nil {
		c.App.Log().Warn("read the pins", "error", err) // a page without pins is still useful
	}
	for _, in := range c.App.Snapshot().All() {
		item := ui.Item{ID: in.ID, Label: in.Name, Icon: CollectionIcon(in), Path: CollectionPath(in), Current: in.Name == current}
		if in.IsAuth() && in.Auth.OAuth2.Enabled && len(in.Auth.OAuth2.Providers) == 0 {
			item.Warning = "OAuth2 is on without a provider"
		}
		switch {
		case slices.Contains(pins, in.ID):
			item.Pinned = true
			g.Pinned = append(g.Pinned, item)
		case in.System:
			g.System = append(g.System, item)
		default:
			g.Own = append(g.Own, item)
		}
	}
	ui.SortItems(g.Pinned)
	ui.SortItems(g.Own)
	ui.SortItems(g.System)
	return g
}

// Accounts returns the names of the auth collections other than _superusers.
func (c *Call) Accounts() (names []string) {
	for _, in := range c.App.Snapshot().All() {
		if in.IsAuth() && in.Name != schema.Superusers {
			names = append(names, in.Name)
		}
	}
	return names
}

// CollectionPath returns the address of the records of a collection.
func CollectionPath(c *schema.Collection) string { return "/_/c/" + c.Name }

// RecordPath returns the address of a record. collection is a name or an id.
func RecordPath(collection, id string) string {
	return "/_/c/" + url.PathEscape(collection) + "/r/" + url.PathEscape(id)
}

// Tab is a page about a collection.
type Tab struct{ ID, Label, Path string }

// Tabs returns the pages about a collection in their order: the pages of Loam, then the tabs of the
// embedding program.
func (c *Call) Tabs(in *schema.Collection) []Tab {
	at, fields := CollectionPath(in), "Fields"
	if in.View != nil {
		fields = "Query"
	}
	list := []Tab{{"records", "Records", at}, {"fields", fields, at + "/fields"}, {"rules", "Rules", at + "/rules"}}
	if in.IsAuth() {
		list = append(list, Tab{"sign-in", "Sign-in", at + "/sign-in"})
	}
	list = append(list, Tab{"API", "API", at + "/api"})
	for _, p := range c.Own.Pages {
		if p.Tab != nil && p.Tab(in) {
			list = append(list, Tab{p.ID(), p.Title, at + "/x/" + p.Name})
		}
	}
	return list
}

// CollectionIcon returns the name of the icon for the type of a collection.
func CollectionIcon(c *schema.Collection) string {
	switch {
	case c.Name == schema.Superusers:
		return "key"
	case c.IsAuth():
		return "users"
	case c.View != nil:
		return "view"
	}
	return "base"
}

// KindIcon returns the name of the icon for the type of a field.
func KindIcon(f *schema.Field) string {
	if f.IsID() {
		return "key"
	}
	return TypeIcon(f.Type())
}

// TypeIcon returns the name of the icon for a field type.
func TypeIcon(kind string) string {
	if kind == "geoPoint" {
		return "geo"
	}
	return kind
}
