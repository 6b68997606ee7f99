// App.Transaction: several writes of records, collections and settings that are stored
// together or not at all.

package core

import (
	"context"
	"errors"

	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/settings"
)

// Tx is one transaction, with services that work in it: each sees what the others
// have written. It must not be used after the function that got it has returned, nor
// by several goroutines at once.
type Tx struct {
	Context     context.Context // of the transaction; pass it to the services
	Collections *collection.Service
	Records     *record.Service
	Settings    *settings.Service
}

// errNestedTx is a transaction that would wait for itself.
var errNestedTx = errors.New("core: a transaction inside of a transaction: use the services of the outer one")

// Transaction calls fn with services that write in one transaction. If fn returns nil,
// everything is stored, and the change log has all of it under one number. If fn
// returns an error or panics, nothing is stored, files and settings included, and
// Transaction returns the error.
//
// Hooks run as for single writes: Before and InTx hooks within the transaction, After
// hooks once it has been stored or undone. Other processes and requests see the writes
// when they are durable, which they are when Transaction returns.
//
// No other write runs meanwhile, so fn should be quick. It may be called again after a
// conflict: what it does outside of the services must bear that. Within fn only the
// services of tx may write. Another write of the same goroutine, and another
// Transaction, is an error; one of another goroutine waits for the end of this one, so
// fn must not wait for it. In a hook that runs in a transaction, use the service of
// the event instead.
func (a *App) Transaction(ctx context.Context, fn func(tx *Tx) error) error {
	return a.transaction(ctx, func(_ store.Tx, tx *Tx) error { return fn(tx) })
}

// transaction is Transaction with the transaction of the store, which stays inside
// this package.
func (a *App) transaction(ctx context.Context, fn func(store.Tx, *Tx) error) error {
	if a.store == nil {
		return ErrNotOpen
	}
	if store.IsInside() {
		return errNestedTx
	}
	return a.collections.Transaction(ctx, func(tx store.Tx, c *collection.Service, r *record.Service, s *settings.Service) error {
		return fn(tx, &Tx{Context: ctx, Collections: c, Records: r, Settings: s})
	})
}
