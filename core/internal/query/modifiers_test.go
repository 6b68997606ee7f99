package query_test

import (
	"testing"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/schema"
)

// Each kind says which modifiers its stored values take.
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
