package record_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/budget"
)

// TestTurnsOfWrites: slow writes of guests wait for each other, from any number of addresses. Quick
// writes begin at once, and slow writes of accounts begin before those of guests that came earlier.
func TestTurnsOfWrites(t *testing.T) {
	t.Parallel()
	const deletion, batch, other = 1, 2, 3
	turns, ctx := record.NewTurns(), t.Context()
	guest := func(n int) budget.Caller { return budget.Anonymous(fmt.Sprintf("192.0.2.%d", n)) }
	account := func(name string) budget.Caller { return budget.Caller{Class: budget.Known, Name: name} }
	begin := func(c budget.Caller, kind uint64) func(time.Duration) {
		t.Helper()
		end, err := turns.Begin(ctx, c, kind)
		if err != nil {
			t.Fatal(err)
		}
		return end
	}
	order := make(chan string, 2)
	later := func(name string, c budget.Caller) {
		before := turns.Waiting()
		go func() {
			end, err := turns.Begin(ctx, c, deletion)
			order <- name
			if err == nil {
				end(time.Second)
			}
		}()
		for turns.Waiting() == before { // until the write waits, in this process
			runtime.Gosched()
		}
	}

	begin(guest(1), deletion)(time.Second) // the first write, of an unknown kind, is slow
	begin(guest(1), batch)(time.Millisecond)
	first, second := begin(guest(1), deletion), begin(guest(2), deletion)
	later("guest", guest(3))
	// Two places are left for accounts.
	ann, bob := begin(account("ann"), deletion), begin(account("bob"), deletion)
	later("account", account("eve"))

	for range 100 { // quick writes, while all places are taken
		begin(guest(1), batch)(time.Millisecond)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := turns.Begin(ended, guest(4), other); err == nil {
		t.Error("a write of which nothing is known did not wait")
	}
	ann(time.Second)
	if got := <-order; got != "account" {
		t.Errorf("the place of an account went to a %s", got)
	}
	first(time.Second)
	if got := <-order; got != "guest" {
		t.Errorf("the place of a guest went to an %s", got)
	}
	second(0)
	bob(0)
}
