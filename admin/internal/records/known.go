package records

import (
	"cmp"
	"slices"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Known is the id, the title and the address of a record.
type Known struct{ ID, Title, Path string }

// Search returns up to limit records of the collection whose id is words, or whose title field or
// presentable text fields contain words. Empty words match all records.
func Search(c *console.Call, in *schema.Collection, words string, limit int) ([]Known, error) {
	filter, params := search(in, words)
	return known(c, in, record.Query{Collection: in.ID, Filter: filter, Params: params, Limit: limit})
}

// ByID returns a list with the record of the id; an empty list if there is no such record.
func ByID(c *console.Call, in *schema.Collection, id string) ([]Known, error) {
	return known(c, in, record.Query{Collection: in.ID, Filter: "id = {:id}", Params: map[string]any{"id": id}, Limit: 1})
}

// WithIDs returns the records of the collection with the ids, in the order of ids. It leaves out unknown
// ids.
func WithIDs(c *console.Call, in *schema.Collection, ids []string) ([]Known, error) {
	if len(ids) == 0 {
		return nil, nil // without ids, a query selects all records
	}
	list, err := known(c, in, record.Query{Collection: in.ID, IDs: ids})
	slices.SortFunc(list, func(a, b Known) int { return cmp.Compare(slices.Index(ids, a.ID), slices.Index(ids, b.ID)) })
	return list, err
}

func known(c *console.Call, in *schema.Collection, q record.Query) ([]Known, error) {
	found, err := c.App.Records().Find(c.R.Context(), c.Caller, q)
	if err != nil {
		return nil, err
	}
	title := titleField(in)
	list := make([]Known, len(found))
	for i, r := range found {
		list[i] = Known{r.ID(), cmp.Or(cut(r.Text(title.Name)), r.ID()), recordPath(in, r.ID())}
	}
	return list, nil
}
