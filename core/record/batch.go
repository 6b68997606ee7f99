// Batches: several writes in one transaction.

package record

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
)

const batchFailed = "Batch transaction failed."

// Result is the answer to one write of a batch.
type Result struct {
	Record []byte // JSON, as the caller may see it; nil after a delete
}

// Batch runs the writes one after the other in one transaction. Each write sees the changes of the
// writes before it, and its Result is the record at that moment. If a write fails, nothing is
// stored, and the fault is Invalid with a leaf at requests.N that carries the fault of that write
// (docs/wire/records.md §8.2). The same fault, without a leaf, is returned when ctx ends.
func (s *Service) Batch(ctx context.Context, ops []Op) (results []Result, err error) {
	if s.cfg.Hooks.Batch.Empty() || len(ops) == 0 {
		return s.batch(ctx, ops)
	}
	e := &BatchEvent{Caller: ops[0].Caller, Ops: slices.Clone(ops)}
	err = s.cfg.Hooks.Batch.Around(ctx, e, func() (err error) {
		results, err = s.batch(e.Context, e.Ops)
		return err
	})
	return results, err
}

// batch does the work of Batch, within the Batch hooks.
func (s *Service) batch(ctx context.Context, ops []Op) ([]Result, error) {
	if len(ops) == 0 {
		return []Result{}, nil
	}
	if err := s.mayWrite(); err != nil {
		return nil, err
	}
	ops, failed, err := s.runRequestHooks(ctx, ops)
	if err != nil {
		return nil, batchFault(ctx, failed, err)
	}
	var results []Result
	err = retryStale(func() (err error) {
		results, err = s.batchOnce(ctx, ops)
		return err
	})
	return results, err
}

// batchOnce runs the batch once, by the definitions that hold when the batch begins.
func (s *Service) batchOnce(ctx context.Context, ops []Op) ([]Result, error) {
	writes, err := s.acceptAll(ops)
	if err != nil {
		return nil, err
	}
	results := make([]Result, len(ops))
	room := 0 // the bytes left for the expanded relations of all answers
	c, err := s.commitAll(ctx, writes, func(i int, tx store.Tx) (err error) {
		w := writes[i]
		if i == 0 { // each attempt of the transaction begins here
			room = w.rq.treeLimit()
		}
		// Each answer is rendered inside of the transaction, since later writes may change the
		// record.
		if w.record != nil {
			results[i].Record, err = s.renderIn(ctx, tx, w.viewer(), w.record, w.op.Expand, &room)
		}
		return err
	})
	if err != nil {
		return nil, batchFault(ctx, c.failed, err)
	}
	return results, nil
}

// acceptAll makes the write requests of the operations.
func (s *Service) acceptAll(ops []Op) ([]*writeRequest, error) {
	work := s.newPasswordWork(ops[0].Caller)
	writes := make([]*writeRequest, 0, len(ops))
	for i, op := range ops {
		w := s.resolve(op, work)
		w.turn = i
		w.link(writes)
		// A fault of the client is kept in earlyFault and returned in the turn of the write, since
		// an earlier write of the batch may fail first. Other errors are internal.
		err := w.accept()
		if err == nil {
			err = w.match()
			w.earlyFault = err
		}
		if err != nil && w.earlyFault == nil {
			return nil, err
		}
		writes = append(writes, w)
		if w.earlyFault != nil { // it will fail the batch, so the writes after it never run
			break
		}
	}
	return writes, nil
}

// commitAll runs the writes in one transaction, and the AfterFailure hooks if that fails.
func (s *Service) commitAll(ctx context.Context, writes []*writeRequest, answer func(i int, tx store.Tx) error) (*commit, error) {
	// If a write has Before hooks, the hooks of all writes run in the transaction, each before its
	// own write. Outside of it they would not see the changes of the writes before theirs.
	c := s.newCommit(writes, slices.ContainsFunc(writes, s.hasBeforeHooks), answer)
	err := s.rehearse(ctx, c)
	if err == nil {
		_, err = c.run(ctx)
	}
	for _, w := range c.all() {
		w.countDenial()
		if err != nil {
			s.runAfterFailure(ctx, w, err)
		}
	}
	return c, err
}

// errRehearsed rolls back a rehearsal that has succeeded.
var errRehearsed = errors.New("record: the batch may be written")

// rehearse runs the writes in a transaction that is rolled back, if there are passwords to hash or
// files to store, so that a batch that is denied or invalid causes none of that work. A write may
// depend on the writes before it, so a read alone cannot judge it. If a hook takes part, rehearse
// does nothing: hooks may have effects outside of the transaction.
func (s *Service) rehearse(ctx context.Context, c *commit) error {
	hooked := func(w *writeRequest) bool { return s.hasBeforeHooks(w) || s.hasInTxHooks(w) }
	if s.outer != nil || !slices.ContainsFunc(c.asked, (*writeRequest).isCostly) || slices.ContainsFunc(c.asked, hooked) {
		return nil
	}
	rehearsal := s.newCommit(c.asked, false, nil)
	for _, w := range c.asked {
		w.rehearsed = true
		defer func() { w.rehearsed = false }()
	}
	err := s.withPasswords(ctx, rehearsal.passwords, func() error {
		return rehearsal.transact(ctx, s.cfg.Store.Write, func(tx store.Tx) error {
			if err := rehearsal.begin(tx); err != nil {
				return err
			}
			return cmp.Or(rehearsal.apply(ctx), errRehearsed)
		})
	})
	if errors.Is(err, errRehearsed) {
		return nil
	}
	c.failed = rehearsal.failed
	return err
}

// isCostly reports whether the write has passwords to hash or files to store, which happens before
// its transaction.
func (w *writeRequest) isCostly() bool {
	return w.input != nil && len(w.input.passwords)+len(w.input.uploads) > 0
}

// batchFault returns the fault of a batch whose write at position failed has failed. Errors that
// are not the client's are returned unchanged.
func batchFault(ctx context.Context, failed int, err error) error {
	var f *fault.Error
	switch {
	// A shortage of the server is no fault of one write: Unavailable stays, so that the client
	// tries again.
	case errors.As(err, &f) && f.Kind != fault.Unavailable:
		fails := fault.Fields{}
		leaf := fault.Leaf("batch_request_failed", "Batch request failed")
		leaf.Inner = f
		fails.Set(leaf, "requests", fault.Index(failed))
		return fault.Invalidate(batchFailed, fails)
	case ctx.Err() != nil || errors.Is(err, store.ErrTimeout):
		return fault.Wrap(fault.Invalid, batchFailed, err)
	}
	return err
}
