package records

import (
	"maps"
	"slices"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core"
)

// keptColumns is the name of the stored document (core.App.Kept) with the columns that a superuser
// has chosen: a map from ids of collections to names of fields.
const keptColumns = "columns"

// recall sets the columns to the stored choice of the superuser, unless the address sets columns.
func (v *view) recall(c *console.Call) error {
	if v.chosen {
		return nil
	}
	var chosen map[string][]string
	if err := c.App.Kept(c.R.Context(), c.Caller, keptColumns, &chosen); err != nil {
		return err
	}
	if names := chosen[v.in.ID]; len(names) > 0 {
		v.choose(names)
		v.readOrders(c)
	}
	return nil
}

// chooseColumns stores the columns of the form, and redirects to the table with the columns,
// filter, sort and number of rows of the form. A form without columns restores the default columns.
func chooseColumns(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	names := c.R.PostForm["cols"]
	err = core.ChangeKept(c.R.Context(), c.App, c.Caller, keptColumns, func(chosen map[string][]string) (map[string][]string, error) {
		changed := maps.Clone(chosen)
		if changed == nil {
			changed = map[string][]string{}
		}
		maps.DeleteFunc(changed, func(id string, _ []string) bool { return c.App.Snapshot().ByID(id) == nil })
		if changed[in.ID] = names; len(names) == 0 {
			delete(changed, in.ID)
		}
		return changed, nil
	})
	if err != nil {
		return err
	}
	for name, values := range c.R.PostForm {
		c.R.PostForm[name] = slices.DeleteFunc(values, func(value string) bool { return value == "" })
	}
	return c.Go(savedPath(in, askedOf(c.R.PostForm)))
}
