// The field kind select.

package schema

import (
	"slices"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/cast"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/check"
)

// Select is a field with one or several values of a fixed list.
type Select struct {
	Values    []string `json:"values"`
	MaxSelect int      `json:"maxSelect"` // 0 and 1: a single value
}

// Type returns "select".
func (*Select) Type() string { return "select" }

// Multiple reports whether more than one may be chosen.
func (s *Select) Multiple() bool { return s.MaxSelect > 1 }

// Class returns ClassChoice.
func (*Select) Class() Class { return ClassChoice }

// Column returns store.ColumnText, or store.ColumnMulti for several values.
func (s *Select) Column() store.ColumnKind { return choiceColumn(s.Multiple()) }

// Zero returns "" or the empty list.
func (s *Select) Zero() any { return choiceZero(s.Multiple()) }

// Cast converts v to the list of its texts, or to the last text for a single value.
func (s *Select) Cast(v any) any { return cast.Choice(v, s.Multiple()) }

// Validate checks the number of values and each of them.
func (s *Select) Validate(f *Field, v any) *fault.Field {
	if one, ok := v.(string); ok && one != "" {
		return s.allowed(one)
	}
	list, _ := v.([]string)
	if len(list) == 0 {
		return required(f, true)
	}
	if limit := max(1, s.MaxSelect); len(list) > limit {
		return tooMany(limit)
	}
	for _, one := range list {
		if fail := s.allowed(one); fail != nil {
			return fail
		}
	}
	return nil
}

func (s *Select) allowed(value string) *fault.Field {
	if slices.Contains(s.Values, value) {
		return nil
	}
	return fault.Leaf("validation_invalid_value", "Invalid value "+value, "value", value)
}

// Check validates the options of the field.
func (s *Select) Check(*Field) fault.Fields {
	fails := fault.Fields{}
	if len(s.Values) == 0 {
		fails.Set(check.Blank(), "values")
		return fails
	}
	for i, value := range s.Values {
		fails.Set(check.Storable(value), "values", fault.Index(i))
	}
	fails.Set(check.Between(s.MaxSelect, 0, len(s.Values)), "maxSelect")
	return fails
}

func (s *Select) clone() Kind { return &Select{Values: slices.Clone(s.Values), MaxSelect: s.MaxSelect} }

func (s *Select) load(rows store.Rows, col int) any { return loadChoice(rows.Text(col), s.Multiple()) }
