package record

import (
	"context"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/store"
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

// perform does the writes in one transaction, with what is costly before and
// what must be durable first after it. done, if not nil, is called in the
// transaction after each write. If one write fails, nothing of any is kept, and
// failed is its position.
func (s *Service) perform(ctx context.Context, writes []*write, done func(i int, tx store.Tx)) (failed int, err error) {
	if err := s.hash(ctx, writes); err != nil {
		return 0, err
	}
	var stored []string
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
	var u *unit
	err = s.proving(ctx, func() error {
		return s.Store.Write(ctx, func(tx store.Tx) (err error) {
			discard = true
			if u, err = s.unit(tx, writes[0].snapshot, writes[0].op.Caller.actor()); err != nil {
				return err
			}
			for i, w := range writes {
				failed = i
				if err := u.perform(ctx, w); err != nil {
					return err
				}
				if done != nil {
					done(i, tx)
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
		return failed, err
	}
	for _, w := range writes {
		u.orphans = append(u.orphans, w.unused()...)
	}
	s.removeFiles(ctx, u.orphans)
	return 0, nil
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
