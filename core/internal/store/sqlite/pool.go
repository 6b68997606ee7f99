// The read pool: connections lent to reads, with waiting in order.

package sqlite

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

// pool lends read connections, as many at a time as its limit says. Waiting
// readers are served in their order. A read that turns out to be slow while
// others wait does not count any more: the next one gets a spare connection, so
// that slow reads, up to a number, do not stop the quick ones.
type pool struct {
	open     func(role) (*conn, error)
	yielding *readYield
	size     int           // quick reads at a time, and connections that are kept for good
	yielded  int           // quick reads at a time while there are writes
	slowest  int           // slow reads that are let through beside them, each with a spare connection
	timeout  time.Duration // of waiting
	keeps    bool          // read transactions between calls
	era      atomic.Uint64 // of kept transactions; written under mu or by who stopped keeping

	mu         sync.Mutex  // guards what follows
	kept       int         // connections with a large cache, opening ones included
	idle       []*conn     // of those; the warmest is the last
	spare      []*conn     // idle ones with a small cache
	spareTimer *time.Timer // until the spare ones are closed
	lent       []*loan
	slow       int         // of the lent ones
	expiry     *time.Timer // until kept transactions end
	expiring   bool        // it runs
	waiting    []chan *loan
	closed     bool
	ended      *sync.Cond // lent became empty
}

// loan is the right to a connection, and then the connection.
type loan struct {
	c     *conn // written under pool.mu
	role  role  // roleRead or roleSpare
	era   era   // in which it began
	since time.Time
	slow  bool
}

// slowAfter is how long a read may take, while others wait, before it is slow.
const slowAfter = 20 * time.Millisecond

// spareFor is how long spare connections are kept after the last use of one. To open
// and fill one anew for each slow read costs many times the read itself.
const spareFor = 10 * time.Second

// The page caches of the connections that are kept for reading share readCaches; each has
// at least leastReadCache and at most mostReadCache. In KB.
const (
	readCaches     = 192 << 10
	leastReadCache = 32 << 10
	mostReadCache  = 64 << 10
)

// readCache is the size of the cache of each of so many connections, in KB.
func readCache(connections int) int {
	return min(max(readCaches/connections, leastReadCache), mostReadCache)
}

// readersOf is how many connections are kept for reading on so many processors.
func readersOf(procs int) int { return procs + 1 }

func newPool(yielding *readYield, procs int, timeout time.Duration, open func(role) (*conn, error)) *pool {
	p := &pool{
		open: open, yielding: yielding, timeout: timeout,
		size: readersOf(procs), yielded: max(1, procs-1), slowest: procs + 1,
	}
	p.spareTimer = time.AfterFunc(spareFor, p.closeSpare)
	p.spareTimer.Stop()
	p.expiry = time.AfterFunc(keepFor, p.expire)
	p.expiry.Stop()
	p.ended = sync.NewCond(&p.mu)
	return p
}

// acquire lends a connection until release.
func (p *pool) acquire(ctx context.Context) (*loan, error) {
	if err := ctx.Err(); err != nil {
		return nil, contextError(err)
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, store.ErrClosed
	}
	if len(p.waiting) == 0 && p.free() {
		l := p.lend()
		p.mu.Unlock()
		return p.ready(l)
	}
	w := make(chan *loan, 1) // buffered: who lends never waits
	p.waiting = append(p.waiting, w)
	p.mu.Unlock()
	l, err := p.wait(ctx, w)
	if err != nil {
		return nil, err
	}
	return p.ready(l)
}

// acquireSlow lends a spare connection at once, for a read that is known to be slow and
// does not count among the others.
func (p *pool) acquireSlow(ctx context.Context) (*loan, error) {
	if err := ctx.Err(); err != nil {
		return nil, contextError(err)
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, store.ErrClosed
	}
	l := &loan{role: roleSpare, era: neverKept, since: time.Now(), slow: true}
	if len(p.spare) > 0 {
		l.c = takeLast(&p.spare)
	}
	p.lent = append(p.lent, l)
	p.slow++
	p.mu.Unlock()
	return p.ready(l)
}

// free reports that one more read may run. Lock held.
func (p *pool) free() bool {
	quick := len(p.lent) - p.slow
	return quick < p.yielded || quick < p.size && !p.yielding.writers()
}

