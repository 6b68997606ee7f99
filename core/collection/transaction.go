// The transaction over all services (App.Transaction): collections, records and settings
// bound to one store transaction.

package collection

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
)

// Transaction calls fn in an exclusive transaction, with a collection, record and settings
// service bound to it, each of which sees the writes of the others. The settings service is nil
// if s has none.
//
// If fn returns nil everything is committed, otherwise everything is rolled back and Transaction
// returns the error of fn. No other write runs meanwhile, so fn must not wait for one: it must
// not write by services of the App. The engine may retry, so fn may be called more than once. The
// bound services must not be used after fn has returned.
func (s *Service) Transaction(ctx context.Context, fn func(store.Tx, *Service, *record.Service, *settings.Service) error) error {
	return s.cfg.Records.BindWithRetry(ctx, func(bind record.Bind) error {
		return s.transaction(ctx, bind, fn)
	})
}

// transaction is one attempt of Transaction; BindWithRetry repeats it if passwords must be hashed
// outside of it.
func (s *Service) transaction(ctx context.Context, bind record.Bind, fn func(store.Tx, *Service, *record.Service, *settings.Service) error) error {
	var binding *record.Binding
	err := s.cfg.Store.Exclusive(ctx, func(tx store.Tx) error {
		// The engine has rolled back and retries: the services of the first attempt are invalid.
		if binding != nil { // an earlier attempt
			binding.Close(ctx, false)
			binding = nil
		}
		list, err := s.readRows(tx)
		if err != nil {
			return err
		}
		was := s.snapshot(list)
		// Schema changes within fn are published here and reach other requests only after
		// the commit.
		var current atomic.Pointer[schema.Snapshot]
		current.Store(was)
		binding = bind(tx, current.Load)
		c := s.within(binding, &current)
		err = binding.Call(func() error { return fn(tx, c, binding.Records, c.cfg.Settings) })
		logged := binding.End()
		if err != nil {
			return err
		}
		if next := current.Load(); next != was {
			tx.OnCommit(func() { s.cfg.Snapshots.Store(next) })
		}
		return s.cfg.Changes.Append(tx, logged)
	})
	if binding != nil {
		binding.Close(ctx, err == nil)
	}
	return err
}

// within returns the service bound to a transaction: it reads and writes through b, and publishes
// snapshots to current.
func (s *Service) within(b *record.Binding, current *atomic.Pointer[schema.Snapshot]) *Service {
	bound := *s
	bound.cfg.Store, bound.cfg.Records, bound.cfg.Changes, bound.cfg.Snapshots = b.Store, b.Records, b.Changes, current
	bound.outer = b
	if s.cfg.Settings != nil {
		bound.cfg.Settings = s.cfg.Settings.Bind(b.Store, b.Changes, b.Later)
	}
	return &bound
}

// errInHook is the error of a hook that changes collections in the transaction of the write that
// triggered the hook: that write continues with the definitions of its start.
var errInHook = errors.New("collection: inside of a transaction a hook cannot change collections")

// Join calls fn within a savepoint of an open transaction, with services bound to the transaction:
// the transaction that s is bound to or, if b is not nil, the transaction of b, which a hook runs
// in. If fn fails, its writes are undone, and the transaction may go on.
func (s *Service) Join(ctx context.Context, b *record.Binding, fn func(*Service, *record.Service, *settings.Service) error) error {
	c := s
	if b == nil {
		b = s.outer
	} else {
		var current atomic.Pointer[schema.Snapshot]
		current.Store(b.Records.Snapshot())
		c = s.within(b, &current)
	}
	was, current := c.cfg.Snapshots.Load(), c.cfg.Settings.Current()
	err := b.Part(ctx, func() error {
		err := fn(c, b.Records, c.cfg.Settings)
		if err == nil && c != s && c.cfg.Snapshots.Load() != was {
			err = errInHook
		}
		return err
	})
	if err != nil {
		c.cfg.Snapshots.Store(was)
		c.cfg.Settings.Restage(current)
	}
	return err
}
