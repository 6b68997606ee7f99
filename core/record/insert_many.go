package record

import (
	"context"
	"fmt"
	"iter"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// insertStep is how many records a transaction of InsertMany has: other writes have their turn
// between two of them.
const insertStep = 2000

// InsertMany creates a record of each body, as Create does for the system, but runs no hook,
// and the change log tells of the collection as a whole: who has subscribed to it reads anew. Ids,
// times and values that the collection generates are made, and all fields are validated.
// n is how many records are stored.
//
// The records go in several transactions, in their order: after an error, which names the
// row from 1 on, those of the transactions before are there. Within App.Transaction all is
// one. Bodies are not used after the next one is asked for. The error of a body ends it. Auth
// collections and views, and fields with files, are Invalid faults.
func (s *Service) InsertMany(ctx context.Context, collection string, bodies iter.Seq2[map[string]any, error]) (n int, err error) {
	if err := s.mayWrite(); err != nil {
		return 0, err
	}
	rows := make([]map[string]any, 0, insertStep)
	flush := func() error {
		if err := s.insertSome(ctx, collection, rows, n); err != nil {
			return err
		}
		n, rows = n+len(rows), rows[:0]
		return nil
	}
	for body, err := range bodies {
		if err != nil {
			return n, fmt.Errorf("row %d: %w", n+len(rows)+1, err)
		}
		if rows = append(rows, body); len(rows) == insertStep {
			if err := flush(); err != nil {
				return n, err
			}
		}
	}
	if len(rows) == 0 {
		return n, nil
	}
	return n, flush()
}

// insertSome stores the rows in one transaction. before is how many there were before them.
func (s *Service) insertSome(ctx context.Context, collection string, rows []map[string]any, before int) error {
	return retryStale(func() error {
		ops := make([]Op, len(rows))
		for i, body := range rows {
			ops[i] = Op{Caller: Root(), Action: ActionCreate, Collection: collection, Input: Input{Body: body}}
		}
		writes, err := s.acceptAll(ops)
		if err != nil {
			return err
		}
		if err := insertable(writes[0]); err != nil {
			return err
		}
		if err := s.indexIDs(ctx, writes); err != nil {
			return err
		}
		var t *writeTx
		err = s.cfg.Store.Write(ctx, func(tx store.Tx) (err error) {
			if t, err = s.newWriteTx(tx, writes[0].rq.snapshot, ""); err != nil {
				return err
			}
			return t.insertAll(ctx, writes, before)
		})
		if err != nil {
			return err
		}
		t.finish(nil)
		return nil
	})
}

// insertable refuses collections whose records need more than their fields.
func insertable(w *writeRequest) error {
	if w.earlyFault != nil {
		return w.earlyFault
	}
	if w.collection.IsAuth() {
		return fault.New(fault.Invalid, "Accounts are created one by one.")
	}
	for _, f := range w.collection.Fields {
		switch f.Kind.(type) {
		case *schema.File, *schema.Password:
			return fault.New(fault.Invalid, "Records with files or passwords are created one by one.")
		}
	}
	return nil
}

// insertAll checks and stores the records, and notes that the collection has changed.
func (t *writeTx) insertAll(ctx context.Context, writes []*writeRequest, before int) error {
	c := writes[0].collection
	bulk := NewBulk(t.tx, c, nil)
	for i, w := range writes {
		err := ctx.Err()
		if err == nil && w.earlyFault != nil {
			err = w.earlyFault
		}
		if err == nil {
			err = w.check(t.tx)
		}
		if err != nil {
			return fmt.Errorf("row %d: %w", before+i+1, err)
		}
		if err := bulk.Add(w.table.parameters(w.record)); err != nil {
			return fmt.Errorf("rows up to %d: %w", before+i+1, uniqueFault(err, c, createFailed))
		}
	}
	if err := bulk.Flush(); err != nil {
		return fmt.Errorf("rows up to %d: %w", before+len(writes), uniqueFault(err, c, createFailed))
	}
	t.changes = append(t.changes, change.Change{Kind: change.Collection, Collection: c.ID, Action: change.Rewrite})
	return t.end()
}
