// Batches: several writes in one transaction.

package record

import (
	"context"
	"errors"
	"slices"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
)

const batchFailed = "Batch transaction failed."

// Result is the answer to one request of a batch.
type Result struct {
	Record []byte // JSON, as the caller may see it; nil after a delete
}

// Batch runs the writes one after the other in one transaction: each sees what those
// before it have done, and is answered as of then. If one fails, nothing of any is
// kept, and the fault is Invalid with a leaf at requests.N that carries the fault of
// that write (docs/wire/records.md §8.2). The same fault, without a leaf, is returned
// when ctx ends.
func (s *Service) Batch(ctx context.Context, ops []Op) ([]Result, error) {
	if len(ops) == 0 {
		return []Result{}, nil
	}
	if err := s.mayWrite(); err != nil {
		return nil, err
	}
	ops, err := s.runRequestHooks(ctx, ops)
	if err != nil {
		return nil, err
	}
	var results []Result
	err = retryStale(func() (err error) {
		results, err = s.batchOnce(ctx, ops)
		return err
	})
	return results, err
}

// batchOnce runs the batch once, by the definitions that hold when it begins.
func (s *Service) batchOnce(ctx context.Context, ops []Op) ([]Result, error) {
	work := s.newPasswordWork(ops[0].Caller)
	writes := make([]*writeRequest, 0, len(ops))
	for _, op := range ops {
		w := s.resolve(op, work)
		// A fault of the client is kept in earlyFault, to be reported when the write has its
		// turn: an earlier write of the batch may fail first. What is left is internal.
		if err := w.accept(); err != nil && w.earlyFault == nil {
			return nil, err
		}
		writes = append(writes, w)
		if w.earlyFault != nil { // it will fail the batch: those after it have no turn
			break
		}
	}
	if failed, err := s.rehearse(ctx, writes); err != nil {
		for _, w := range writes {
			s.runAfterFailure(ctx, w, err)
		}
		return nil, batchFault(ctx, failed, err)
	}
	// Before hooks of one write would not see what the writes before it have done, so with
	// hooks all of them run inside of the transaction, each before its own write.
	results := make([]Result, len(ops))
	room := 0 // bytes that the expanded relations of all answers may have
	exclusive := slices.ContainsFunc(writes, s.hasBeforeHooks)
	failed, err := s.commit(ctx, writes, exclusive, func(i int, tx store.Tx) (err error) {
		w := writes[i]
		if i == 0 { // of each attempt
			room = w.rq.treeLimit()
		}
		// Each answer is rendered inside of the transaction, since later writes may change what
		// it shows.
		if w.record != nil {
			results[i].Record, err = s.renderIn(ctx, tx, w.viewer(), w.record, w.op.Expand, &room)
		}
		return err
	})
	if err != nil {
		for _, w := range writes {
			s.runAfterFailure(ctx, w, err)
		}
		return nil, batchFault(ctx, failed, err)
	}
	return results, nil
}

// errRehearsed rolls a rehearsal back that has found nothing wrong.
var errRehearsed = errors.New("record: the batch may be written")

// rehearse runs the writes in a transaction that is rolled back, if there are passwords to
// hash or files to store, so that a batch that is denied or not valid costs none of them:
// a write may depend on those before it, so that a read cannot judge it. Where hooks take
// part it does nothing: they may have effects outside. failed is the position of the write
// that cannot be done.
func (s *Service) rehearse(ctx context.Context, writes []*writeRequest) (failed int, err error) {
	hooked := func(w *writeRequest) bool { return s.hasBeforeHooks(w) || s.hasInTxHooks(w) }
	if s.outer != nil || !slices.ContainsFunc(writes, (*writeRequest).isCostly) || slices.ContainsFunc(writes, hooked) {
		return 0, nil
	}
	c := &commit{service: s, first: writes[0], writes: writes, passwords: writes[0].work}
	err = s.withPasswords(ctx, c.passwords, func() error {
		return c.transact(ctx, s.cfg.Store.Write, func(tx store.Tx) error {
			if err := c.begin(tx); err != nil {
				return err
			}
			for i, w := range writes {
				failed, w.rehearsed = i, true
				if err := c.tx.apply(ctx, w, false); err != nil {
					return err
				}
			}
			return errRehearsed
		})
	})
	for _, w := range writes {
		w.rehearsed = false
	}
	if errors.Is(err, errRehearsed) {
		return 0, nil
	}
	return failed, err
}

// isCostly reports whether the write has work that is done before its transaction.
func (w *writeRequest) isCostly() bool {
	return w.input != nil && len(w.input.passwords)+len(w.input.uploads) > 0
}

// batchFault is the fault of a batch in which the write at that position failed. Errors
// that are not the client's stay as they are.
func batchFault(ctx context.Context, failed int, err error) error {
	var f *fault.Error
	switch {
	// A server that is short of something is no fault of one request: Unavailable stays, so
	// that the client tries again.
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
