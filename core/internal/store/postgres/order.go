// The order of commits within this process, for what follows a commit.

package postgres

import "sync"

// commitOrder brings what follows a commit into the order of the commits. Who is
// about to commit takes a number; a transaction that depends on an earlier one
// could not come so far before that one had committed, so its number is higher.
// Commits themselves do not wait for each other.
type commitOrder struct {
	mu     sync.Mutex // guards the fields below
	cond   *sync.Cond
	taken  uint64
	passed uint64
}

// take is the next number.
func (t *commitOrder) take() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cond == nil {
		t.cond = sync.NewCond(&t.mu)
	}
	t.taken++
	return t.taken
}

// wait returns when all with lower numbers have passed.
func (t *commitOrder) wait(number uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.passed != number-1 {
		t.cond.Wait()
	}
}

// pass lets the next one through. Every number that was taken must pass.
func (t *commitOrder) pass() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.passed++
	t.cond.Broadcast()
}