// lend makes a loan, with an idle connection if there is one. Lock held.
func (p *pool) lend() *loan {
	l := &loan{role: roleRead, era: p.now(), since: time.Now()}
	switch {
	case len(p.idle) > 0:
		l.c = takeLast(&p.idle)
	case p.kept < p.size:
		p.kept++
	default:
		l.role, l.era = roleSpare, neverKept
		if len(p.spare) > 0 {
			l.c = takeLast(&p.spare)
		}
	}
	p.lent = append(p.lent, l)
	return l
}

func takeLast(from *[]*conn) *conn {
	last := len(*from) - 1
	c := (*from)[last]
	*from = (*from)[:last]
	return c
}

// ready opens the connection of a loan that has none.
func (p *pool) ready(l *loan) (*loan, error) {
	if l.c != nil {
		return l, nil
	}
	c, err := p.open(l.role)
	if err != nil {
		p.release(l)
		return nil, err
	}
	p.mu.Lock()
	l.c = c
	p.mu.Unlock()
	return l, nil
}

// wait waits for a loan.
func (p *pool) wait(ctx context.Context, w chan *loan) (*loan, error) {
	began := time.Now()
	timer := time.NewTimer(slowAfter)
	defer timer.Stop()
	for {
		select {
		case l := <-w:
			if l == nil {
				return nil, store.ErrClosed
			}
			return l, nil
		case <-ctx.Done():
			return nil, p.leave(w, contextError(ctx.Err()))
		case <-timer.C:
			if time.Since(began) > p.timeout {
				return nil, p.leave(w, store.ErrTimeout)
			}
			p.findSlow()
			timer.Reset(slowAfter)
		}
	}
}

// findSlow marks the reads that take long and serves who waited for them.
func (p *pool) findSlow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.lent {
		if p.slow < p.slowest && !l.slow && time.Since(l.since) >= slowAfter {
			l.slow = true
			p.slow++
		}
	}
	p.serve()
}

// leave takes a reader that waits no longer out of the queue.
func (p *pool) leave(w chan *loan, err error) error {
	p.mu.Lock()
	if i := slices.Index(p.waiting, w); i >= 0 {
		p.waiting = slices.Delete(p.waiting, i, i+1)
		p.mu.Unlock()
		return err
	}
	p.mu.Unlock()
	if l := <-w; l != nil { // it was lent one at the same moment
		p.release(l)
	}
	return err
}

// release takes a loan back.
func (p *pool) release(l *loan) {
	p.mu.Lock()
	i := slices.Index(p.lent, l)
	p.lent[i] = p.lent[len(p.lent)-1]
	p.lent = slices.Delete(p.lent, len(p.lent)-1, len(p.lent))
	if l.slow {
		p.slow--
	}
	drop := p.keep(l)
	p.serve()
	if len(p.lent) == 0 {
		p.ended.Broadcast()
	}
	p.mu.Unlock()
	if drop != nil {
		_ = drop.Close() // it only reads: nothing can be lost
	}
}

// keep takes the connection of a loan that ends, or returns it if it is to be closed.
// Lock held.
func (p *pool) keep(l *loan) (drop *conn) {
	switch {
	case l.c == nil || l.c.failed || p.closed:
		if l.role == roleRead {
			p.kept--
		}
		return l.c
	case l.role == roleRead:
		p.checkKept(l.c)
		p.idle = append(p.idle, l.c)
	default:
		p.spare = append(p.spare, l.c)
		p.spareTimer.Reset(spareFor)
	}
	return nil
}

// closeSpare gives the memory of spare connections back when none has been used for
// a while.
func (p *pool) closeSpare() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.spare {
		_ = c.Close() // it only reads: nothing can be lost
	}
	p.spare = nil
}

// serve lends to those who wait what is free. Lock held.
func (p *pool) serve() {
	for len(p.waiting) > 0 && p.free() {
		p.waiting[0] <- p.lend()
		p.waiting = slices.Delete(p.waiting, 0, 1)
	}
}

// close refuses new reads, waits for the running ones and closes everything.
func (p *pool) close() error {
	p.mu.Lock()
	p.closed = true
	for _, w := range p.waiting {
		w <- nil
	}
	p.waiting = nil
	for len(p.lent) > 0 {
		p.ended.Wait()
	}
	p.spareTimer.Stop()
	p.expiry.Stop()
	idle := append(p.idle, p.spare...)
	p.idle, p.spare = nil, nil
	p.mu.Unlock()
	var errs []error
	for _, c := range idle {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}
