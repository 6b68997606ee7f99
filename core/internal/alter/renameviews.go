// Renames in the queries of views: new names of tables and columns.

package alter

import (
	"github.com/loambase/loam/core/internal/viewquery"
	"github.com/loambase/loam/core/schema"
)

// renames returns the changed names of tables and their columns. Columns of views are left out:
// their names come from the query, as its author wrote them.
func (f *following) renames() viewquery.Renames {
	to := viewquery.Renames{Tables: map[string]string{}, Columns: map[viewquery.Origin]string{},
		Dropped: map[viewquery.Origin]bool{}}
	for _, c := range f.list {
		old := f.was.ByID(c.ID)
		if old == nil || old == c {
			continue
		}
		if old.Name != c.Name {
			to.Tables[old.Name] = c.Name
		}
		for _, was := range old.Fields {
			at := viewquery.Origin{Table: old.Name, Column: was.Name}
			is := c.FieldByID(was.ID)
			switch {
			case c.View != nil: // its fields are not known yet
			case is != nil && is.Name != was.Name:
				to.Columns[at] = is.Name
			case is == nil && c.Field(was.Name) == nil:
				to.Dropped[at] = true
			}
		}
	}
	return to
}

// rename returns the view with its query after the renames, unless a new query was submitted.
func (f *following) rename(c *schema.Collection, to viewquery.Renames) (*schema.Collection, error) {
	old := f.was.ByID(c.ID)
	if old == nil || old.View == nil || old.View.Query != c.View.Query {
		return c, nil
	}
	q, err := viewquery.Parse(c.View.Query)
	if err != nil { // validation reports the error
		return c, nil
	}
	query, err := q.Rename(tablesOf(f.was.Named), to)
	if err != nil || query == q.String() {
		return c, err
	}
	if c == old {
		c = c.Clone()
		c.Updated = f.now
	}
	c.View.Query = query
	return c, nil
}
