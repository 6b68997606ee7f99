package reference

import (
	"slices"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// maxExample is the maximum size of a stored record that the page shows, in bytes of JSON.
const maxExample = 4 << 10

// example is a stored record for the examples of the page. All fields are "" if the collection has
// no such record.
type example struct {
	id   string
	file string // the name of a stored file
	json string // the record as a guest sees it; "" if it is larger than maxExample
}

// exampleOf returns the first record of the collection or, if files is true, the first record with
// a file. A view that cannot be read has no example.
func exampleOf(c *console.Call, in *schema.Collection, files bool) (e example, err error) {
	q := record.Query{Collection: in.ID, Limit: 1}
	field := fileField(in)
	if files && field != nil {
		q.Filter = field.Name + ":length > 0"
	}
	found, err := c.App.Records().Find(c.R.Context(), c.Caller, q)
	if kind := fault.KindOf(err); err != nil && kind != fault.Internal {
		return e, nil
	}
	if err != nil || len(found) == 0 {
		return e, err
	}
	e.id = found[0].ID()
	if field != nil {
		if names := found[0].Strings(field.Name); len(names) > 0 {
			e.file = names[0]
		}
	}
	text, err := found[0].PublicJSON(c.R.Context(), record.Caller{})
	if err == nil && len(text) <= maxExample {
		e.json = string(text)
	}
	return e, err
}

// record returns the record as JSON; a made-up record if there is none.
func (e example) record(in *schema.Collection) string {
	if e.json != "" {
		return pretty([]byte(e.json))
	}
	return sampleRecord(in)
}

// fileField returns the first file field that the API shows, or nil.
func fileField(in *schema.Collection) *schema.Field {
	i := slices.IndexFunc(in.Fields, func(f *schema.Field) bool { return f.Type() == "file" && shown(in, f) })
	if i < 0 {
		return nil
	}
	return in.Fields[i]
}
