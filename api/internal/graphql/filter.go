// Typed filters: input objects are compiled to filters of the record service, with bound values.

package graphql

import (
	"maps"
	"slices"

	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/api/internal/graphql/model"
	"github.com/loambase/loam/core/where"
)

// compileFilter returns the filter of an input. A missing value never selects all records: null and
// a comparison without an operator are errors. Only an object without keys, which is no condition,
// holds for all records.
func compileFilter(r *model.Record, filter map[string]any) (where.Expr, *front.Error) {
	var all []where.Expr
	for _, key := range slices.Sorted(maps.Keys(filter)) {
		e, err := compileKey(r, key, filter[key])
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return where.All(all...), nil
}

// compileKey compiles one key of a filter.
func compileKey(r *model.Record, key string, v any) (where.Expr, *front.Error) {
	switch r.Connective(key) {
	case model.And, model.Or:
		return connected(r, key, v)
	case model.Not:
		inner, ok := v.(map[string]any)
		if !ok {
			return nil, nothing(key)
		}
		e, err := compileFilter(r, inner)
		if err != nil {
			return nil, err
		}
		return where.Not(e), nil
	}
	f := r.Filter(key)
	operators, ok := v.(map[string]any)
	switch {
	case !ok:
		return nil, nothing(key)
	case len(operators) == 0:
		return nil, front.Bad(nil, "The filter by %s compares with nothing: use isNull to ask for what is unset.", key)
	case f.Kind == model.One:
		return related(f, where.Some, operators)
	case f.Kind == model.Many || f.Kind == model.Back:
		return quantified(f, key, operators)
	}
	return compared(f, key, operators)
}

// nothing returns the error of a null in place of a filter.
func nothing(key string) *front.Error {
	return front.Bad(nil, "The filter %s is null: leave it out, or use isNull to ask for what is unset.", key)
}

// connected compiles and, or. Without parts, and holds always, or never.
func connected(r *model.Record, key string, v any) (where.Expr, *front.Error) {
	list, ok := v.([]any)
	if !ok {
		return nil, nothing(key)
	}
	var parts []where.Expr
	for _, item := range list {
		inner, ok := item.(map[string]any)
		if !ok {
			return nil, nothing(key)
		}
		e, err := compileFilter(r, inner)
		if err != nil {
			return nil, err
		}
		parts = append(parts, e)
	}
	if r.Connective(key) == model.Or {
		return where.Any(parts...), nil
	}
	return where.All(parts...), nil
}

// related compiles a filter of related records; without a key it tests whether related records
// exist.
func related(f *model.Field, which where.Quantifier, filter map[string]any) (where.Expr, *front.Error) {
	if len(filter) == 0 {
		return where.Related(which, f.Path(), nil), nil
	}
	in, err := compileFilter(f.Target, filter)
	if err != nil {
		return nil, err
	}
	return where.Related(which, f.Path(), in), nil
}

// quantified compiles some, none and every.
func quantified(f *model.Field, key string, filters map[string]any) (where.Expr, *front.Error) {
	var all []where.Expr
	for _, name := range slices.Sorted(maps.Keys(filters)) {
		inner, ok := filters[name].(map[string]any)
		if !ok {
			return nil, nothing(key + "." + name)
		}
		which := map[string]where.Quantifier{"some": where.Some, "none": where.None, "every": where.Every}[name]
		e, err := related(f, which, inner)
		if err != nil {
			return nil, err
		}
		// "every" without a condition always holds.
		if which == where.Every && len(inner) == 0 {
			e = where.All()
		}
		all = append(all, e)
	}
	return where.All(all...), nil
}
