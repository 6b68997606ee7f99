// Files of views: the collection whose records have the files that a view shows.

package alter

import (
	"strings"

	"github.com/loambase/loam/core/internal/viewquery"
	"github.com/loambase/loam/core/schema"
)

// maxViewDepth is the maximum number of views through which a file is followed.
const maxViewDepth = 5

// FileSource returns the collection and the file field whose files a field of a view shows, also
// through other views; nil if it shows no such field. find resolves the collections that the
// query reads.
func FileSource(view *schema.Collection, field string, find func(name string) *schema.Collection) (*schema.Collection, *schema.Field) {
	for range maxViewDepth {
		from := sourceOf(view, field, find)
		if from == nil {
			return nil, nil
		}
		c := find(from.Table)
		if c == nil {
			return nil, nil
		}
		if !c.IsView() {
			f := c.Field(from.Column)
			if f == nil || f.Type() != (*schema.File)(nil).Type() {
				return nil, nil
			}
			return c, f
		}
		view, field = c, from.Column
	}
	return nil, nil
}

// sourceOf returns the column that a field of a view shows, nil if it is computed.
func sourceOf(view *schema.Collection, field string, find func(name string) *schema.Collection) *viewquery.Origin {
	q, err := viewquery.Parse(view.View.Query)
	if err != nil {
		return nil
	}
	columns, err := q.Columns(tablesOf(find))
	if err != nil {
		return nil
	}
	for _, col := range columns {
		if strings.EqualFold(col.Name, field) {
			return col.Source
		}
	}
	return nil
}
