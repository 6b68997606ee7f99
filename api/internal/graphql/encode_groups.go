// Groups of aggregates.

package graphql

import (
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// groups writes the groups of an aggregate.
func (e *encoder) groups(outputs []output, groups *record.Groups) {
	places := map[string]int{}
	for i, name := range groups.Names {
		places[name] = i
	}
	e.array(len(groups.Rows), func(i int) {
		row := groups.Rows[i]
		e.object(outputs, func(o *output) { e.stored(o, nil, groupValue(row[places[o.name]]), nil) })
	})
}

// groupValue returns a value of a group as JSON, in the form of records; nil stays nil.
func groupValue(v any) []byte {
	switch v := v.(type) {
	case string:
		return schema.AppendString(nil, v)
	case float64:
		return schema.AppendNumber(nil, v)
	case nil:
		return nil
	}
	text, _ := schema.Marshal(v) // a bool, an integer or a list of texts
	return text
}
