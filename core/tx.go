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

// Tx is one transaction, with services that work in the transaction: each reads the writes of the
// others. It must not be used by several goroutines at once. After the function of the transaction
// has returned, the services return an error for each read and write.
type Tx struct {
	Context     context.Context // of the transaction; pass it to the services
	Collections *collection.Service
	Records     *record.Service
	Settings    *settings.Service

	app *App
}

// errNestedTx is the error of a transaction that would wait for the transaction around it.
var errNestedTx = errors.New("core: a transaction inside of a transaction: pass the Context of the outer one, to take part in it")

// Transaction calls fn with services that write in one transaction. If fn returns nil, everything
// is stored, and the change log has all changes under one number. If fn returns an error or panics,
// nothing is stored, files and settings included, and Transaction returns the error.
//
// Hooks run as for single writes: Before and InTx hooks within the transaction, After
// hooks once it has been stored or undone. Other processes and requests see the writes
// when they are durable, which they are when Transaction returns.
//
// A transaction can join another. If ctx is the Context of a Tx, or that of the event of a hook
// that runs in a transaction, fn runs as a part of that outer transaction. The writes of the
// part are stored when the outer transaction is. If fn fails, the writes of the part alone are
// undone, and the caller of Transaction decides whether the outer transaction fails too. A part
// that runs in a hook of a record cannot change collections.
//
// No other write runs meanwhile, so fn should be quick. fn may be called again after a conflict, so
// its effects outside of the services must allow repetition. Within fn only the services of tx may
// write. Another write of the same goroutine is an error, and so is a Transaction with another
// context; a write of another goroutine waits for the end of this one, so fn must not wait for that
// goroutine. In a hook that runs in a transaction, use the service of the event, or join.
func (a *App) Transaction(ctx context.Context, fn func(tx *Tx) error) error {
	if joined, err := a.join(ctx, fn); joined {
		return err
	}
	return a.transaction(ctx, func(_ store.Tx, tx *Tx) error { return fn(tx) })
}

// join runs fn as a part of the transaction that ctx belongs to. joined is false, and fn does
// not run, if ctx belongs to no transaction of this App.
func (a *App) join(ctx context.Context, fn func(tx *Tx) error) (joined bool, err error) {
	outer := a.outer(store.TransactionOf(ctx))
	binding, inHook := store.TransactionOf(ctx).(*record.Binding)
	if inHook && !binding.Of(a.records) || !inHook && outer == nil {
		return false, nil
	}
	collections := a.collections
	if outer != nil {
		collections = outer.Collections
	}
	return true, collections.Join(ctx, binding, func(c *collection.Service, r *record.Service, s *settings.Service) error {
		return fn(a.newTx(ctx, c, r, s))
	})
}

// outer returns the Tx of this App that the transaction is, or that contains it; else nil.
func (a *App) outer(transaction any) *Tx {
	for {
		switch t := transaction.(type) {
		case *Tx:
			if t.app == a {
				return t
			}
			return nil
		case *record.Binding:
			transaction = t.Around
		default:
			return nil
		}
	}
}

func (a *App) newTx(ctx context.Context, c *collection.Service, r *record.Service, s *settings.Service) *Tx {
	tx := &Tx{Collections: c, Records: r, Settings: s, app: a}
	tx.Context = store.WithTransaction(ctx, tx)
	return tx
}

// transaction does the work of Transaction. fn also gets the transaction of the store, which must
// not leave this package.
func (a *App) transaction(ctx context.Context, fn func(store.Tx, *Tx) error) error {
	if a.store == nil {
		return ErrNotOpen
	}
	if store.IsInside() {
		return errNestedTx
	}
	return a.collections.Transaction(ctx, func(tx store.Tx, c *collection.Service, r *record.Service, s *settings.Service) error {
		return fn(tx, a.newTx(ctx, c, r, s))
	})
}
