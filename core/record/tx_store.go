// Services bound to a transaction: their store and change log, and the binding.

package record

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// txStore is a transaction in the form of a store, for services that write inside of the
// transaction: their writes are committed or rolled back with it. Concurrent calls run one after
// the other.
type txStore struct {
	store.Store // the store of the transaction: its dialect and catalog
	tx          store.Tx

	mu    sync.Mutex  // held during each use of tx
	ended atomic.Bool // set while mu is held
}

// errEnded is the error of a service whose transaction has ended.
var errEnded = fmt.Errorf("record: the transaction has ended: %w", store.ErrClosed)

// errBusy is the error of a hook that uses the service whose write has triggered the hook.
var errBusy = errors.New("record: the transaction is writing: a hook must use the service of its event, or App.Transaction with its Context")

// use calls fn while it holds the transaction. It returns errEnded if the transaction has ended.
func (n *txStore) use(ctx context.Context, fn func() error) error {
	if !n.mu.TryLock() {
		// The write whose hook calls use may hold the lock: waiting would be a deadlock.
		if store.IsInside() {
			return errBusy
		}
		n.mu.Lock()
	}
	defer n.mu.Unlock()
	if n.ended.Load() {
		return errEnded
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return fn()
}

// end waits for the present use, and makes every later use return errEnded.
func (n *txStore) end() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ended.Store(true)
}

func (n *txStore) Read(ctx context.Context, fn func(store.Reader) error) error {
	return n.use(ctx, func() error { return fn(n.tx) })
}

func (n *txStore) Write(ctx context.Context, fn func(store.Tx) error) error {
	return n.use(ctx, func() error { return n.tx.Savepoint(func() error { return fn(n.tx) }) })
}

func (n *txStore) Exclusive(ctx context.Context, fn func(store.Tx) error) error {
	return n.Write(ctx, fn)
}

// Run returns an error: a script is a transaction of its own.
func (n *txStore) Run(context.Context, store.Script) (store.ScriptResult, error) {
	return store.ScriptResult{}, errors.New("record: a script inside of a transaction")
}

func (n *txStore) OnForeignWrite(func(context.Context, bool) error) {}
func (n *txStore) Close() error                                     { return nil }

// boundService returns a service inside of the transaction, valid until end is called.
func (t *writeTx) boundService() (records *Service, end func()) {
	s := t.service
	n := &txStore{Store: s.cfg.Store, tx: t.tx}
	cfg := s.cfg
	cfg.Store, cfg.Changes = n, outerChanges{t}
	bound := *s
	bound.cfg, bound.outer, bound.depth = cfg, t, s.depth+1
	return &bound, n.end
}

// outerChanges passes the changes of an inner transaction to the outer one: together they have one
// number in the change log.
type outerChanges struct{ outer *writeTx }

func (o outerChanges) Append(_ store.Tx, changes []change.Change) error {
	o.outer.changes = append(o.outer.changes, changes...)
	return nil
}

func (o outerChanges) History(r store.Reader, c change.Change, fn func(change.Change) (bool, error)) error {
	return o.outer.service.cfg.Changes.History(r, c, fn)
}

// Past reads the log, which does not have the changes of this transaction yet.
func (o outerChanges) Past(r store.Reader, collection, record string, fn func(change.Change) (bool, error)) (time.Time, error) {
	return o.outer.service.cfg.Changes.Past(r, collection, record, fn)
}

func (o outerChanges) Since(r store.Reader, from change.Token) ([]int64, error) {
	return o.outer.service.cfg.Changes.Since(r, from)
}

// Binding binds a service to a transaction that is run by another package.
type Binding struct {
	Records *Service    // until End
	Store   store.Store // the transaction in the form of a store, until End
	Changes Appender    // records the changes of writes by Store

	// Around is set in the binding of a hook: the result of store.TransactionOf for the context of
	// the write that has triggered the hook.
	Around any

	tx  *writeTx
	end func()
}

// Of reports whether the transaction of the binding belongs to s, or to a service with the same
// App service as s.
func (b *Binding) Of(s *Service) bool { return b.Records.root == s.root }

// Part calls fn within a savepoint of the transaction. If fn fails, its writes are undone and its
// stored files are discarded; the transaction may go on.
func (b *Binding) Part(ctx context.Context, fn func() error) error {
	if n, ok := b.Store.(*txStore); ok && n.ended.Load() {
		return errEnded
	}
	t := b.tx
	changes, stale, stored, commit := len(t.changes), len(t.stale), len(t.stored), len(t.afterCommit)
	err := t.tx.Savepoint(fn)
	if err != nil {
		b.Records.discard(ctx, slices.Clone(t.stored[stored:]))
		t.changes, t.stale, t.stored, t.afterCommit = t.changes[:changes], t.stale[:stale], t.stored[:stored], t.afterCommit[:commit]
	}
	return err
}

// inHook returns the context of a hook: with a Binding of the transaction that s is bound to, or
// with no transaction if s is not bound.
func (s *Service) inHook(ctx context.Context) context.Context {
	if s.outer == nil {
		return store.WithTransaction(ctx, nil)
	}
	b := &Binding{Records: s, Store: s.cfg.Store, Changes: s.cfg.Changes, Around: store.TransactionOf(ctx), tx: s.outer}
	return store.WithTransaction(ctx, b)
}

// Bind binds the service to tx, by the definitions that hold in the transaction. A Binding is used
// so: any number of Calls, End before the transaction is committed, Close after it has ended.
type Bind func(tx store.Tx, snapshot func() *schema.Snapshot) *Binding

func (s *Service) bind(work *passwordWork, tx store.Tx, snapshot func() *schema.Snapshot) *Binding {
	b := &Binding{tx: &writeTx{service: s, tx: tx, snapshot: snapshot(), passwords: work}}
	b.Records, b.end = b.tx.boundService()
	b.Records.cfg.Snapshot = snapshot
	b.Records.caches = newCaches(b.Records.cfg.Store.LongWrite()) // separate, as the definitions may be rolled back
	b.Store, b.Changes = b.Records.cfg.Store, b.Records.cfg.Changes
	return b
}

// BindWithRetry calls run, which must run one transaction, bind the service in it with bind, and
// return the error of Call if Call has failed. If Call needs a password hashed or compared, that is
// done after run has returned, so that no transaction is open meanwhile, and run is called again.
func (s *Service) BindWithRetry(ctx context.Context, run func(Bind) error) error {
	work := s.newPasswordWork(Root())
	return s.withPasswords(ctx, work, func() error {
		return run(func(tx store.Tx, snapshot func() *schema.Snapshot) *Binding { return s.bind(work, tx, snapshot) })
	})
}

// Later calls fn when the transaction is durable.
func (b *Binding) Later(fn func()) { b.tx.afterCommit = append(b.tx.afterCommit, fn) }

// Call calls fn, which must write with Records and no other service, and returns its error. After
// an error the transaction must not be committed.
func (b *Binding) Call(fn func() error) error {
	if err := b.Records.inside(fn); err != nil {
		return err
	}
	return b.tx.passwords.interrupted()
}

// End makes every later use of Records an error. It returns the changes of the transaction, for the
// change log.
func (b *Binding) End() []change.Change {
	b.end()
	return b.tx.changes
}

// Close does the work that waits for the transaction to be durable or rolled back.
func (b *Binding) Close(ctx context.Context, durable bool) {
	if durable {
		b.tx.finish(nil)
		return
	}
	b.tx.service.discard(ctx, b.tx.stored)
	runAll(b.tx.afterRollback)
}

// Available returns nil.
func (n *txStore) Available() error { return nil }
