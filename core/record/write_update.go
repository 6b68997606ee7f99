// Updating a record.

package record

import (
	"context"

	"github.com/loambase/loam/core/change"
)

const updateFailed = "Failed to update record."

// Update changes a record and returns it as stored (docs/wire/records.md §4.5); Render makes the
// answer. Modifiers apply to the record that is stored when the write has its turn, so no
// concurrent modifier is lost. Faults: NotFound for an unknown collection or id and a record that
// does not satisfy the update rule; Forbidden if only superusers may update; Invalid for a record
// that would not be valid; TooMany if too many passwords wait to be hashed.
func (s *Service) Update(ctx context.Context, caller Caller, collection, id string, in Input) (*Record, error) {
	return s.write(ctx, Op{Caller: caller, Action: ActionUpdate, Collection: collection, ID: id, Input: in})
}

// update stores the changed fields of a record that has been checked.
func (t *writeTx) update(w *writeRequest) error {
	if w.collection.IsAuth() {
		if err := t.dropSignIns(w); err != nil {
			return err
		}
	}
	differ := w.table.differ(w.stored, w.record)
	if err := w.table.update(t.tx, w.record, differ); err != nil {
		return uniqueFault(err, w.collection, updateFailed)
	}
	t.stale = append(t.stale, staleFiles(w.collection, w.id, w.table.droppedFiles(w.stored, w.record))...)
	t.changed(w.collection, w.id, change.Update, w.table.before(w.stored, differ))
	return nil
}
