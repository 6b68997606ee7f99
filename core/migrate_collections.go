// Tx.SetCollections, which the generated migration files call.

package core

import (
	"encoding/json"
	"fmt"

	"github.com/loambase/loam/core/record"
)

// SetCollections creates or changes the collections of definitions, a JSON list, and deletes the
// collections whose ids or names are in deleted; it calls collection.Service.Replace. The empty
// list is "[]". A text that is not a list of objects is an error.
func (tx *Tx) SetCollections(definitions string, deleted ...string) error {
	var list []json.RawMessage
	if err := json.Unmarshal([]byte(definitions), &list); err != nil {
		return fmt.Errorf("core: definitions of collections: %w", err)
	}
	return tx.Collections.Replace(tx.Context, record.Root(), list, deleted...)
}
