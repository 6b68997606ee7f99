// The path of a write: precheck, hash, transaction, after the commit.

package record

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
)

// This file is the path of a write, phase by phase. Each phase is one call and lies in
// a file of its own:
//
//	resolve              write_request.go   the collection, and whether its rule admits anybody
//	accept               write_input.go     the input, sorted by fields
//	runBeforeHooks       write_hooks.go
//	precheck             below              all checks on a read, before costly work
//	hashAndStoreFiles    account_password.go, write_files.go
//	inTransaction
//	  load               write_request.go   the stored record
//	  authorize          write_authorize.go the rule
//	  validate           write_validate.go  the account form, then every field
//	  store              write_create.go, write_update.go, write_delete.go
//	  runInTxHooks       write_hooks.go
//	  end                write_tx.go        files to delete, the change log
//	afterCommit          write_tx.go        AfterSuccess hooks
//
// Render (render.go) then makes the answer.

// write runs one write that is not part of a batch. The record is nil after a delete.
func (s *Service) write(ctx context.Context, op Op) (r *Record, err error) {
	if err := s.mayWrite(); err != nil {
		return nil, err
	}
	if s.cfg.Hooks.Request.Empty() {
		return s.writeWithRetry(ctx, op, op.Caller)
	}
	asked := op.Caller
	err = s.aroundRequest(ctx, op.requestEvent(), op.Collection, func(e *RequestEvent) error {
		op.take(e)
		r, err = s.writeWithRetry(ctx, op, asked)
		return err
	})
	return r, err
}

// writeWithRetry begins the write again if meanwhile the collections change, or the record changes
// after the Before hooks have read it.
func (s *Service) writeWithRetry(ctx context.Context, op Op, asked Caller) (*Record, error) {
	var w *writeRequest
	moved := 0
	err := retryStale(func() (err error) {
		for {
			w, err = s.writeOnce(ctx, op, moved == maxMoved)
			if !errors.Is(err, errMoved) || moved == maxMoved {
				return err
			}
			moved++
		}
	})
	w.countDenial()
	if errors.Is(err, store.ErrTimeout) {
		err = &fault.Error{Kind: fault.Invalid, Message: op.Action.failure(), Reason: "time limit reached", Err: err}
	}
	if err != nil {
		s.runAfterFailure(ctx, w, err)
		return nil, err
	}
	return w.result(asked), nil
}

// writeOnce runs a write once. exclusive runs the Before hooks inside of the transaction, with no
// other write beside it. The request is nil if the error came before the request was made.
func (s *Service) writeOnce(ctx context.Context, op Op, exclusive bool) (*writeRequest, error) {
	w := s.resolve(op, s.newPasswordWork(op.Caller))
	if err := w.accept(); err != nil {
		return w, err
	}
	if !exclusive {
		if err := s.runBeforeHooks(ctx, w); err != nil {
			return w, err
		}
	}
	if err := w.precheck(ctx); err != nil {
		return w, err
	}
	_, err := s.commit(ctx, []*writeRequest{w}, exclusive, nil)
	return w, err
}

// precheck runs all checks on a read if the write has costly work before its transaction, so that a
// write that is denied or invalid causes no hash and no file. The transaction repeats the checks.
func (w *writeRequest) precheck(ctx context.Context) error {
	if !w.isCostly() {
		return nil
	}
	return w.rq.service.withPasswords(ctx, w.work, func() error {
		return retryRejected(func() error { return w.rq.read(ctx, ruleWork("check", w.collection), w.check) })
	})
}

// check returns the error of a write that must not be done, by the data of the reader.
func (w *writeRequest) check(r store.Reader) error {
	if err := w.load(r); err != nil {
		return err
	}
	if err := w.authorize(r); err != nil {
		return err
	}
	return w.validate(r)
}

// commit runs the writes in one transaction, and the work before and after it. answer, if not nil,
// is called in the transaction after each write. If a write fails, nothing is stored, and failed is
// its position.
func (s *Service) commit(ctx context.Context, writes []*writeRequest, exclusive bool, answer func(i int, tx store.Tx) error) (failed int, err error) {
	return s.newCommit(writes, exclusive, answer).run(ctx)
}

// run runs the steps of the commit in their order: the index of ids, hashes and files, the
// transaction, and the work after it. failed is the position of a write that has failed.
func (c *commit) run(ctx context.Context) (failed int, err error) {
	if err := c.service.indexIDs(ctx, c.asked); err != nil {
		return 0, err
	}
	if err := c.hashAndStoreFiles(ctx); err != nil {
		c.afterRollback(ctx, err)
		return c.failed, err
	}
	if err := c.inTransaction(ctx); err != nil {
		c.afterRollback(ctx, err)
		return c.failed, err
	}
	c.afterCommit(ctx)
	return 0, nil
}

// inTransaction runs the writes in one transaction. It runs them again if a password has to be
// hashed first.
func (c *commit) inTransaction(ctx context.Context) error {
	begin := c.service.cfg.Store.Write
	if c.exclusive || slices.ContainsFunc(c.asked, c.service.hasInTxHooks) {
		begin = c.service.cfg.Store.Exclusive
	}
	return c.service.withPasswords(ctx, c.passwords, func() error {
		return c.transact(ctx, begin, func(tx store.Tx) error {
			if err := c.begin(tx); err != nil {
				return err
			}
			if err := c.apply(ctx); err != nil {
				return err
			}
			return c.end()
		})
	})
}

// apply runs all writes in the transaction.
func (c *commit) apply(ctx context.Context) error {
	for i, asked := range c.asked {
		c.failed = i
		writes, err := c.tx.expand(asked)
		if err != nil {
			return err
		}
		for _, w := range writes {
			c.writes = append(c.writes, w)
			if err := c.tx.apply(ctx, w, c.exclusive); err != nil {
				return err
			}
		}
		if c.answer == nil {
			continue
		}
		if err := c.answer(i, c.tx.tx); err != nil {
			return err
		}
	}
	return nil
}

// apply runs one write in the transaction.
func (t *writeTx) apply(ctx context.Context, w *writeRequest, exclusive bool) error {
	if err := cmp.Or(w.earlyFault, ctx.Err()); err != nil {
		return err
	}
	w.followLinks()
	if err := t.judge(ctx, w, exclusive); err != nil {
		// A cascade or a hook of an earlier write may have deleted the record: for a write of each
		// matching record that is not an error.
		if w.skipped = w.ofEach && w.unreachable; w.skipped {
			return nil
		}
		return err
	}
	if err := t.store(w); err != nil {
		return err
	}
	if err := t.runInTxHooks(ctx, w); err != nil {
		return err
	}
	return t.passwords.interrupted() // even if a handler has swallowed the error
}

// judge runs the Before hooks if they run in the transaction, and checks the write.
func (t *writeTx) judge(ctx context.Context, w *writeRequest, exclusive bool) error {
	if exclusive {
		if err := t.runBeforeHooks(ctx, w); err != nil {
			return err
		}
	}
	return w.check(t.tx)
}

// store stores the checked record, or deletes it.
func (t *writeTx) store(w *writeRequest) error {
	if w.op.Action == ActionDelete {
		return t.delete(w)
	}
	if err := w.checkHashed(); err != nil && !w.rehearsed {
		return err
	}
	if w.stored == nil {
		return t.create(w)
	}
	return t.update(w)
}
