// Ids of accounts: unique among all auth collections, as tokens and references name
// accounts by id alone.

package record

import (
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
)

// foreignID returns the failure of a new account whose id belongs to a record of another auth
// collection: tokens and references name accounts by their ids alone.
func (w *writeRequest) foreignID(r store.Reader) (fault.Fields, error) {
	if !w.collection.IsAuth() {
		return nil, nil
	}
	for _, c := range w.rq.snapshot.All() {
		if !c.IsAuth() || c == w.collection {
			continue
		}
		taken, err := w.rq.service.table(w.rq.snapshot, c).has(r, w.id)
		if err != nil {
			return nil, err
		}
		if taken {
			return fault.Fields{"id": fault.Leaf("validation_invalid_auth_id", "Invalid or duplicated auth record id")}, nil
		}
	}
	return nil, nil
}
