package record

import (
	"cmp"
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
// body until its transaction, so the iterator must not reuse a map; up to 4,000 bodies are in
// memory. The fault is Invalid for an auth collection, a view, and a collection with a file or
// password field.
func (s *Service) InsertMany(ctx context.Context, collection string, bodies iter.Seq2[map[string]any, error]) (n int, err error) {
	if err := s.mayWrite(); err != nil {
		return 0, err
	}
	i := &inserter{service: s, collection: collection}
	defer i.wait() // also if the iterator panics
	var rows []map[string]any
	begun := 0
	for body, err := range bodies {
		if err != nil {
			err = fmt.Errorf("row %d: %w", begun+len(rows)+1, err)
			return i.stored, cmp.Or(i.wait(), err)
		}
		if rows = append(rows, body); len(rows) == insertStep {
			if err := i.insert(ctx, rows, begun); err != nil {
				return i.stored, err
			}
			begun, rows = begun+len(rows), make([]map[string]any, 0, insertStep)
		}
	}
	if len(rows) > 0 {
		if err := i.insert(ctx, rows, begun); err != nil {
			return i.stored, err
		}
	}
	err = i.wait()
	return i.stored, err
}

// inserter stores the steps of an InsertMany in their order, one at a time. While a step is being
// stored, InsertMany reads and accepts the next step. Within a transaction of the caller, which
// belongs to one goroutine, each step ends before the next begins.
type inserter struct {
	service    *Service
	collection string
	running    chan error // gets the result of the step that is being stored; nil if there is no such step
	rows       int        // number of rows of that step
	stored     int        // number of rows of the stored steps
}

// insert waits until the step before is stored, and begins to store a step. before is the number of
// rows of all steps before. The error is that of the step before or of this step; the inserter must
// not be used after an error.
func (i *inserter) insert(ctx context.Context, rows []map[string]any, before int) error {
	s := i.service
	ops := make([]Op, len(rows))
	for at, body := range rows {
		ops[at] = Op{Caller: Root(), Action: ActionCreate, Collection: i.collection, Input: Input{Body: body}}
	}
	writes, err := s.acceptAll(ops)
	if err := cmp.Or(i.wait(), err); err != nil {
		return err
	}
	result := make(chan error, 1)
	i.running, i.rows = result, len(rows)
	if s.outer != nil {
		result <- s.insertSome(ctx, ops, writes, before)
		return i.wait()
	}
	go func() { result <- s.insertSome(ctx, ops, writes, before) }()
	return nil
}

// wait waits for the step that is being stored, if any, and returns its error.
func (i *inserter) wait() error {
	if i.running == nil {
		return nil
	}
	err := <-i.running
	i.running = nil
	if err == nil {
		i.stored += i.rows
	}
	return err
}

// insertSome stores the rows of a step in one transaction. writes are the accepted ops; insertSome
// accepts the ops again if the collection has changed since. before is the number of rows of all
// steps before.
func (s *Service) insertSome(ctx context.Context, ops []Op, writes []*writeRequest, before int) error {
	return retryStale(func() (err error) {
		if writes == nil {
			if writes, err = s.acceptAll(ops); err != nil {
				return err
			}
		}
		defer func() { writes = nil }()
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
