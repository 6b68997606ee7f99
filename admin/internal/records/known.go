package records

import (
	"cmp"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Known is a record as people name it.
type Known struct{ ID, Title, Path string }

// Search returns up to limit records of the collection that have the id, or the words in a
// field by which records are known; without words the oldest ones.
func Search(c *console.Call, in *schema.Collection, words string, limit int) ([]Known, error) {
	filter, params := search(in, words)
	return known(c, in, record.Query{Collection: in.ID, Filter: filter, Params: params, Limit: limit})
}

// ByID returns the record of that id as a list, which is empty if there is none.
func ByID(c *console.Call, in *schema.Collection, id string) ([]Known, error) {
	return known(c, in, record.Query{Collection: in.ID, Filter: "id = {:id}", Params: map[string]any{"id": id}, Limit: 1})
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
