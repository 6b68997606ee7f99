// Package where builds filters of records in Go code. A filter is a value, so no value is ever
// quoted into a text. Filters of this package have operators that the filter language lacks: not,
// in, and quantifiers over related records. Paths have the same meaning as in a filter text, and
// the same callers may use them (docs/wire/records.md §5).
package where

import "github.com/loambase/loam/core/internal/query/lang"

// Expr is a filter. It is immutable. An operation that uses a filter refuses it if the filter is
// too large, or holds a value that no engine can store.
type Expr = lang.Expr

// Op is the operator of a comparison.
type Op = lang.Op

// The operators. Like and NotLike ignore the letter case of ASCII letters; a pattern without an
// unescaped % matches anywhere in the text.
const (
	Equal        = lang.Equal
	NotEqual     = lang.NotEqual
	Less         = lang.Less
	LessEqual    = lang.LessEqual
	Greater      = lang.Greater
	GreaterEqual = lang.GreaterEqual
	Like         = lang.Like
	LikeCase     = lang.LikeCase
	NotLikeCase  = lang.NotLikeCase
)

// Quantifier states how many related records must satisfy a filter.
type Quantifier = lang.Quantifier

// The quantifiers. None and Every hold if there are no related records.
const (
	Some  = lang.Some
	None  = lang.None
	Every = lang.Every
)

// All returns a filter that holds if all of the filters hold; without filters it always holds.
func All(list ...Expr) Expr {
	if len(list) == 1 {
		return list[0]
	}
	return &lang.And{List: list}
}

// Any returns a filter that holds if one of the filters holds; without filters it never holds.
func Any(list ...Expr) Expr {
	if len(list) == 1 {
		return list[0]
	}
	return &lang.Or{List: list}
}

// Not returns a filter that holds if the given filter does not.
func Not(of Expr) Expr { return &lang.Not{Of: of} }

// Compare returns a filter that compares the value at a path, such as author.age or tags:length,
// with a nil, a bool, a number, a string or a time.Time.
func Compare(path string, op Op, value any) Expr {
	return &lang.Compare{Op: op, Left: lang.Ident{Name: path}, Right: lang.Value{V: value}}
}

// In returns a filter that holds if the value at the path is one of the given values; without
// values it never holds.
func In(path string, values ...any) Expr {
	return &lang.In{Left: lang.Ident{Name: path}, Values: values}
}

// AnyIn returns a filter that holds if one of the values at a path, such as tags:each, is one of
// the given values.
func AnyIn(path string, values ...any) Expr {
	return &lang.In{Any: true, Left: lang.Ident{Name: path}, Values: values}
}

// Related returns a filter about the records at the end of a path of relations, such as tags or
// comments_via_post. The paths in the filter in begin at such a record; nil is satisfied by every
// record.
func Related(which Quantifier, path string, in Expr) Expr {
	return &lang.Related{Which: which, Path: path, In: in}
}
