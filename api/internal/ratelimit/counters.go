// Counters of the requests of a client in a window.

package ratelimit

import (
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/loambase/loam/internal/cache"
)

// maxCounters is the maximum number of counters, some 10 MiB. Beyond it the least recently used
// counters are dropped. A refused client that keeps asking keeps its counter, and a client with
// that many addresses has as many quotas anyway.
const maxCounters = 1 << 16

// key identifies a counter.
type key struct {
	rule       int
	collection string // the id; "" for a counter that all routes share
	route      string
	client     network
}

// network is an IPv4 address or a /64 network of IPv6.
type network [8]byte

// networkOf returns the network that an address is counted by. A /64 network of IPv6 counts as
// one client, because a client with one of its addresses has all of them. The four zero bytes
// before an IPv4 address cannot be those of an IPv6 network: "::/32" is not assigned.
func networkOf(addr netip.Addr) (n network) {
	if addr.Is4() {
		ip := addr.As4()
		copy(n[4:], ip[:])
		return n
	}
	ip := addr.As16()
	copy(n[:], ip[:8])
	return n
}

// counters are the windows of all clients.
type counters struct {
	windows *cache.Cache[key, *window]
	mu      sync.Mutex // held while a window is added, so that each key has one window
}

func newCounters() *counters { return &counters{windows: cache.New[key, *window](maxCounters)} }

// take counts a request under the key, at the Unix time now in seconds.
func (c *counters) take(k key, r *rule, now int64) Verdict {
	w, ok := c.windows.Get(k)
	if !ok {
		w = c.add(k)
	}
	return w.take(r, uint32(now))
}

func (c *counters) add(k key) *window {
	c.mu.Lock()
	defer c.mu.Unlock()
	if w, ok := c.windows.Get(k); ok {
		return w
	}
	w := &window{}
	c.windows.Put(k, w)
	return w
}

// forget drops the windows that have ended.
func (c *counters) forget(r *rules, now int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.windows.DeleteFunc(func(k key, w *window) bool { return w.over(&r.byID[k.rule], uint32(now)) })
}

// window is one window of a client. The upper 32 bits are the Unix time in seconds at which it
// began, the lower 32 bits the number of requests let through since. 0: it has not begun.
type window struct{ atomic.Uint64 }

// take counts a request at the Unix time now, in seconds.
func (w *window) take(r *rule, now uint32) Verdict {
	for {
		old := w.Load()
		began, count := split(old)
		if isOver(old, r, now) {
			began, count = now, 0
		}
		v := Verdict{Limit: int(r.max), Reset: int(began + r.duration - now), rule: r}
		if count >= r.max {
			v.Denied = true
			return v
		}
		v.Left = int(r.max - count - 1)
		if w.CompareAndSwap(old, uint64(began)<<32|uint64(count+1)) {
			return v
		}
	}
}

func (w *window) over(r *rule, now uint32) bool { return isOver(w.Load(), r, now) }

func split(state uint64) (began, count uint32) { return uint32(state >> 32), uint32(state) }

// isOver reports whether the window of the state has ended or not begun. A clock that was set
// back ends the window too; otherwise the window would last until the clock has caught up.
func isOver(state uint64, r *rule, now uint32) bool {
	began, _ := split(state)
	return state == 0 || now < began || now-began >= r.duration
}
