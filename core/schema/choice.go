// The common parts of select, file and relation fields, which have one value or a list of values.

package schema

import (
	"fmt"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/cast"
	"github.com/loambase/loam/core/internal/store"
)

func choiceColumn(multiple bool) store.ColumnKind {
	if multiple {
		return store.ColumnMulti
	}
	return store.ColumnText
}

func choiceZero(multiple bool) any {
	if multiple {
		return []string{}
	}
	return ""
}

func tooMany(limit int) *fault.Field {
	return fault.Leaf("validation_too_many_values", fmt.Sprintf("Select no more than %d", limit), "maxSelect", limit)
}

// loadChoice returns the value of a stored text: a text, or a list if multiple is set. The stored
// text may have the other form if the option was changed.
func loadChoice(stored string, multiple bool) any {
	if multiple {
		return parseList(stored)
	}
	return cast.Choice(stored, false)
}

// parseList parses the stored list of a field. Nearly all lists are plain: no escapes, no spaces,
// no empty or repeated items.
func parseList(s string) []string {
	if s == "[]" {
		return []string{}
	}
	// The JSON parser reads all other forms than that in which we write lists.
	if len(s) < 4 || !strings.HasPrefix(s, `["`) || !strings.HasSuffix(s, `"]`) || strings.IndexByte(s, '\\') >= 0 {
		return cast.List(s)
	}
	list := strings.Split(s[2:len(s)-2], `","`)
	for _, item := range list {
		if strings.IndexByte(item, '"') >= 0 {
			return cast.List(s)
		}
	}
	return cast.Unique(list)
}
