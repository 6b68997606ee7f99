package record

import (
	"context"
	"errors"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
)

const truncateFailed = "Failed to truncate collection (most likely due to required cascade delete record references)."

// Truncate deletes all records of a collection, with all that Delete does for
// each, or none. Records that only refer to one another do not keep each other.
// No rule is asked: whoever calls it must be a superuser. Faults: NotFound for an
// unknown collection; Invalid for a view, and where a record of another collection
// requires one of these.
func (s *Service) Truncate(ctx context.Context, collection string) error {
	if err := s.mayWrite(); err != nil {
		return err
	}
	for {
		err := s.truncate(ctx, collection)
		if !errors.Is(err, errStale) {
			return err
		}
	}
}

func (s *Service) truncate(ctx context.Context, collection string) error {
	snapshot := s.Snapshot()
	c := snapshot.Find(collection)
	if c == nil {
		return fault.New(fault.NotFound, "")
	}
	if c.IsView() {
		return fault.New(fault.Invalid, "View collections cannot be truncated since they don't store their own records.")
	}
	var u *unit
	err := s.Store.Exclusive(ctx, func(tx store.Tx) (err error) {
		if u, err = s.unit(tx, snapshot, ""); err != nil {
			return err
		}
		ids, err := texts(tx, `SELECT "id" FROM `+quoteName(c.Name))
		if err != nil {
			return err
		}
		if err := u.deleteRecords(s.table(snapshot, c), ids); err != nil {
			return err
		}
		return u.end()
	})
	if errors.Is(err, errRequired) {
		return fault.Wrap(fault.Invalid, truncateFailed, err)
	}
	if err != nil {
		return err
	}
	s.conclude(ctx, u, nil)
	return nil
}
