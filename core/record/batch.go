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
	// Before hooks of one write would not see what the writes before it have done, so with
	// hooks all of them run inside of the transaction, each before its own write.
	results := make([]Result, len(ops))
	exclusive := slices.ContainsFunc(writes, s.hasBeforeHooks)
	failed, err := s.commit(ctx, writes, exclusive, func(i int, tx store.Tx) (err error) {
		// Each answer is rendered inside of the transaction, since later writes may change what
		// it shows.
		if w := writes[i]; w.record != nil {
			results[i].Record, err = s.renderIn(ctx, tx, w.viewer(), w.record, w.op.Expand)
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
