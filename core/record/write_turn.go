// Turns of writes: slow writes wait for each other, and do not delay quick writes.

package record

import (
	"context"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/budget"
)

// turns limits the batches and deletions that run at the same time, if their kind has been slow
// lately or is unknown; callers get the places in turns. All other writes begin at once, because
// the cost of creating or updating one record depends on its collection, not on its caller.
type turns struct {
	pace   *budget.Pace
	places *budget.Budget
	long   time.Duration // a transaction whose function takes at least this long is slow
}

func newTurns(long time.Duration) *turns {
	return &turns{
		long: long,
		pace: budget.NewPace(),
		// Many clients may share one address, such as that of an office or a proxy.
		places: budget.New(budget.Config{Total: 4, Share: 2, Reserve: 2, Queue: 256, Waiting: 1024, Wait: 30 * time.Second}),
	}
}

// transact waits for the turn of the commit, and runs fn in a transaction that begin begins.
func (c *commit) transact(ctx context.Context, begin func(context.Context, func(store.Tx) error) error, fn func(store.Tx) error) error {
	if c.first.rq.superuser || c.service.outer != nil || c.isPlain() {
		return begin(ctx, fn)
	}
	t, kind := c.service.caches.turns, uint64(c.shape())
	lease, err := t.wait(ctx, c.first.op.Caller.Share(), kind)
	if err != nil {
		return err
	}
	defer lease.Release()
	return begin(ctx, func(tx store.Tx) error {
		began := time.Now()
		defer func() { t.learn(kind, began) }()
		return fn(tx)
	})
}

// isPlain reports whether the commit creates or updates a single record.
func (c *commit) isPlain() bool {
	return c.first.each == nil && len(c.asked) == 1 && c.first.op.Action != ActionDelete
}

// shape returns the shape of the commit: it is equal for commits that differ only in the values of
// their records.
func (c *commit) shape() store.Shape {
	s := store.ShapeOf("write").With(uint64(len(c.asked)))
	for _, w := range c.asked {
		s = s.With(uint64(w.op.Action)).WithText(w.op.Collection)
		if w.each != nil {
			s = filterShape(s.WithText(w.each.filter), w.each.expr)
		}
		if w.op.Expand != "" {
			s = s.WithText(w.op.Expand)
		}
	}
	return s
}

// wait returns when writes of that kind may begin. The lease holds no place if the kind is quick.
func (t *turns) wait(ctx context.Context, c budget.Caller, kind uint64) (budget.Lease, error) {
	if t.pace.Of(kind, time.Now()) == budget.Quick {
		return budget.Lease{}, nil
	}
	return t.places.Acquire(ctx, c, 1)
}

// learn records the duration of a write of that kind, which began at began.
func (t *turns) learn(kind uint64, began time.Time) {
	now := time.Now()
	if now.Sub(began) >= t.long {
		t.pace.NoteSlow(kind, now)
	} else {
		t.pace.NoteQuick(kind, now)
	}
}
