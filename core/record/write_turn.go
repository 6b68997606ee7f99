// Turns of writes: those that hold the writer for long wait for each other only.

package record

import (
	"context"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/budget"
)

// turns lets in a few at a time of the batches and deletions that have been slow of late and
// of those of which nothing is known, in turns by caller. All other writes begin at once:
// what one record costs that is created or updated, its collection decides and not its
// caller.
type turns struct {
	pace   *budget.Pace
	places *budget.Budget
	long   time.Duration // a transaction whose function takes that long is slow
}

func newTurns(long time.Duration) *turns {
	return &turns{
		long: long,
		pace: budget.NewPace(),
		// Many clients may come from one address, as those of an office or of a proxy.
		places: budget.New(budget.Config{Total: 4, Share: 2, Reserve: 2, Queue: 256, Waiting: 1024, Wait: 30 * time.Second}),
	}
}

// transact runs fn in a transaction that begin begins, when it is the turn of the writes.
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

// isPlain reports whether the commit is one record that is created or updated.
func (c *commit) isPlain() bool {
	return c.first.each == nil && len(c.asked) == 1 && c.first.op.Action != ActionDelete
}

// shape is equal for commits that differ in the values of their records only.
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

// wait returns when writes of that kind may begin. The lease holds nothing if they need no
// turn.
func (t *turns) wait(ctx context.Context, c budget.Caller, kind uint64) (budget.Lease, error) {
	if t.pace.Of(kind, time.Now()) == budget.Quick {
		return budget.Lease{}, nil
	}
	return t.places.Acquire(ctx, c, 1)
}

// learn notes how long writes took that began then.
func (t *turns) learn(kind uint64, began time.Time) {
	now := time.Now()
	if now.Sub(began) >= t.long {
		t.pace.NoteSlow(kind, now)
	} else {
		t.pace.NoteQuick(kind, now)
	}
}
