package query_test

import (
	"testing"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/schema"
)

// The table of modifiers has an entry for each kind.
func TestEveryKindHasItsModifiers(t *testing.T) {
	t.Parallel()
	kinds := schema.Kinds()
	for _, k := range kinds {
		if _, ok := query.ModifiersOf[k.Type()]; !ok {
			t.Errorf("modifiersOf lacks %s", k.Type())
		}
	}
	if len(query.ModifiersOf) != len(kinds) {
		t.Errorf("modifiersOf has %d kinds, want the %d of schema.Kinds", len(query.ModifiersOf), len(kinds))
	}
}
