package record

import (
	"context"
	"slices"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// unit is one transaction: what it has changed so far, and what is to be done
// when that is durable.
type unit struct {
	*Service
	tx       store.Tx
	snapshot *schema.Snapshot
	by       string // who does it, as the change log has it
	changes  []change.Change
	orphans  []string // files that no record names any more

	// Of what hooks have written in the transaction:
	stored []string // files
	later  []func() // when it is durable
	failed []func() // about what has failed
}

// unit begins one. Definitions that are not the stored ones are errStale: names
// in them may by now stand for something else.
func (s *Service) unit(tx store.Tx, snapshot *schema.Snapshot, by string) (*unit, error) {
	if s.Snapshot() != snapshot {
		return nil, errStale
	}
	return &unit{Service: s, tx: tx, snapshot: snapshot, by: by}, nil
}

// changed notes what the change log and the caches are to know.
func (u *unit) changed(c *schema.Collection, id string, a change.Action, before []byte) {
	u.changes = append(u.changes, change.Change{
		Kind: change.Record, Collection: c.ID, Record: id, Action: a, Before: before, By: u.by,
	})
}

// end is the last of the transaction.
func (u *unit) end() error { return u.Changes.Append(u.tx, u.changes) }

// hasBefore says whether there are Before hooks for the write.
func (s *Service) hasBefore(w *write) bool {
	return w.refused == nil && s.Hooks.Before.Bound(w.names()...)
}

// hasInTx says whether there are hooks for one of the writes that need the
// transaction for themselves.
func (s *Service) hasInTx(writes []*write) bool {
	return slices.ContainsFunc(writes, func(w *write) bool {
		return w.refused == nil && s.Hooks.InTx.Bound(w.names()...)
	})
}

// perform does the writes in one transaction, with what is costly before and
// what must be durable first after it; if exclusive, with the Before hooks in it.
// done, if not nil, is called in the transaction after each write. If one write
// fails, nothing of any is kept, and failed is its position.
func (s *Service) perform(ctx context.Context, writes []*write, exclusive bool, done func(i int, tx store.Tx) error) (failed int, err error) {
	if err := s.hash(ctx, writes); err != nil {
		return 0, err
	}
	var stored []string // files
	discard := true
	defer func() {
		if discard {
			s.removeFiles(ctx, stored)
		}
	}()
	for i, w := range writes {
		keys, err := s.putFiles(ctx, w)
		if stored = append(stored, keys...); err != nil {
			return i, err
		}
	}
	transact := s.Store.Write
	if exclusive || s.hasInTx(writes) {
		transact = s.Store.Exclusive
	}
	var u *unit
	err = s.proving(ctx, func() error {
		return transact(ctx, func(tx store.Tx) (err error) {
			discard = true
			if u != nil { // tried before: what its hooks have stored is of no use
				stored = append(stored, u.stored...)
			}
			if u, err = s.unit(tx, writes[0].snapshot, writes[0].op.Caller.Actor()); err != nil {
				return err
			}
			for i, w := range writes {
				failed = i
				if err := u.write(ctx, w, exclusive); err != nil {
					return err
				}
				if done == nil {
					continue
				}
				if err := done(i, tx); err != nil {
					return err
				}
			}
			if err := u.end(); err != nil {
				return err
			}
			discard = false // if now the commit fails, nobody knows how
			return nil
		})
	})
	if err != nil {
		if u != nil {
			stored = append(stored, u.stored...)
			s.run(u.failed)
		}
		return failed, err
	}
	for _, w := range writes {
		u.orphans = append(u.orphans, w.unused()...)
	}
	s.conclude(ctx, u, stored)
	s.after(ctx, writes)
	return 0, nil
}

// conclude does what waits for the transaction to be durable. Within another one
// that is left to it.
func (s *Service) conclude(ctx context.Context, u *unit, stored []string) {
	if o := s.outer; o != nil {
		o.orphans = append(o.orphans, u.orphans...)
		o.stored = append(append(o.stored, stored...), u.stored...)
		o.later = append(o.later, u.later...)
		o.failed = append(o.failed, u.failed...)
		return
	}
	s.removeFiles(ctx, u.orphans)
	s.run(u.later)
	s.run(u.failed) // writes of hooks that failed without the whole failing
}

func (s *Service) run(list []func()) {
	for _, fn := range list {
		fn()
	}
}

// write does one write with its hooks.
func (u *unit) write(ctx context.Context, w *write, exclusive bool) error {
	if w.refused != nil {
		return w.refused
	}
	if exclusive {
		w.hooked = nil // of an earlier try
		if err := u.beforeInTx(ctx, w); err != nil {
			return err
		}
	}
	if err := u.perform(ctx, w); err != nil {
		return err
	}
	return u.inTx(ctx, w)
}

func (u *unit) perform(ctx context.Context, w *write) error {
	if w.refused != nil {
		return w.refused
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := w.judge(u.tx); err != nil {
		return err
	}
	if w.op.Action == ActionDelete {
		return u.delete(w)
	}
	if err := w.checkHashed(); err != nil {
		return err
	}
	if w.stored == nil {
		return u.create(w)
	}
	return u.update(w)
}
