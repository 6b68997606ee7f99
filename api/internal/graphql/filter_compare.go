// Comparisons of one field.

package graphql

import (
	"maps"
	"slices"

	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/api/internal/graphql/model"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/where"
)

// signs maps operators that compare with one value.
var signs = map[string]where.Op{
	"eq": where.Equal, "ne": where.NotEqual, "gt": where.Greater, "gte": where.GreaterEqual, "lt": where.Less, "lte": where.LessEqual,
	"like": where.LikeCase, "notLike": where.NotLikeCase, "ilike": where.Like,
}

// compared compiles all operators of a field to one expression, in which all must hold.
func compared(f *model.Field, key string, operators map[string]any) (where.Expr, *front.Error) {
	var all []where.Expr
	for _, name := range slices.Sorted(maps.Keys(operators)) {
		e, err := operator(f, key+"."+name, name, operators[name])
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return where.All(all...), nil
}

// operator compiles one operator of a field, such as eq or in, to an expression. at is its
// path in the filter, for error messages.
func operator(f *model.Field, at, name string, v any) (where.Expr, *front.Error) {
	if v == nil {
		return nil, nothing(at)
	}
	path := f.Path()
	if op, ok := signs[name]; ok {
		return where.Compare(path, op, stored(f, v)), nil
	}
	switch name {
	case "isNull":
		return isNull(f, v == true), nil
	case "within":
		return within(path, at, v)
	case "length":
		return length(f, at, v)
	case "contains":
		return contains(path, stored(f, v)), nil
	}
	values, err := listOf(f, at, v)
	if err != nil {
		return nil, err
	}
	switch name {
	case "in":
		return where.In(path, values...), nil
	case "notIn":
		return where.Not(where.In(path, values...)), nil
	case "containsAny":
		return contains(path, values...), nil
	}
	var all []where.Expr // containsAll
	for _, value := range values {
		all = append(all, contains(path, value))
	}
	return where.All(all...), nil
}

// contains returns a filter that holds for lists with one of the values. In a filter, all
// comparisons with the values of a list are about the same value; under a negation each is by
// itself, so that a list may have a value for each.
func contains(path string, values ...any) where.Expr {
	return where.Not(where.Not(where.AnyIn(path+":each", values...)))
}

// listOf returns the values of a list, none of which may be null.
func listOf(f *model.Field, at string, v any) ([]any, *front.Error) {
	list, _ := v.([]any)
	values := make([]any, len(list))
	for i, item := range list {
		if item == nil {
			return nil, nothing(at)
		}
		values[i] = stored(f, item)
	}
	return values, nil
}

// stored returns the stored form of a value: for an enum, the option of the name.
func stored(f *model.Field, v any) any {
	if name, ok := v.(string); ok && f.Enum != nil {
		return f.Enum.Option(name)
	}
	return v
}

// isNull returns a filter that tests whether the field is unset.
func isNull(f *model.Field, unset bool) where.Expr {
	path, op := f.Path(), where.Equal
	if !unset {
		op = where.NotEqual
	}
	switch f.Kind {
	case model.Enums, model.Texts, model.Files, model.RefIDs:
		return where.Compare(path+":length", op, 0)
	case model.JSON:
		return where.Compare(path, op, nil)
	}
	return where.Compare(path, op, "")
}

// within returns the condition that a time is in the range from (inclusive) to (exclusive).
func within(path, at string, v any) (where.Expr, *front.Error) {
	given, _ := v.(map[string]any)
	var times [2]string
	for i, name := range [...]string{"from", "to"} {
		text, _ := given[name].(string)
		t, _ := schema.ParseTime(text)
		if times[i] = schema.FormatTime(t); times[i] == "" { // "" is the stored form of an unset date
			return nil, front.Bad(nil, "The filter %s.%s is no date.", at, name)
		}
	}
	return where.All(where.Compare(path, where.GreaterEqual, times[0]), where.Compare(path, where.Less, times[1])), nil
}

// length returns a filter that compares the number of values.
func length(f *model.Field, at string, v any) (where.Expr, *front.Error) {
	operators, _ := v.(map[string]any)
	if len(operators) == 0 {
		return nil, front.Bad(nil, "The filter by %s compares with nothing.", at)
	}
	var all []where.Expr
	for _, name := range slices.Sorted(maps.Keys(operators)) {
		n := operators[name]
		if n == nil {
			return nil, nothing(at + "." + name)
		}
		path := f.Path() + ":length"
		if op, ok := signs[name]; ok {
			all = append(all, where.Compare(path, op, n))
			continue
		}
		values, err := listOf(f, at+"."+name, n)
		if err != nil {
			return nil, err
		}
		e := where.In(path, values...)
		if name == "notIn" {
			e = where.Not(e)
		}
		all = append(all, e)
	}
	return where.All(all...), nil
}
