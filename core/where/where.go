// Package where builds filters of records in Go code. A filter is a value, so nothing of
// it is ever quoted into a text, and it has what the filter language lacks: not, in, and
// quantifiers over related records. What paths mean, and who may use them, is as in a text
// (docs/wire/records.md §5).
package where

import "github.com/loambase/loam/core/internal/query/lang"

// Expr is a filter. It is immutable. One that is too large, or holds a value that no engine
// can store, is refused where it is used.
type Expr = lang.Expr

// Op is the sign of a comparison.
type Op = lang.Op

// The signs. Like and NotLike ignore the letter case of ASCII letters; a pattern without
// an unescaped % is looked for anywhere in the text.
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

// Quantifier says of how many related records a filter must hold.
type Quantifier = lang.Quantifier

// The quantifiers. None and Every hold when there are no related records.
const (
	Some  = lang.Some
	None  = lang.None
	Every = lang.Every
)

// All holds when all of the filters hold; without filters it always does.
func All(list ...Expr) Expr {
	if len(list) == 1 {
		return list[0]
	}
	return &lang.And{List: list}
}

// Any holds when one of the filters holds; without filters it never does.
func Any(list ...Expr) Expr {
	if len(list) == 1 {
		return list[0]
	}
	return &lang.Or{List: list}
}

// Not holds when the filter does not.
func Not(of Expr) Expr { return &lang.Not{Of: of} }

// Compare compares the value at a path, such as author.age or tags:length, with a nil, a
// bool, a number, a string or a time.Time.
func Compare(path string, op Op, value any) Expr {
	return &lang.Compare{Op: op, Left: lang.Ident{Name: path}, Right: lang.Value{V: value}}
}

// In holds when the value at the path is one of those given: never without any.
func In(path string, values ...any) Expr {
	return &lang.In{Left: lang.Ident{Name: path}, Values: values}
}

// AnyIn is In for a path of several values, such as tags:each: one of them is enough.
func AnyIn(path string, values ...any) Expr {
	return &lang.In{Any: true, Left: lang.Ident{Name: path}, Values: values}
}

// Related is about the records at the end of a path of relations, such as tags or
// comments_via_post. The paths in the filter begin at such a record; nil stands for any.
func Related(which Quantifier, path string, in Expr) Expr {
	return &lang.Related{Which: which, Path: path, In: in}
}
