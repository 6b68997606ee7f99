// Typed sorts: a list of objects with one key each is compiled to the text of a sort.

package graphql

import (
	"regexp"
	"strings"

	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/api/internal/graphql/model"
)

// compileSort returns the sort of the record service.
func compileSort(r *model.Record, keys []any) (string, *front.Error) {
	var items []string
	for _, key := range keys {
		object, _ := key.(map[string]any)
		item, err := sortItem(r, object)
		if err != nil {
			return "", err
		}
		items = append(items, item)
	}
	return strings.Join(items, ","), nil
}

// sortItem returns one key of a sort: a path of single relations, with its direction before it.
func sortItem(r *model.Record, object map[string]any) (string, *front.Error) {
	if len(object) != 1 {
		return "", front.Bad(nil, "A sort has one key in each object, not %d.", len(object))
	}
	for key, v := range object {
		f := r.Sort(key)
		switch v := v.(type) {
		case string:
			if v == "DESC" {
				return "-" + f.Path(), nil
			}
			return f.Path(), nil
		case map[string]any:
			if f.Kind == model.JSON {
				return sortWithin(f, v)
			}
			item, err := sortItem(f.Target, v)
			if err != nil {
				return "", err
			}
			if rest, descending := strings.CutPrefix(item, "-"); descending {
				return "-" + f.Path() + "." + rest, nil
			}
			return f.Path() + "." + item, nil
		}
	}
	return "", front.Bad(nil, "A sort needs a direction: null is none.")
}

// inDocument matches a path within a JSON document. It admits no other syntax of sorts.
var inDocument = regexp.MustCompile(`^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$`)

// sortWithin returns the sort key for a value within a JSON document.
func sortWithin(f *model.Field, sort map[string]any) (string, *front.Error) {
	path, _ := sort["path"].(string)
	if !inDocument.MatchString(path) {
		return "", front.Bad(nil, "The path of a sort by %s has names of letters, digits and _, with a dot between two.", f.Name)
	}
	sign := ""
	if sort["direction"] == "DESC" {
		sign = "-"
	}
	return sign + f.Path() + "." + path, nil
}
