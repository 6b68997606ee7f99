// The read pool: connections lent to reads, which wait in lanes.

package sqlite

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/budget"
)

// pool lends read connections. Reads have lanes with separate places: prompt reads, reads that
// have been quick, reads of unknown cost, and reads that are known to be slow. Callers without
// running reads are served before others, and each caller's reads in order (door.go). A read that
// turns out to be slow while others wait moves to the lane of slow reads, if that has room, and
// the next read gets its place.
type pool struct {
	open     func(role) (*conn, error)
	yielding *readYield
	size     int           // maximum number of prompt reads, of quick reads, and of connections that stay open
	yielded  int           // maximum number of prompt reads, and of quick ones, while there are writes
	trials   int           // maximum number of reads of unknown cost
	slowest  int           // maximum number of slow reads
	begun    int           // maximum number of slow reads that are known to be slow before they begin
	pace     *budget.Pace  // knows the shapes of reads that have been slow
	timeout  time.Duration // maximum time of waiting
	keeps    bool          // transactions are kept between calls
	era      atomic.Uint64 // of kept transactions; written under mu, or by the goroutine that called stopKeeping

	revokeAfter time.Duration // the constant; tests set it

	mu         sync.Mutex  // guards the fields below
	kept       int         // number of connections with a large cache, including those being opened
	idle       []*conn     // idle connections with a large cache; the warmest is the last
	spare      []*conn     // idle connections with a small cache
	spareTimer *time.Timer // closes the spare connections
	lent       []*loan
	running    [store.Lanes]int // number of loans by lane
	expiry     *time.Timer      // ends kept transactions
	expiring   bool             // expiry is running
	waiting    []*waiter
	closed     bool
	ended      *sync.Cond // lent became empty
}

// loan is the right to use a connection, and then the connection.
type loan struct {
	c     *conn // written under pool.mu
	role  role  // roleRead or roleSpare
	era   era   // era in which the loan began
	since time.Time
	lane  store.Lane

	caller  budget.Caller // of class budget.Superuser for the program itself
	work    store.Work
	looks   atomic.Int32 // number of calls of the guard; see isSlow
	revoked atomic.Bool  // the read is to end with store.ErrBusy
}

// slowAfter is the duration from which a read is slow, if others wait.
const slowAfter = 20 * time.Millisecond

// spareFor is the time for which spare connections are kept after the last use. Opening and
// filling a new connection for each slow read would cost many times the read itself.
const spareFor = 10 * time.Second

// Sizes of page caches in KB. The writer has a cache of mostCache. The connections that are kept
// for reading share readCaches; each has at least leastReadCache and at most mostCache.
const (
	readCaches     = 192 << 10
	leastReadCache = 32 << 10
	mostCache      = 64 << 10
)

// leastCache is the minimum size of a page cache in KB, even if Config.CacheBytes allows less.
const leastCache = 256

// cacheSizes returns the sizes of the page caches of the writer and of each reader, in KB. limit is
// the maximum of all caches together in bytes, of which the writer has at most a quarter; a limit
// of 0 or less is none.
func cacheSizes(limit int64, readers int) (writer, reader int) {
	writer, reader = mostCache, min(max(readCaches/readers, leastReadCache), mostCache)
	if limit <= 0 {
		return writer, reader
	}
	quarter := int(limit >> 10 / 4)
	return max(min(writer, quarter), leastCache), max(min(reader, 3*quarter/readers), leastCache)
}

// readersOf returns the number of connections that are kept for reading on procs processors.
func readersOf(procs int) int { return procs + 1 }

func newPool(yielding *readYield, procs int, timeout time.Duration, open func(role) (*conn, error)) *pool {
	p := &pool{
		open: open, yielding: yielding, timeout: timeout,
		size: readersOf(procs), yielded: max(1, procs-1), trials: max(1, procs-1), slowest: 2 * (procs + 1), begun: max(2, procs),
		pace: budget.NewPace(), revokeAfter: revokeAfter,
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
	v := p.visitOf(ctx)
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, store.ErrClosed
	}
	if p.free(v) && !p.waits(v.lane) && p.admits(v) {
		l := p.lend(v)
		p.mu.Unlock()
		return p.ready(l)
	}
	w := &waiter{visit: v, lent: make(chan *loan, 1)} // buffered: lending never blocks
	p.waiting = append(p.waiting, w)
	p.serve()
	p.mu.Unlock()
	l, err := p.wait(ctx, w)
	if err != nil {
		return nil, err
	}
	return p.ready(l)
}

