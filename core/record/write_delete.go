// Deleting a record.

package record

import (
	"context"
	"errors"

	"github.com/loambase/loam/core/fault"
)

const deleteFailed = "Failed to delete record. Make sure that the record is not part of a required relation reference."

// Delete deletes a record with its files and removes it from the relations to it, which may delete
// further records (docs/wire/records.md §4.7). Faults: NotFound for an unknown collection or id and
// a record that does not satisfy the delete rule; Forbidden if only superusers may delete; Invalid
// if a required relation would lose its last record, for the last superuser, and if the deletion
// changes more than Config.CascadeLimit records. Caller.Body is @request.body in the rule.
func (s *Service) Delete(ctx context.Context, caller Caller, collection, id string) error {
	_, err := s.write(ctx, Op{
		Caller: caller, Action: ActionDelete, Collection: collection, ID: id, Input: Input{Body: caller.Body},
	})
	return err
}

// delete deletes a record that has been checked.
func (t *writeTx) delete(w *writeRequest) error {
	return deleteFault(t.deleteRecords(w.table, []string{w.id}), deleteFailed)
}

// deleteFault returns the fault of a deletion that a required relation forbids, or that is too
// large; other errors are returned unchanged.
func deleteFault(err error, message string) error {
	if errors.Is(err, errCascade) {
		return &fault.Error{Kind: fault.Invalid, Message: message, Err: err,
			Reason: "too many records refer to it: superusers can delete it, or its caller the records first"}
	}
	if errors.Is(err, errRequired) {
		return fault.Wrap(fault.Invalid, message, err)
	}
	return err
}
