// Filters of mutations, which must not hold for everything by a mistake.

package graphql

import (
	"github.com/loambase/loam/api/graphql/model"
)

// narrows reports whether a valid filter compares with something, in each of the ways in
// which a record may satisfy it.
func narrows(r *model.Record, filter map[string]any) bool {
	for key, v := range filter {
		if narrowsKey(r, key, v) {
			return true
		}
	}
	return false
}

func narrowsKey(r *model.Record, key string, v any) bool {
	list, _ := v.([]any)
	inner, _ := v.(map[string]any)
	switch r.Connective(key) {
	case model.And:
		for _, item := range list {
			if part, _ := item.(map[string]any); narrows(r, part) {
				return true
			}
		}
		return false
	case model.Or:
		for _, item := range list {
			if part, _ := item.(map[string]any); !narrows(r, part) {
				return false
			}
		}
		return len(list) > 0
	case model.Not:
		return narrows(r, inner)
	}
	switch f := r.Filter(key); f.Kind {
	case model.One:
		return narrows(f.Target, inner)
	case model.Many, model.Back:
		for _, of := range inner {
			if part, _ := of.(map[string]any); narrows(f.Target, part) {
				return true
			}
		}
		return false
	}
	for operator, value := range inner {
		if list, isList := value.([]any); !isList || len(list) > 0 || operator == "in" || operator == "containsAny" {
			return true
		}
	}
	return false
}
