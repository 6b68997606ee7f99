package collection

import (
	"context"
	"sync/atomic"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
)

// Transaction calls fn with a transaction and services that write in it: collections,
// records and settings (nil if s has none), each seeing what the other has done. All of it is kept when fn returns
// nil, and nothing if it returns an error, which Transaction then returns. No other
// write runs meanwhile, and no other service may be used to write. fn may be called
// more than once. The services must not be used when it has returned.
func (s *Service) Transaction(ctx context.Context, fn func(store.Tx, *Service, *record.Service, *settings.Service) error) error {
	return s.cfg.Records.BindWithRetry(ctx, func(bind record.Bind) error {
		return s.transaction(ctx, bind, fn)
	})
}

func (s *Service) transaction(ctx context.Context, bind record.Bind, fn func(store.Tx, *Service, *record.Service, *settings.Service) error) error {
	var binding *record.Binding
	err := s.cfg.Store.Exclusive(ctx, func(tx store.Tx) error {
		if binding != nil { // tried before
			binding.Close(ctx, false)
			binding = nil
		}
		list, err := readRows(tx)
		if err != nil {
			return err
		}
		was := s.snapshot(list)
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

// within is the service bound to a transaction, whose definitions are in current.
func (s *Service) within(b *record.Binding, current *atomic.Pointer[schema.Snapshot]) *Service {
	bound := *s
	bound.cfg.Store, bound.cfg.Records, bound.cfg.Changes, bound.cfg.Snapshots = b.Store, b.Records, b.Changes, current
	bound.outer = b
	if s.cfg.Settings != nil {
		bound.cfg.Settings = s.cfg.Settings.Bind(b.Store, b.Changes)
	}
	return &bound
}
