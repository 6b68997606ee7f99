package records

import (
	"encoding/json"

	"github.com/loambase/loam/admin/console"
	"github.com/loambase/loam/core/schema"
)

const (
	maxWords = 600
	maxDepth = 3 // relations that a path follows
)

// word is something that a filter may name.
type word struct {
	Text   string   `json:"text"`
	Kind   string   `json:"kind"`
	Values []string `json:"values,omitempty"` // of a select field
}

// macros are the names that stand for a time or a part of it.
var macros = []string{
	"@now", "@todayStart", "@todayEnd", "@yesterday", "@tomorrow", "@monthStart", "@monthEnd", "@yearStart", "@yearEnd",
	"@second", "@minute", "@hour", "@day", "@weekday", "@month", "@year",
}

// words answers with what a filter of the collection may name: its fields, those of related
// records, and those of records that refer to it.
func words(c *console.Call) error {
	in, err := collectionOf(c)
	if err != nil {
		return err
	}
	list := vocabulary(c.App.Snapshot(), in)
	for _, name := range macros {
		list = append(list, word{Text: name, Kind: "macro"})
	}
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	c.W.Header().Set("Content-Type", "application/json")
	c.W.Write(text) //nolint:errcheck // who has gone needs no answer
	return nil
}

// vocabulary lists paths, the shorter ones first.
func vocabulary(all *schema.Snapshot, in *schema.Collection) (list []word) {
	type step struct {
		prefix string
		in     *schema.Collection
	}
	now := []step{{"", in}}
	for depth := 0; depth <= maxDepth && len(now) > 0; depth++ {
		var next []step
		for _, s := range now {
			for _, f := range s.in.Fields {
				if !isShown(s.in, f) {
					continue
				}
				w := word{Text: s.prefix + f.Name, Kind: f.Type()}
				switch kind := f.Kind.(type) {
				case *schema.Select:
					w.Values = kind.Values
				case *schema.Relation:
					if target := all.ByID(kind.CollectionID); target != nil {
						next = append(next, step{w.Text + ".", target})
					}
				}
				if list = append(list, w); len(list) == maxWords {
					return list
				}
			}
			for _, ref := range all.References(s.in.ID) {
				if depth == 0 {
					next = append(next, step{ref.Collection.Name + "_via_" + ref.Field.Name + ".", ref.Collection})
				}
			}
		}
		now = next
	}
	return list
}
