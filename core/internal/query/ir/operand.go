// Operands and terms: the typed sides of a comparison.

package ir

import "github.com/loambase/loam/core/internal/store"

// Kind is the type of an operand's values.
type Kind uint8

// The kinds. A bool compares as the numbers 1 and 0.
const (
	KindText   Kind = iota
	KindNumber      // number columns, lengths, distances
	KindBool
	KindList // the JSON text of a list column
	KindAny  // a value from a JSON document: any scalar
)

// Operand is a resolved and typed side of a comparison. Its flags decide which form of SQL a
// comparison needs, so they must be true of every value of the term.
type Operand struct {
	Term       Term
	Kind       Kind
	Affinity   Affinity
	Nullable   bool
	Strict     bool    // = and != distinguish NULL and ''
	NeverEmpty bool    // never ''
	Date       bool    // '' or a time in the form of schema.FormatTime
	EmailOf    *Source // the auth record of the address, if the address may be hidden
}

// Term is an expression that an operand is computed from: one of the types below.
type Term interface{ isTerm() }

type (
	// value is a term too: a constant.

	// Column is a field of a source's row. Its record may be one whose values are
	// known; then it is one of the parameters.
	Column struct {
		Of   *Source
		Name string
		Kind store.ColumnKind
	}
	// Stored is a parameter in place of a column of a candidate.
	Stored struct {
		V    store.Value
		Kind store.ColumnKind
	}
	// Detached is the value of a text or boolean column, a boolean as 1 or 0, that compares like
	// a constant: without the affinity of the column.
	Detached struct{ Of Column }
	// Derived is a column of an Aggregate, by its position.
	Derived struct {
		Column  int
		Integer bool
	}
	// Item is an item of an unpacked list.
	Item struct{ Of *Source }
	// Element is an element of a list in a JSON document, with the values of Path.
	Element struct{ Of *Source }

	// Path is a value in the JSON document Doc, a Column or Stored.
	Path struct {
		Doc   Term
		Parts []string
	}
	// Length is the number of items of a list; 0 or 1 for a single value. For a Path it is the
	// number of elements at the path, 0 if there is no list.
	Length struct {
		Of   Term
		List bool
	}
	// Lowered is a text in lower case.
	Lowered struct{ Of Operand }
	// Distance is the great-circle distance of two points in kilometres: lon, lat, lon, lat.
	Distance struct{ Args [4]Operand }
	// Strftime is a formatted time, after modifiers such as "+1 day".
	Strftime struct {
		Format    string
		Time      Operand
		Literal   bool // Time is a literal
		Modifiers []string
	}
)

func (Value) isTerm()     {}
func (Column) isTerm()    {}
func (Stored) isTerm()    {}
func (Detached) isTerm()  {}
func (Derived) isTerm()   {}
func (Item) isTerm()      {}
func (Element) isTerm()   {}
func (Path) isTerm()      {}
func (Length) isTerm()    {}
func (Lowered) isTerm()   {}
func (*Distance) isTerm() {}
func (*Strftime) isTerm() {}

// Constant returns the operand's value if it is known before the query runs, otherwise nil.
func (o Operand) Constant() *Value {
	if v, ok := o.Term.(Value); ok {
		return &v
	}
	return nil
}

// ConstantOf returns the operand of a value, without the affinity of any column.
func ConstantOf(v Value) Operand {
	o := Operand{Term: v, Nullable: v.Kind == ValueNull}
	if v.Kind == ValueNumber {
		o.Kind = KindNumber
	}
	return o
}

// Column returns the kind of column that stores such values, for the dialect.
func (k Kind) Column() store.ColumnKind {
	return [...]store.ColumnKind{store.ColumnText, store.ColumnNumber, store.ColumnBool,
		store.ColumnText, store.ColumnJSON}[k]
}

// IsNumber reports whether values of the kind compare as numbers.
func (k Kind) IsNumber() bool { return k == KindNumber || k == KindBool }

// VisitTerm calls fn with every source that the term reads.
func VisitTerm(t Term, fn func(*Source)) {
	switch t := t.(type) {
	case Column:
		fn(t.Of)
	case Detached:
		fn(t.Of.Of)
	case Item:
		fn(t.Of)
	case Element:
		fn(t.Of)
	case Path:
		VisitTerm(t.Doc, fn)
	case Length:
		VisitTerm(t.Of, fn)
	case Lowered:
		VisitTerm(t.Of.Term, fn)
	case *Distance:
		for _, a := range t.Args {
			VisitTerm(a.Term, fn)
		}
	case *Strftime:
		VisitTerm(t.Time.Term, fn)
	}
}

// PropagatesNull reports whether the term is NULL whenever a source that it reads has no row.
// Only then may a join to that source be an inner join.
func PropagatesNull(t Term) bool {
	switch t := t.(type) {
	case Length:
		return false
	case Lowered:
		return PropagatesNull(t.Of.Term)
	case *Strftime:
		return PropagatesNull(t.Time.Term)
	case *Distance:
		for _, a := range t.Args {
			if !PropagatesNull(a.Term) {
				return false
			}
		}
	}
	return true
}

// LowerOf returns o in lower case (A to Z only, as SQLite's lower does). A constant is
// folded.
func LowerOf(o Operand) Operand {
	if v := o.Constant(); v != nil && o.prints() {
		if v.Kind == ValueNull {
			return o
		}
		return Operand{Term: Text(LowerText(v.AsText())), Strict: o.Strict}
	}
	return Operand{Term: Lowered{o}, Kind: KindText, Nullable: o.Nullable, Strict: o.Strict, EmailOf: o.EmailOf}
}