// acquireSlow lends a spare connection at once, for a read that is known to be slow and does not
// count in the lanes.
func (p *pool) acquireSlow(ctx context.Context) (*loan, error) {
	if err := ctx.Err(); err != nil {
		return nil, contextError(err)
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, store.ErrClosed
	}
	l := &loan{role: roleSpare, era: neverKept, since: time.Now(), lane: store.LaneSlow, caller: p.visitOf(ctx).caller}
	if len(p.spare) > 0 {
		l.c = takeLast(&p.spare)
	}
	p.lent = append(p.lent, l)
	p.running[l.lane]++
	p.mu.Unlock()
	return p.ready(l)
}

// free reports whether one more read may run in its lane. Lock held.
func (p *pool) free(v visit) bool {
	n := p.running[v.lane]
	switch v.lane {
	case store.LaneTrial:
		return n < p.trials
	case store.LaneSlow:
		return n < p.room(v.caller, p.begun)
	}
	return n < p.yielded || n < p.size && !p.yielding.writers()
}

// room returns how many of the most slow reads the caller may have beside others.
func (p *pool) room(c budget.Caller, most int) int {
	if c.Class == budget.Guest {
		return most - slowReserve
	}
	return most
}

// lend makes a loan, with an idle connection if there is one. The kept connections are for prompt
// and quick reads; a read of unknown cost gets one only if another one is left. Lock held.
func (p *pool) lend(v visit) *loan {
	l := &loan{role: roleRead, era: p.now(), since: time.Now(), lane: v.lane, caller: v.caller, work: v.work}
	left := len(p.idle) + p.size - p.kept
	switch {
	case v.lane == store.LaneSlow, v.lane == store.LaneTrial && left < 2, left == 0:
		l.role, l.era = roleSpare, neverKept
		if len(p.spare) > 0 {
			l.c = takeLast(&p.spare)
		}
	case len(p.idle) > 0:
		l.c = takeLast(&p.idle)
	default:
		p.kept++
	}
	p.lent = append(p.lent, l)
	p.running[l.lane]++
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

// wait waits for a loan, at most as long as the read may take.
func (p *pool) wait(ctx context.Context, w *waiter) (*loan, error) {
	began, longest := time.Now(), p.timeout
	if limit, ok := store.Limit(ctx); ok {
		longest = min(longest, limit)
	}
	timer := time.NewTimer(slowAfter)
	defer timer.Stop()
	for {
		select {
		case l := <-w.lent:
			if l == nil {
				return nil, store.ErrClosed
			}
			return l, nil
		case <-ctx.Done():
			return nil, p.leave(w, contextError(ctx.Err()))
		case <-timer.C:
			if time.Since(began) > longest {
				return nil, p.leave(w, store.ErrBusy)
			}
			p.findSlow()
			timer.Reset(slowAfter)
		}
	}
}

// leave removes a reader that no longer waits from the queue, and returns err.
func (p *pool) leave(w *waiter, err error) error {
	p.mu.Lock()
	if i := slices.Index(p.waiting, w); i >= 0 {
		p.waiting = slices.Delete(p.waiting, i, i+1)
		p.mu.Unlock()
		return err
	}
	p.mu.Unlock()
	if l := <-w.lent; l != nil { // a loan was made at the same moment
		p.release(l)
	}
	return err
}

// release takes back a loan.
func (p *pool) release(l *loan) {
	p.learn(l)
	p.mu.Lock()
	i := slices.Index(p.lent, l)
	p.lent[i] = p.lent[len(p.lent)-1]
	p.lent = slices.Delete(p.lent, len(p.lent)-1, len(p.lent))
	p.running[l.lane]--
	drop := p.keep(l)
	p.serve()
	if len(p.lent) == 0 {
		p.ended.Broadcast()
	}
	p.mu.Unlock()
	if drop != nil {
		_ = drop.Close() // it only reads: no data can be lost
	}
}

// keep takes back the connection of a loan that ends, or returns it if the caller must close it.
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

// closeSpare closes the spare connections when none has been used for spareFor, to free their
// memory.
func (p *pool) closeSpare() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.spare {
		_ = c.Close() // it only reads: no data can be lost
	}
	p.spare = nil
}

// close refuses new reads, waits for the running ones and closes all connections.
func (p *pool) close() error {
	p.mu.Lock()
	p.closed = true
	for _, w := range p.waiting {
		w.lent <- nil
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
