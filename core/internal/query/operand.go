package query

import "github.com/loambase/loam/core/internal/store"

// kind is the type of an operand's values.
type kind uint8

const (
	kindText   kind = iota
	kindNumber      // of a number column, a length, a distance
	kindBool
	kindList // the JSON text of a list column
	kindAny  // out of a JSON document: any scalar
)

// operand is one resolved and typed side of a comparison.
type operand struct {
	term     term
	kind     kind
	affinity affinity
	nullable bool
	strict   bool    // = and != take NULL and '' for different things
	filled   bool    // never ''
	visible  *source // the auth record whose address it is, if that may be hidden
}

// term is what an operand is computed from: a sum of the types below.
type term interface{ isTerm() }

type (
	// value is a term too: a constant.

	// column is a field of a source's row. Its record may be one whose values are
	// known; then it is one of the parameters.
	column struct {
		of   *source
		name string
		kind store.ColumnKind
	}
	// stored is a parameter that stands for a column of a candidate.
	stored struct {
		v    store.Value
		kind store.ColumnKind
	}
	// item is one item of a list that was unpacked.
	item struct{ of *source }

	// path is a value in the JSON document doc, a column or stored.
	path struct {
		doc   term
		parts []string
	}
	// length is the number of items of a list; of a single value, 0 or 1.
	length struct {
		of   term
		list bool
	}
	lowered  struct{ of operand }
	distance struct{ args [4]operand }
	strftime struct {
		format    string
		time      operand
		modifiers []string
	}
)

func (value) isTerm()     {}
func (column) isTerm()    {}
func (stored) isTerm()    {}
func (item) isTerm()      {}
func (path) isTerm()      {}
func (length) isTerm()    {}
func (lowered) isTerm()   {}
func (*distance) isTerm() {}
func (*strftime) isTerm() {}

// constant is the operand's value, nil if it is not known before the query.
func (o operand) constant() *value {
	if v, ok := o.term.(value); ok {
		return &v
	}
	return nil
}

// constantOf is the operand of a value without affinity.
func constantOf(v value) operand {
	o := operand{term: v, nullable: v.kind == valueNull}
	if v.kind == valueNumber {
		o.kind = kindNumber
	}
	return o
}

// scalar is the kind of column that holds such values, for the dialect.
func (k kind) scalar() store.ColumnKind {
	return [...]store.ColumnKind{store.ColumnText, store.ColumnNumber, store.ColumnBool,
		store.ColumnText, store.ColumnJSON}[k]
}

// isNumber says whether values of the kind compare as numbers.
func (k kind) isNumber() bool { return k == kindNumber || k == kindBool }

// visit calls fn with every source that the term reads.
func visit(t term, fn func(*source)) {
	switch t := t.(type) {
	case column:
		fn(t.of)
	case item:
		fn(t.of)
	case path:
		visit(t.doc, fn)
	case length:
		visit(t.of, fn)
	case lowered:
		visit(t.of.term, fn)
	case *distance:
		for _, a := range t.args {
			visit(a.term, fn)
		}
	case *strftime:
		visit(t.time.term, fn)
	}
}

// follows says whether the term is NULL when a source that it reads has no row.
func follows(t term) bool {
	switch t := t.(type) {
	case length:
		return false
	case lowered:
		return follows(t.of.term)
	case *strftime:
		return follows(t.time.term)
	case *distance:
		for _, a := range t.args {
			if !follows(a.term) {
				return false
			}
		}
	}
	return true
}
