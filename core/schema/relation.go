// The field kind relation: ids of records of a collection.

package schema

import (
	"fmt"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/cast"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/check"
)

// Relation is a field with the ids of one or several records of a collection.
type Relation struct {
	CollectionID  string `json:"collectionId"`
	CascadeDelete bool   `json:"cascadeDelete"`
	MinSelect     int    `json:"minSelect"`
	MaxSelect     int    `json:"maxSelect"` // 0 and 1: a single record
}

// Type returns "relation".
func (*Relation) Type() string { return "relation" }

// Multiple reports whether the field may refer to more than one record.
func (r *Relation) Multiple() bool { return r.MaxSelect > 1 }

// Class returns ClassChoice.
func (*Relation) Class() Class { return ClassChoice }

// Column returns store.ColumnText, or store.ColumnMulti for several values.
func (r *Relation) Column() store.ColumnKind { return choiceColumn(r.Multiple()) }

// Zero returns "" or the empty list.
func (r *Relation) Zero() any { return choiceZero(r.Multiple()) }

// Cast converts v to the list of its ids, or to the last id for a single record.
func (r *Relation) Cast(v any) any { return cast.Choice(v, r.Multiple()) }

// Validate checks the number of ids; whether the records exist is checked in the database.
func (r *Relation) Validate(f *Field, v any) *fault.Field {
	list, _ := v.([]string)
	if one, ok := v.(string); ok && one != "" {
		list = []string{one}
	}
	switch limit := max(1, r.MaxSelect); {
	case len(list) == 0:
		return required(f, true)
	case len(list) < r.MinSelect:
		return fault.Leaf("validation_not_enough_values",
			fmt.Sprintf("Select at least %d", r.MinSelect), "minSelect", r.MinSelect)
	case len(list) > limit:
		return tooMany(limit)
	}
	for _, id := range list {
		if fail := check.Storable(id); fail != nil {
			return fail
		}
	}
	return nil
}

// Check validates the options of the field. The validation of the collection, which has the other
// collections, checks that the collection exists.
func (r *Relation) Check(*Field) fault.Fields {
	fails := fault.Fields{}
	fails.Set(check.Filled(r.CollectionID), "collectionId")
	fails.Set(check.Between(r.MinSelect, 0, check.MaxSafe), "minSelect")
	if r.MinSelect > 0 {
		fails.Set(check.Needed(r.MaxSelect, r.MinSelect, check.MaxSafe), "maxSelect")
	} else {
		fails.Set(check.Between(r.MaxSelect, 0, check.MaxSafe), "maxSelect")
	}
	return fails
}

func (r *Relation) clone() Kind { return clonePointer(r) }

func (r *Relation) load(rows store.Rows, col int) any {
	return loadChoice(rows.Text(col), r.Multiple())
}
