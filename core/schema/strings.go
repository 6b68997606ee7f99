// Lists of texts in options of fields, whose JSON is never null.

package schema

// Strings is a list of texts in the options of a field. Its JSON is never null.
type Strings []string

// MarshalJSON writes the list, [] for nil (docs/wire/records.md §3.1).
func (s Strings) MarshalJSON() ([]byte, error) { return AppendStrings(nil, s), nil }
