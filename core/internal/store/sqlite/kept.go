package sqlite

import (
	"time"

	"github.com/loambase/loam/core/internal/store/sqlite/binding"
)

// Beginning and ending a read transaction costs more than reading a record by its id: statements,
// locks of the system, a check of the file. So a read connection keeps its transaction open after
// a call. The next call continues in it if no process has committed since: it reads the same as a
// new transaction would.
//
// An open transaction keeps checkpoints from the end of the log. So none is kept while this
// process runs a checkpoint, and otherwise for at most keepFor, for checkpoints of other
// processes.

// keepFor is the maximum time for which a transaction is kept: not much longer than a checkpoint
// of another process may wait without harm, and long enough for many calls on a busy server.
const keepFor = 100 * time.Millisecond

// era numbers the periods between the ends of kept transactions: a transaction is kept and reused
// only in the era in which it was begun. In an odd era none is kept.
type era uint64

// neverKept is the era of transactions that must not be kept.
const neverKept era = 1

func (e era) keeps() bool { return e%2 == 0 }

// readTx is the read transaction of a connection.
type readTx struct {
	kept   bool             // the transaction is open between calls
	reused bool             // it was begun by an earlier call
	known  bool             // state is set
	state  binding.LogState // state of the log just before the transaction was begun
	era    era              // era in which it was begun
}

// beginRead begins the transaction of a call, or continues in the kept one. A kept transaction is
// of this era: those of earlier eras have been ended.
func (c *conn) beginRead(now era) error {
	state, ok := c.LogState()
	if c.read.kept {
		c.read.kept = false
		if ok && state == c.read.state {
			c.read.reused = true
			return nil
		}
		if _, err := c.do(controlCommit); err != nil {
			return err
		}
	}
	c.read = readTx{known: ok, state: state, era: now}
	_, err := c.do(controlBeginRead)
	return err
}

// endRead ends the transaction of a call, or keeps it if the next call could continue in it now.
func (c *conn) endRead(now era) error {
	if !c.failed && now.keeps() && now == c.read.era && c.readsPresent() {
		c.read.kept = true
		return nil
	}
	_, err := c.do(controlCommit)
	return err
}

// readsPresent reports whether the transaction reads the present state. A transaction that has
// read nothing yet will read it or a later one.
func (c *conn) readsPresent() bool {
	state, ok := c.LogState()
	return ok && c.read.known && state == c.read.state
}

// endKept ends the kept transaction, if there is one.
func (c *conn) endKept() {
	if !c.read.kept {
		return
	}
	c.read.kept = false
	if _, err := c.do(controlCommit); err != nil {
		c.failed = true
	}
}

// stopKeeping ends the kept transactions, and none is kept until keepAgain; running reads end
// theirs. It is quick: it releases a lock for each of a few connections.
func (p *pool) stopKeeping() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.era.Add(1)
	p.endKept()
}

// keepAgain ends the effect of stopKeeping.
func (p *pool) keepAgain() { p.era.Add(1) }

// expire ends the kept transactions after keepFor.
func (p *pool) expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.era.Add(2)
	p.expiring = false
	p.endKept()
}

// endKept ends the kept transactions of idle connections, and of lent connections whose call has
// not begun to read, which on a busy machine may take some time. Lock held.
func (p *pool) endKept() {
	for _, c := range p.idle {
		c.endKept()
	}
	for _, l := range p.lent {
		if l.c != nil && l.c.reading.TryLock() {
			l.c.endKept()
			l.c.reading.Unlock()
		}
	}
}

// now returns the present era.
func (p *pool) now() era {
	if !p.keeps {
		return neverKept
	}
	return era(p.era.Load())
}

// checkKept ends the kept transaction of a connection at the end of its loan if its era is over,
// and otherwise makes sure that it expires. Lock held.
func (p *pool) checkKept(c *conn) {
	switch {
	case !c.read.kept:
	case c.read.era != p.now():
		c.endKept()
	case !p.expiring:
		p.expiring = true
		p.expiry.Reset(keepFor)
	}
}
