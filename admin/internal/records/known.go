package records

import (
	"cmp"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/sheet"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Known is the id, the title and the address of a record.
type Known struct{ ID, Title, Path string }

// Search returns up to limit records of the collection whose title field, presentable text fields or
// id contain words. Words of less than four characters match whole ids only. Empty words match all records.
func Search(c *console.Call, in *schema.Collection, words string, limit int) ([]Known, error) {
	filter, params := search(in, words)
	found, err := c.App.Records().Find(c.R.Context(), c.Caller, record.Query{Collection: in.ID, Filter: filter, Params: params, Limit: limit})
	return known(in, found), err
}

// WithIDs returns the records with the ids, in the order of ids. It leaves out unknown ids.
func WithIDs(c *console.Call, in *schema.Collection, ids ...string) ([]Known, error) {
	found, err := c.App.Records().FindByIDs(c.R.Context(), in.ID, ids...)
	return known(in, found), err
}

func known(in *schema.Collection, found []*record.Record) []Known {
	title := sheet.TitleField(in)
	list := make([]Known, len(found))
	for i, r := range found {
		list[i] = Known{r.ID(), cmp.Or(cut(r.Text(title.Name)), r.ID()), recordPath(in, r.ID())}
	}
	return list
}
