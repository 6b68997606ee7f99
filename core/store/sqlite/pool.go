package sqlite

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/loambase/loam/core/store"
)

// pool lends read connections. As many as can run at a time and one more are
// kept. When slow reads hold all of them, whoever has waited for extraAfter gets
// an extra one, up to a limit, so that slow reads do not stop the quick ones.
type pool struct {
	open    func() (*conn, error)
	size    int           // connections that are kept
	most    int           // reads at a time, extra ones included
	timeout time.Duration // of waiting

	mu      sync.Mutex // guards what follows
	idle    []*conn    // the warmest is the last
	running int        // permits that are out, each good for one connection
	waiting []chan permit
	closed  bool
	ended   *sync.Cond // running became 0
}

// permit is what a waiting reader is given: the right to a connection, or
// nothing because the pool was closed.
type permit bool

// extraAfter is how long a reader waits before it gets an extra connection.
const extraAfter = 20 * time.Millisecond

func newPool(size, most int, timeout time.Duration, open func() (*conn, error)) *pool {
	p := &pool{open: open, size: size, most: most, timeout: timeout}
	p.ended = sync.NewCond(&p.mu)
	return p
}

// acquire lends a connection until release.
func (p *pool) acquire(ctx context.Context) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, contextError(err)
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, store.ErrClosed
	}
	if p.running < p.size && len(p.waiting) == 0 {
		p.running++
		return p.take()
	}
	w := make(chan permit, 1) // buffered: who gives never waits
	p.waiting = append(p.waiting, w)
	p.mu.Unlock()
	if err := p.wait(ctx, w); err != nil {
		return nil, err
	}
	p.mu.Lock()
	return p.take()
}

// take turns a permit into a connection. It is called with the lock held and
// releases it.
func (p *pool) take() (*conn, error) {
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	c, err := p.open()
	if err != nil {
		p.mu.Lock()
		p.giveBack()
		p.mu.Unlock()
	}
	return c, err
}

// wait waits for a permit.
func (p *pool) wait(ctx context.Context, w chan permit) error {
	began := time.Now()
	timer := time.NewTimer(extraAfter)
	defer timer.Stop()
	for {
		select {
		case granted := <-w:
			if !granted {
				return store.ErrClosed
			}
			return nil
		case <-ctx.Done():
			return p.leave(w, contextError(ctx.Err()))
		case <-timer.C:
			if p.extra(w) {
				return nil
			}
			if time.Since(began) > p.timeout {
				return p.leave(w, store.ErrTimeout)
			}
			timer.Reset(extraAfter)
		}
	}
}

// extra gives a waiting reader a permit beyond the usual number.
func (p *pool) extra(w chan permit) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.Index(p.waiting, w)
	if i < 0 || p.running >= p.most {
		return false
	}
	p.waiting = slices.Delete(p.waiting, i, i+1)
	p.running++
	return true
}

// leave takes a reader that waits no longer out of the queue.
func (p *pool) leave(w chan permit, err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.waiting, w); i >= 0 {
		p.waiting = slices.Delete(p.waiting, i, i+1)
		return err
	}
	if <-w { // it was given one at the same moment
		p.giveBack()
	}
	return err
}

// release takes a connection back.
func (p *pool) release(c *conn) {
	p.mu.Lock()
	keep := !c.failed && !p.closed && len(p.idle) < p.size
	if keep {
		p.idle = append(p.idle, c)
	}
	p.giveBack()
	p.mu.Unlock()
	if !keep {
		_ = c.Close() // it only reads: nothing can be lost
	}
}

// giveBack returns a permit and grants it to who waits. Lock held.
func (p *pool) giveBack() {
	p.running--
	for p.running < p.size && len(p.waiting) > 0 {
		p.waiting[0] <- true
		p.waiting = slices.Delete(p.waiting, 0, 1)
		p.running++
	}
	if p.running == 0 {
		p.ended.Broadcast()
	}
}

// close refuses new reads, waits for the running ones and closes everything.
func (p *pool) close() error {
	p.mu.Lock()
	p.closed = true
	for _, w := range p.waiting {
		w <- false
	}
	p.waiting = nil
	for p.running > 0 {
		p.ended.Wait()
	}
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	var errs []error
	for _, c := range idle {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}
