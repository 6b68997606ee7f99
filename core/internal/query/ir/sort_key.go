// Sort keys in typed form.

package ir

// SortKey is one part of a sort.
type SortKey struct {
	Kind       KeyKind
	Descending bool
	Operand    Operand

	// A path with many values sorts by the first one stored.
	Sources []*Source
	Guards  []Cond
}

// KeyKind is the kind of a sort key.
type KeyKind uint8

// The kinds of sort keys.
const (
	KeyValue  KeyKind = iota
	KeyRandom         // random order
	KeyRow            // insertion order; of a view, by id
)

// Reads calls fn with each source of the key's value.
func (k *SortKey) Reads(fn func(*Source)) {
	if k.Kind != KeyValue {
		return
	}
	VisitTerm(k.Operand.Term, fn)
	if k.Operand.EmailOf != nil {
		fn(k.Operand.EmailOf)
	}
}

// IsID reports whether the key is the primary key of the selected table.
func (k *SortKey) IsID(base *Source) bool {
	c, ok := k.Operand.Term.(Column)
	return ok && c.Of == base && c.Name == "id"
}
