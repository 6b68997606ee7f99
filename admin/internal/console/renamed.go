package console

import (
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

const (
	keptNames = "old names"
	maxNames  = 1000 // the maximum number of stored names
)

// rememberNames stores the old name of each renamed collection with its id, so that addresses with
// the old name stay valid. It removes the names of deleted collections.
func rememberNames(app *core.App) {
	app.Hooks().Collections.AfterSuccess.BindFunc(func(e *collection.Event) error {
		isGone := func(_, id string) bool { return app.Snapshot().ByID(id) == nil }
		oldName := "" // of a renamed collection
		if e.Original != nil && e.Original.Name != e.Collection.Name {
			oldName = e.Original.Name
		}
		if oldName == "" && !isGone("", e.Collection.ID) {
			return nil
		}
		return core.ChangeKept(e.Context, app, record.Root(), keptNames, func(ids map[string]string) (map[string]string, error) {
			if ids == nil {
				ids = map[string]string{}
			}
			maps.DeleteFunc(ids, isGone)
			if _, known := ids[oldName]; oldName != "" && (known || len(ids) < maxNames) {
				ids[oldName] = e.Collection.ID
			}
			return ids, nil
		})
	})
}

// open calls the screen of the route. A page whose address has the id or an old name of a
// collection is redirected to the address with the current name.
func (c *Call) open(route Route) error {
	rest, ok := strings.CutPrefix(c.R.URL.Path, "/_/c/"+c.Param("collection"))
	if !ok || route.Method != http.MethodGet || c.FromScript() || !c.Caller.Superuser() {
		return route.Screen(c)
	}
	in, err := c.byAnyName(c.Param("collection"))
	if err != nil {
		return err
	}
	if in == nil || in.Name == c.Param("collection") {
		return route.Screen(c)
	}
	to := url.URL{Path: CollectionPath(in) + rest, RawQuery: c.R.URL.RawQuery}
	return c.Go(to.String())
}

// byAnyName returns the collection with the name, the id or the old name, or nil.
func (c *Call) byAnyName(name string) (*schema.Collection, error) {
	if in := c.App.Snapshot().Find(name); in != nil {
		return in, nil
	}
	var ids map[string]string
	if err := c.App.Kept(c.R.Context(), record.Root(), keptNames, &ids); err != nil {
		return nil, err
	}
	return c.App.Snapshot().ByID(ids[name]), nil
}
