// Tx.SetCollections, of which written migrations consist.

package core

import (
	"encoding/json"
	"fmt"

	"github.com/loambase/loam/core/record"
)

// SetCollections makes collections as a JSON list of their definitions says, and deletes
// those of the ids or names that follow; it is collection.Service.Replace for the code of
// migrations. "[]" stands for no definition. A text that is no list of objects is an error.
func (tx *Tx) SetCollections(definitions string, deleted ...string) error {
	var list []json.RawMessage
	if err := json.Unmarshal([]byte(definitions), &list); err != nil {
		return fmt.Errorf("core: definitions of collections: %w", err)
	}
	return tx.Collections.Replace(tx.Context, record.Root(), list, deleted...)
}
