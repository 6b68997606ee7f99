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

// insertStep is the number of records in one transaction of InsertMany. Other writes run between
// two transactions.
const insertStep = 2000

// InsertMany creates a record from each body, as Create does for Root, but runs no hook. The change
// log gets one entry for the whole collection per transaction, and subscribers of the collection
// read its records again. Ids, autodates and generated values are set, and all fields are
// validated. n is the number of records stored.
//
// The records are stored in their order, in several transactions. An error names the row, counted
// from 1, and the records of earlier transactions stay stored. Within App.Transaction all records
// are part of that transaction. An error of the iterator ends InsertMany. InsertMany keeps each
// body until its transaction, so the iterator must not reuse a map. Auth collections, views, and
// collections with file or password fields are Invalid faults.
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

// insertSome stores the rows in one transaction. before is the number of rows stored before them.
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

// insertable returns an Invalid fault for a collection that InsertMany does not support: an auth
// collection, or a collection with a file or password field.
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

// insertAll validates and stores the records, and logs one change of the whole collection.
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
