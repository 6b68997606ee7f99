package record

import (
	"context"
	"sync"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// nested is a transaction as a store, for the hooks that run in it: what they write
// is kept or undone with it. One call at a time has it.
type nested struct {
	store.Store // the one that the transaction is of: what it spells
	tx          store.Tx

	mu   sync.Mutex
	over bool
}

// use calls fn with the transaction, unless the hook's time is over.
func (n *nested) use(ctx context.Context, fn func() error) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.over {
		return store.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return fn()
}

// end makes every later use an error. It waits for the present one.
func (n *nested) end() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.over = true
}

func (n *nested) Read(ctx context.Context, fn func(store.Reader) error) error {
	return n.use(ctx, func() error { return fn(n.tx) })
}

func (n *nested) Write(ctx context.Context, fn func(store.Tx) error) error {
	return n.use(ctx, func() error { return n.tx.Savepoint(func() error { return fn(n.tx) }) })
}

func (n *nested) Exclusive(ctx context.Context, fn func(store.Tx) error) error {
	return n.Write(ctx, fn)
}

func (n *nested) OnForeignWrite(func(context.Context, bool) error) {}

func (n *nested) Close() error { return nil }

// bind is the service within the unit's transaction, until end.
func (u *unit) bind() (records *Service, end func()) {
	n := &nested{Store: u.Store, tx: u.tx}
	c := u.Config
	c.Store, c.Changes = n, within{u}
	bound := &Service{Config: c, planner: u.planner, kept: u.kept, root: u.root, outer: u, depth: u.depth + 1}
	return bound, n.end
}

// Binding is the service within a transaction that is somebody else's, as a change
// of collections is.
type Binding struct {
	Records *Service    // until End
	Store   store.Store // the transaction as a store, until End
	Changes Appender    // what Store's writes append to
	unit    *unit
	end     func()
}

// Bind is the service within tx, by the definitions that hold in it.
func (s *Service) Bind(tx store.Tx, snapshot func() *schema.Snapshot) *Binding {
	b := &Binding{unit: &unit{Service: s, tx: tx, snapshot: snapshot()}}
	b.Records, b.end = b.unit.bind()
	b.Records.Snapshot = snapshot
	b.Records.kept = &kept{} // of definitions that may never hold
	b.Store, b.Changes = b.Records.Store, b.Records.Changes
	return b
}

// Later calls fn when the transaction is durable.
func (b *Binding) Later(fn func()) { b.unit.later = append(b.unit.later, fn) }

// Call calls fn, which is to write with Records and nothing else.
func (b *Binding) Call(fn func() error) error { return b.Records.inside(fn) }

// End makes every later use of Records an error, and returns what was changed, for
// the change log.
func (b *Binding) End() []change.Change {
	b.end()
	return b.unit.changes
}

// Close does what waits for the transaction to be durable, or undone.
func (b *Binding) Close(ctx context.Context, durable bool) {
	s := b.unit.Service
	if durable {
		s.conclude(ctx, b.unit, nil)
		return
	}
	s.removeFiles(ctx, b.unit.stored)
	s.run(b.unit.failed)
}

// within hands the changes of a nested write to the transaction that it is part of:
// a transaction has one number in the change log.
type within struct{ outer *unit }

func (w within) Append(_ store.Tx, changes []change.Change) error {
	w.outer.changes = append(w.outer.changes, changes...)
	return nil
}
