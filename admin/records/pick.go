package records

import (
	"strings"

	"github.com/loambase/loam/admin/console"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// maxFound is how many records a search for related ones shows.
const maxFound = 20

// pick answers with records of the collection that match the words, for a relation to hold.
func pick(c *console.Call) error {
	in, err := collectionOf(c)
	if err != nil {
		return err
	}
	filter, params := search(in, c.R.URL.Query().Get("_q"))
	found, err := c.App.Records().Find(c.R.Context(), c.Caller, record.Query{
		Collection: in.ID, Filter: filter, Params: params, Limit: maxFound + 1,
	})
	if err != nil {
		return err
	}
	more := len(found) > maxFound
	if more {
		found = found[:maxFound]
	}
	title := titleField(in)
	list := make([]choice, len(found))
	for i, r := range found {
		list[i] = choice{r.ID(), r.ID()}
		if text := cut(r.Text(title.Name)); text != "" {
			list[i].Label = text
		}
	}
	return c.Part(foundRecords(list, more))
}

// search is a filter for words in the fields by which records are known, or for an id.
func search(in *schema.Collection, words string) (filter string, params map[string]any) {
	words = strings.TrimSpace(words)
	if words == "" {
		return "", nil
	}
	filter = "id = {:q}"
	title := titleField(in)
	for _, f := range in.Fields {
		if f.Kind.Class() == schema.ClassText && isShown(in, f) && !f.IsID() && (f == title || f.Presentable) {
			filter += " || " + f.Name + " ~ {:q}"
		}
	}
	return filter, map[string]any{"q": words}
}
