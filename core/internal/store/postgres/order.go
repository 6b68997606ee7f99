// The order of commits within this process, for the functions that run after a commit.

package postgres

import "sync"

// commitOrder runs the functions that follow a commit in the order of the commits. A transaction
// takes a number before it commits. A transaction that depends on another one takes its number
// after that one has committed, so its number is higher. The commits themselves do not wait for
// each other.
type commitOrder struct {
	mu     sync.Mutex // guards the fields below
	cond   *sync.Cond
	taken  uint64
	passed uint64
}

// take returns the next number.
func (t *commitOrder) take() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cond == nil {
		t.cond = sync.NewCond(&t.mu)
	}
	t.taken++
	return t.taken
}

// wait returns when all lower numbers have passed.
func (t *commitOrder) wait(number uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.passed != number-1 {
		t.cond.Wait()
	}
}

// pass lets the next number through. Every number that was taken must pass.
func (t *commitOrder) pass() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.passed++
	t.cond.Broadcast()
}
