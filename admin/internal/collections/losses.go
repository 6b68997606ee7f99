// The part of a review that reads data: lost values, and requests that use an old name.

package collections

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"github.com/loambase/loam/admin/internal/complete"
	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// lost is a loss with some of the lost values.
type lost struct {
	collection.Loss
	values []collection.Example // To is "" for a deleted field
}

// lossesOf returns the losses of a plan with some of the lost values. The plan has values of converted
// fields; values of deleted fields are read from the records.
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

// valuesOf returns up to three stored values of the field of a loss, none of a password.
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

// filled returns the filter for records in which the field has a value.
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

// use counts the requests of the last day that have an old name in their address.
type use struct {
	name  string // the old name of a field or of the collection
	count int64
	path  string // the address of the logs with these requests
}

// countTime limits the time in which requests with old names are counted.
const countTime = time.Second

// usesOf returns the requests with the old names of the fields and the collection that body renames
// or deletes. Names whose requests cannot be counted within countTime are left out.
func (d *definition) usesOf(c *console.Call, body map[string]any) (list []use) {
	ctx, cancel := context.WithTimeout(c.R.Context(), countTime)
	defer cancel()
	from := c.App.Now().Add(-24 * time.Hour).UTC().Truncate(time.Second)
	for _, name := range d.oldNames(body) {
		filter := "(" + inAddress("/collections/"+d.in.Name+"/") + " || " + inAddress("/collections/"+d.in.ID+"/") + ") && " + inAddress("%?%"+name+"%") // the query, behind the ?, has the filter
		if name == d.in.Name {
			filter = inAddress("/collections/" + name + "/")
		}
		hours, err := c.App.Logs().Stats(ctx, c.Caller, filter+" && created >= '"+schema.FormatTime(from)+"'")
		if err != nil {
			continue
		}
		u := use{name: name, path: "/_/logs?" + url.Values{"filter": {filter}, "from": {from.Format(time.RFC3339)}, "superusers": {"1"}}.Encode()}
		for _, h := range hours {
			u.count += h.Total
		}
		if u.count > 0 {
			list = append(list, u)
		}
	}
	return list
}

func inAddress(text string) string { return "data.url ~ " + complete.Literal(text, "'") }
