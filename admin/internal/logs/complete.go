package logs

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/loambase/loam/admin/internal/complete"
	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// lately is the number of newest entries whose attributes are offered as completions: an embedding
// program logs attributes of its own.
const lately = 100

// completeAt answers with the completions of a filter of the logs: "q" is the word at the caret,
// "before" the text in front of it.
func completeAt(c *console.Call) error {
	p, err := c.App.Logs().List(c.R.Context(), c.Caller, record.ListParams{Page: 1, PerPage: lately, SkipTotal: true, Sort: "-@rowid"})
	if err != nil {
		return err
	}
	defer p.Release()
	var newest []entry
	if err := json.Unmarshal(p.Items, &newest); err != nil {
		return err
	}
	q := c.R.URL.Query()
	in := described(newest, c.Accounts())
	list := complete.Filter(in, in.Find("logs"), q.Get("before"), q.Get("q"))
	for i := range list {
		if list[i].Text == "data" {
			list[i].Icon, list[i].Hint = "braces", "attributes"
		}
	}
	return c.JSON(list)
}

// described describes an entry of the log as a collection, and its data as a related record:
// package complete then completes data.NAME as a path along a relation.
func described(newest []entry, accounts []string) *schema.Snapshot {
	const data = "data"
	choice := func(values ...string) schema.Kind { return &schema.Select{Values: values, MaxSelect: 1} }
	kinds := map[string]schema.Kind{
		"status": &schema.Number{}, "execTime": &schema.Number{}, "type": choice("request"),
		"method": choice("GET", "POST", "PATCH", "PUT", "DELETE"), "auth": choice(append(accounts, schema.Superusers)...),
	}
	names := map[string]bool{}
	for _, name := range append(slices.Collect(maps.Keys(kinds)), first...) {
		names[name] = true
	}
	for _, e := range newest {
		for name := range e.Data {
			names[name] = true
		}
	}
	attributes := &schema.Collection{ID: data, Name: data, Type: schema.Base}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		kind := kinds[name]
		if kind == nil {
			kind = &schema.Text{}
		}
		attributes.Fields = append(attributes.Fields, &schema.Field{Name: name, Kind: kind})
	}
	return schema.NewSnapshot(0, []*schema.Collection{attributes, {ID: "logs", Name: "logs", Type: schema.Base, Fields: []*schema.Field{
		{Name: "message", Kind: &schema.Text{}},
		{Name: "data", Kind: &schema.Relation{CollectionID: data, MaxSelect: 1}},
		{Name: "level", Kind: &schema.Number{}},
		{Name: "created", Kind: &schema.Date{}},
	}}})
}
