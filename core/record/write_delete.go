package record

import (
	"context"
	"errors"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
)

const deleteFailed = "Failed to delete record. Make sure that the record is not part of a required relation reference."

// Delete removes a record with its files and takes it out of the relations to it,
// which may remove further records (docs/wire/records.md §4.7). Faults: NotFound
// for an unknown collection or id and a record that does not satisfy the delete
// rule, Forbidden where only superusers may delete, Invalid where a required
// relation would lose its last record and for the last superuser. Caller.Body is
// what the rule sees as the body.
func (s *Service) Delete(ctx context.Context, caller Caller, collection, id string) error {
	_, err := s.single(ctx, Op{
		Caller: caller, Action: ActionDelete, Collection: collection, ID: id, Input: Input{Body: caller.Body},
	})
	return err
}

func (w *write) judgeDelete(r store.Reader) error {
	rule, err := w.rule(w.collection.DeleteRule)
	if err != nil {
		return err
	}
	if w.stored, err = w.table.read(r, w.id); err != nil {
		return err
	}
	if w.stored == nil {
		return fault.New(fault.NotFound, "")
	}
	if w.moved() {
		return errMoved
	}
	w.body = w.op.Input.Body
	return denied(w.permit(r, rule, false), fault.NotFound, "")
}

// delete performs the write after judgeDelete.
func (u *unit) delete(w *write) error {
	err := u.deleteRecords(w.table, []string{w.id})
	if errors.Is(err, errRequired) {
		return fault.Wrap(fault.Invalid, deleteFailed, err)
	}
	return err
}
