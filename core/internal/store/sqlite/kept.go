package sqlite

import (
	"time"

	"github.com/loambase/loam/core/internal/store/sqlite/binding"
)

// Beginning and ending a read transaction costs more than reading a record by its id:
// statements, locks of the system, a look at the file. So a read connection keeps its
// transaction open after a call. The next call goes on in it if nobody has committed
// since, neither this process nor another one: it reads what a new transaction would.
//
// An open transaction keeps checkpoints from the end of the log. So none is kept while
// this process checkpoints, and for keepFor at most otherwise, for checkpoints of others.

// keepFor is how long a transaction is kept: not much longer than a checkpoint of another
// process may wait without harm, and many calls on a server that has something to do.
const keepFor = 100 * time.Millisecond

// era numbers the times between the ends of kept transactions: a transaction is kept and
// used again only in the era in which it was begun. In an odd one none is kept.
type era uint64

// neverKept is the era of transactions that are not to be kept.
const neverKept era = 1

func (e era) keeps() bool { return e%2 == 0 }

// readTx is the read transaction of a connection.
type readTx struct {
	kept   bool             // it is open between calls
	reused bool             // an earlier call has begun it
	known  bool             // state is known
	state  binding.LogState // of the database just before it was begun
	era    era              // in which it was begun
}

// beginRead begins the transaction of a call, or goes on in the kept one. That is one of
// this era: those of earlier ones have been ended.
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

// endRead ends the transaction of a call, or keeps it if the next call could go on in it
// by now.
func (c *conn) endRead(now era) error {
	if !c.failed && now.keeps() && now == c.read.era && c.readsPresent() {
		c.read.kept = true
		return nil
	}
	_, err := c.do(controlCommit)
	return err
}

// readsPresent reports that the transaction reads the present state, or will read it or a
// later one if it has read nothing yet.
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

// stopKeeping ends the kept transactions and has none kept until keepAgain; calls that read
// end theirs. It is quick: it gives back a lock for each of a few connections.
func (p *pool) stopKeeping() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.era.Add(1)
	p.endKept()
}

// keepAgain ends what stopKeeping began.
func (p *pool) keepAgain() { p.era.Add(1) }

// expire ends the kept transactions: they have been kept for long enough.
func (p *pool) expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.era.Add(2)
	p.expiring = false
	p.endKept()
}

// endKept ends the transactions that are kept: those of idle connections, and of lent ones
// whose call has not begun to read. On a busy machine some time may pass until it does.
// Lock held.
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

// now is the present era.
func (p *pool) now() era {
	if !p.keeps {
		return neverKept
	}
	return era(p.era.Load())
}

// checkKept ends the transaction that a connection keeps at the end of its loan if the
// era is over, and otherwise sees to its end. Lock held.
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
