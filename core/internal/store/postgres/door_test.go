package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/budget"
)

// visitFor is a read that takes the given time unless it is ended early.
func visitFor(d *door, ctx context.Context, took time.Duration) (revoked bool, err error) {
	v, err := d.enter(ctx, 3*time.Second)
	if err != nil {
		return false, err
	}
	running, cancel := context.WithTimeout(ctx, took)
	defer cancel()
	d.revocable(v, cancel)
	<-running.Done()
	return d.leave(v), nil
}

// Reads of guests that take three seconds hold up the quick reads of other callers for a moment
// only.
func TestDoorUnderStorm(t *testing.T) {
	t.Parallel()
	for _, addresses := range []int{1, 2, 32} {
		synctest.Test(t, func(t *testing.T) {
			d := &door{size: 8, pace: budget.NewPace()}
			ctx, end := context.WithCancel(t.Context())
			var storm sync.WaitGroup
			for i := range 32 {
				storm.Go(func() {
					c := store.WithCaller(ctx, time.Minute, budget.Anonymous(fmt.Sprint("192.0.2.", i%addresses)), store.Work{Shape: 1})
					for ctx.Err() == nil {
						_, _ = visitFor(d, c, 3*time.Second)
					}
				})
			}
			synctest.Wait()
			guest := store.WithCaller(t.Context(), time.Minute, budget.Anonymous("198.51.100.1"), store.Work{Prompt: true})
			known := store.WithCaller(t.Context(), time.Minute, budget.Caller{Class: budget.Known, Group: "users", Name: "ann"}, store.Work{Prompt: true})
			for name, quick := range map[string]context.Context{"guest": guest, "account": known, "program": t.Context()} {
				for range 40 {
					began := time.Now()
					if revoked, err := visitFor(d, quick, time.Millisecond); revoked || err != nil {
						t.Errorf("%d addresses: a quick read of a %s: %t, %v", addresses, name, revoked, err)
					}
					if took := time.Since(began); took > 400*time.Millisecond {
						t.Errorf("%d addresses: a quick read of a %s took %v", addresses, name, took)
					}
					time.Sleep(77 * time.Millisecond)
				}
			}
			end()
			storm.Wait()
			if len(d.visits) != 0 || len(d.waiting) != 0 {
				t.Errorf("left over: %d visits, %d waiting", len(d.visits), len(d.waiting))
			}
		})
	}
}

// Prompt reads are never ended early: neither many reads of one caller, nor long reads on a busy
// machine.
func TestPromptReadsAreNotRevoked(t *testing.T) {
	t.Parallel()
	for prompt, want := range map[bool]int{true: 0, false: 2} {
		synctest.Test(t, func(t *testing.T) {
			d := &door{size: 4, pace: budget.NewPace()}
			for i := range 4 {
				d.pace.NoteQuick(uint64(i), time.Now())
			}
			var revoked atomic.Int64
			var reads sync.WaitGroup
			read := func(caller string, w store.Work) {
				ctx := store.WithCaller(t.Context(), time.Minute, budget.Caller{Class: budget.Known, Group: "users", Name: caller}, w)
				reads.Go(func() {
					if was, _ := visitFor(d, ctx, 2*time.Second); was {
						revoked.Add(1)
					}
				})
			}
			for i := range 4 {
				read("ann", store.Work{Prompt: prompt, Shape: store.Shape(i)})
			}
			synctest.Wait()
			read("bob", store.Work{Prompt: true})
			read("bob", store.Work{Prompt: true})
			reads.Wait()
			if got := int(revoked.Load()); got > want || prompt == (got > 0) {
				t.Errorf("prompt %t: %d reads were revoked, want %d at most", prompt, got, want)
			}
		})
	}
}

// The slow reads of guests, the slow reads of accounts and the reads of unknown speed each have a
// maximum number at a time.
func TestSlowReadsAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &door{size: 8, pace: budget.NewPace()}
		const slow = 1
		d.pace.NoteSlow(slow, time.Now())
		var reads sync.WaitGroup
		for _, tt := range []struct {
			class budget.Class
			known bool
			want  int
		}{{budget.Guest, true, 1}, {budget.Known, true, 2}, {budget.Known, false, 4}} {
			for i := range 8 {
				shape := store.Shape(slow)
				if !tt.known {
					shape += store.Shape(i) + 1
				}
				caller := budget.Caller{Class: tt.class, Group: "users", Name: fmt.Sprint(tt.class, i)}
				ctx := store.WithCaller(t.Context(), time.Minute, caller, store.Work{Shape: shape})
				reads.Go(func() { _, _ = visitFor(d, ctx, 10*time.Millisecond) })
			}
			synctest.Wait()
			d.mu.Lock()
			if got := len(d.visits); got != tt.want {
				t.Errorf("%d reads at a time, want %d", got, tt.want)
			}
			d.mu.Unlock()
		}
		reads.Wait()
	})
}

func TestDoorRefuses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &door{size: 1, pace: budget.NewPace()}
		first, err := d.enter(t.Context(), time.Second)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := d.enter(t.Context(), time.Second); !errors.Is(err, store.ErrBusy) || time.Since(began) > 2*time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := d.enter(ctx, time.Second); !errors.Is(err, store.ErrTimeout) {
			t.Errorf("a context that ends: %v", err)
		}
		if inner, err := d.enter(context.WithValue(t.Context(), catchingUp{}, true), time.Second); err != nil || d.leave(inner) {
			t.Errorf("a read that another one waits for: %v", err)
		}
		d.leave(first)
	})
}
