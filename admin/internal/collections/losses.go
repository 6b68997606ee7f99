// This file has the parts of a review that read data: the lost values, and the requests that use an
// old name.

package collections

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/loambase/loam/admin/internal/complete"
	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// lost is a loss with examples of the lost values.
type lost struct {
	collection.Loss
	values []collection.Example // To is "" for a deleted field
}

// lossesOf adds examples to the losses of a plan. The plan has examples for converted fields;
// examples for deleted fields are read from the records.
func lossesOf(c *console.Call, plan *collection.Plan) (list []lost, err error) {
	for _, l := range plan.Losses {
		one := lost{l, l.Examples}
		if l.Cause == collection.LossDropped {
			if one.values, err = valuesOf(c, l); err != nil {
				return nil, err
			}
		}
		list = append(list, one)
	}
	return list, nil
}

// valuesOf returns up to three stored values of the field of a loss. Passwords have no examples.
func valuesOf(c *console.Call, l collection.Loss) (list []collection.Example, err error) {
	in := c.App.Snapshot().Find(l.Collection)
	if in == nil || in.Field(l.Field) == nil || in.Field(l.Field).IsPassword() {
		return nil, nil
	}
	page, err := c.App.Records().List(c.R.Context(), c.Caller, in.ID, record.ListParams{PerPage: 3, SkipTotal: true, Filter: filled(in.Field(l.Field))})
	if err != nil {
		return nil, err
	}
	defer page.Release()
	var records []map[string]json.RawMessage
	if err := json.Unmarshal(page.Items, &records); err != nil {
		return nil, err
	}
	for _, r := range records {
		list = append(list, collection.Example{ID: cell(r["id"]), From: cell(r[l.Field])})
	}
	return list, nil
}

// filled returns a filter for the records in which the field is not empty.
func filled(f *schema.Field) string {
	switch {
	case f.Multiple():
		return f.Name + ":length > 0"
	case f.Type() == "bool":
		return f.Name + " = true"
	case f.Type() == "number":
		return f.Name + " != 0"
	case f.Type() == "json":
		return f.Name + " != null"
	case f.Type() == "geoPoint":
		return f.Name + ".lon != 0 || " + f.Name + ".lat != 0"
	}
	return f.Name + " != ''"
}

// use is the number of requests of the last day with an old name in their address.
type use struct {
	name      string // the old name, of a field or of the collection
	count     int64
	isUnknown bool   // the requests could not be counted
	path      string // the address of the page that lists these requests
}

// countTime is the time limit for counting the requests with old names.
const countTime = time.Second

// usesOf counts, for each name that body renames or deletes, the requests with that name in their
// address. It leaves out names without requests. If the log fails, or does not answer within
// countTime, the count of the name is unknown: the user can change the definition nevertheless.
func (d *definition) usesOf(c *console.Call, body map[string]any) (list []use) {
	ctx, cancel := context.WithTimeout(c.R.Context(), countTime)
	defer cancel()
	from := c.App.Now().Add(-24 * time.Hour).UTC().Truncate(time.Second)
	for _, name := range d.oldNames(body) {
		filter := "(" + inAddress("/collections/"+d.in.Name+"/") + " || " + inAddress("/collections/"+d.in.ID+"/") + ") && " + inAddress("%?%"+literalPattern(name)+"%") // a request names a field in its query, after the ?
		if name == d.in.Name {
			filter = inAddress("/collections/" + name + "/")
		}
		hours, err := c.App.Logs().Stats(ctx, c.Caller, filter+" && created >= '"+schema.FormatTime(from)+"'")
		u := use{name: name, isUnknown: err != nil, path: "/_/logs?" + url.Values{"filter": {filter}, "from": {from.Format(time.RFC3339)}, "superusers": {"1"}}.Encode()}
		for _, h := range hours {
			u.count += h.Total
		}
		if u.count > 0 || u.isUnknown {
			list = append(list, u)
		}
	}
	return list
}

func inAddress(text string) string { return "data.url ~ " + complete.Literal(text, "'") }

// literalPattern escapes a text for a pattern of the operator ~, in which % and _ stand for other
// characters.
func literalPattern(text string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text)
}
