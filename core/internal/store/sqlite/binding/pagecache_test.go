package binding

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"modernc.org/libc"
)

// stress makes the random tests of the page cache longer, for a run by hand.
var stress = flag.Int("stress", 1, "how many times as long the random tests of the page cache are")

const testPageSize, testExtraSize = 512, 120

// cacheModel calls a page cache as SQLite may, and records the expected content.
type cacheModel struct {
	*testing.T
	tls    *libc.TLS
	c      *pageCache
	pinned map[uint32]uintptr // by page number: the address that SQLite got
	loose  map[uint32]bool    // pages that may still be in the cache
	marks  map[uint32]uint64  // the content of each page that was ever written
	next   uint64
}

func newCacheModel(t *testing.T, limit int, purgeable bool) *cacheModel {
	m := &cacheModel{T: t, tls: libc.NewTLS(), pinned: map[uint32]uintptr{}, loose: map[uint32]bool{}, marks: map[uint32]uint64{}}
	kind := int32(0)
	if purgeable {
		kind = 1
	}
	p := onCacheCreate(m.tls, testPageSize, testExtraSize, kind)
	if p == 0 {
		t.Fatal("there is no memory")
	}
	m.c = cacheAt(p)
	onCacheSize(m.tls, p, int32(limit))
	return m
}

func (m *cacheModel) close() {
	onCacheDestroy(m.tls, address(m.c))
	m.tls.Close()
}

// memory returns all memory of a page that SQLite may use, in words.
func memory(page uintptr) (extra, bytes []uint64) {
	s := slotAt(page)
	return unsafe.Slice((*uint64)(pointer(s.FpExtra)), testExtraSize/8), unsafe.Slice((*uint64)(pointer(s.FpBuf)), testPageSize/8)
}

// write fills a page with a new mark.
func (m *cacheModel) write(number uint32, page uintptr) {
	m.next++
	m.marks[number] = m.next
	extra, bytes := memory(page)
	for i := range extra {
		extra[i] = m.next
	}
	for i := range bytes {
		bytes[i] = m.next
	}
}

func (m *cacheModel) check(number uint32, page uintptr) {
	m.Helper()
	want := m.marks[number]
	extra, bytes := memory(page)
	for _, words := range [][]uint64{extra, bytes} {
		for i, w := range words {
			if w != want {
				m.Fatalf("page %d: word %d is %d, want %d", number, i, w, want)
			}
		}
	}
}

// fetch requests a page. scarce says that allocations may fail.
func (m *cacheModel) fetch(number uint32, create int32, scarce bool) {
	m.Helper()
	crowded, evictable := m.c.crowded(), m.c.evictable()
	page := onCacheFetch(m.tls, address(m.c), number, create)
	held := m.pinned[number]
	switch {
	case held != 0 && page != held:
		m.Fatalf("page %d is pinned at %x, and found at %x", number, held, page)
	case page == 0 && m.loose[number] && !m.c.purgeable:
		m.Fatalf("page %d was evicted from a cache that keeps all", number)
	case page == 0 && create == fetchAlways && (!scarce || evictable), page == 0 && create == fetchEasily && !crowded && !scarce:
		m.Fatalf("page %d was refused", number)
	case page == 0:
		delete(m.loose, number)
		return
	}
	if extra, _ := memory(page); extra[0] == 0 { // SQLite has to read the page
		if held != 0 || create == fetchNothing || m.loose[number] && !m.c.purgeable {
			m.Fatalf("page %d was lost", number)
		}
		m.write(number, page)
	} else if held == 0 && !m.loose[number] {
		m.Fatalf("page %d was discarded, and is there", number)
	}
	m.check(number, page)
	delete(m.loose, number)
	m.pinned[number] = page
}

func (m *cacheModel) unpin(number uint32, discard bool) {
	flag := int32(0)
	if discard {
		flag = 1
	}
	m.check(number, m.pinned[number])
	onCacheUnpin(m.tls, address(m.c), m.pinned[number], flag)
	delete(m.pinned, number)
	m.loose[number] = !discard
}

func (m *cacheModel) rekey(from, to uint32) {
	page := m.pinned[from]
	onCacheRekey(m.tls, address(m.c), page, from, to)
	delete(m.pinned, from)
	delete(m.loose, from)
	delete(m.loose, to)
	m.pinned[to], m.marks[to] = page, m.marks[from]
}

func (m *cacheModel) truncate(from uint32) {
	onCacheTruncate(m.tls, address(m.c), from)
	for n := range m.pinned {
		if n >= from {
			delete(m.pinned, n)
		}
	}
	for n := range m.loose {
		if n >= from {
			delete(m.loose, n)
		}
	}
}

// anyPinned returns the number of a pinned page.
func (m *cacheModel) anyPinned(rng *rand.Rand, numbers int) (uint32, bool) {
	start := rng.IntN(numbers)
	for i := range numbers {
		n := uint32(1 + (start+i)%numbers)
		if m.pinned[n] != 0 {
			return n, true
		}
	}
	return 0, false
}

// step performs a random call.
func (m *cacheModel) step(rng *rand.Rand, numbers int, scarce bool) {
	number := uint32(1 + rng.IntN(numbers))
	held, ok := m.anyPinned(rng, numbers)
	switch k := rng.IntN(1000); {
	case k < 500:
		m.fetch(number, int32(rng.IntN(3)), scarce)
	case k < 940 && ok:
		m.unpin(held, rng.IntN(12) == 0)
	case k < 970 && ok && m.pinned[number] == 0:
		m.rekey(held, number)
	case k < 980:
		m.truncate(uint32(numbers - rng.IntN(min(numbers, 8)))) // the end of the file
	case k < 986:
		m.truncate(number)
	case k < 989:
		m.truncate(uint32(rng.IntN(2)))
	case k < 993:
		onCacheSize(m.tls, address(m.c), int32(rng.IntN(2*numbers)))
	case k < 995:
		onCacheShrink(m.tls, address(m.c))
	case ok:
		m.write(held, m.pinned[held])
	}
}

// verify checks the internal state of the cache.
func (m *cacheModel) verify() {
	m.Helper()
	c := m.c
	count, pinned, free, used := 0, 0, 0, 0
	for i, s := range c.table {
		for ; s != nil; s = s.next {
			count++
			if s.pinned {
				pinned++
			}
			if s.number == 0 || s.number > c.greatest || s.number > c.below && s.number != c.greatest || s.number&uint32(len(c.table)-1) != uint32(i) {
				m.Fatalf("page %d stands in chain %d of %d, the greatest is %d", s.number, i, len(c.table), c.greatest)
			}
			if s.pinned != (m.pinned[s.number] == address(s)) {
				m.Fatalf("page %d: pinned is %t", s.number, s.pinned)
			}
			if !s.pinned && !m.loose[s.number] {
				m.Fatalf("page %d is in the cache, and should not be", s.number)
			}
		}
	}
	for s := c.free; s != nil; s = s.next {
		free++
		if s.number != 0 || s.pinned {
			m.Fatalf("page %d stands on a free slot", s.number)
		}
	}
	for b := c.first; b != nil; b = b.next {
		used += b.used
	}
	switch {
	case count != c.count || count != int(onCacheCount(m.tls, address(c))) || pinned != c.pinned || pinned != len(m.pinned):
		m.Fatalf("%d pages, %d of them pinned; counted %d and %d, want %d pinned", count, pinned, c.count, c.pinned, len(m.pinned))
	case count+free != used:
		m.Fatalf("%d pages and %d free slots, of %d in use", count, free, used)
	case c.purgeable && count > max(c.limit, pinned):
		m.Fatalf("%d pages, %d of them pinned, with a limit of %d", count, pinned, c.limit)
	case !c.purgeable && count != pinned+m.looseOnes():
		m.Fatalf("%d pages in a cache that keeps all, want %d and %d", count, pinned, m.looseOnes())
	}
}

func (m *cacheModel) looseOnes() (n int) {
	for _, is := range m.loose {
		if is {
			n++
		}
	}
	return n
}

// After any calls of SQLite, the cache behaves like the model, with and without memory.
func TestPageCacheAgainstModel(t *testing.T) {
	defer func() { refuseMemory = nil }()
	for seed := range uint64(40 * *stress) {
		rng := rand.New(rand.NewPCG(seed, 1))
		limit := []int{0, 1, 2, 10, 60, 300}[rng.IntN(6)]
		numbers := []int{3, 20, 200, 2000}[rng.IntN(4)]
		purgeable, scarce := seed%4 != 0, seed%3 == 0
		t.Run(fmt.Sprintf("seed %d, limit %d, %d pages, purgeable %t, scarce %t", seed, limit, numbers, purgeable, scarce), func(t *testing.T) {
			refuseMemory = nil
			m := newCacheModel(t, limit, purgeable)
			defer m.close()
			if scarce {
				refuseMemory = func() bool { return rng.IntN(3) > 0 }
			}
			for n := range 4000 {
				m.step(rng, numbers, scarce)
				if n%16 == 0 {
					m.verify()
				}
			}
			for number, page := range m.pinned {
				m.check(number, page)
			}
		})
	}
}

// A cache that cannot be created leaves no memory allocated.
func TestPageCacheWithoutMemory(t *testing.T) {
	defer func() { refuseMemory = nil }()
	tls := libc.NewTLS()
	defer tls.Close()
	for allowed := range 2 {
		refuseMemory = func() bool { allowed--; return allowed < 0 }
		if p := onCacheCreate(tls, testPageSize, testExtraSize, 1); p != 0 {
			t.Errorf("onCacheCreate() = %x without memory", p)
		}
	}
}

// Pages in constant use survive a scan of many pages that are read once.
func TestPageCacheResistsScans(t *testing.T) {
	const limit, hot = 100, 50
	m := newCacheModel(t, limit, true)
	defer m.close()
	use := func(number uint32) {
		m.fetch(number, fetchAlways, false)
		m.unpin(number, false)
	}
	for range 2 {
		for n := range uint32(hot) {
			use(1 + n)
		}
	}
	missing := 0
	for n := range uint32(20 * limit) {
		use(1000 + n)
		if n%10 == 0 {
			for k := range uint32(hot) {
				if m.c.find(1+k) == nil {
					missing++
				}
				use(1 + k)
			}
		}
	}
	if missing > 0 {
		t.Errorf("%d times a page in constant use was evicted by a scan", missing)
	}
}

// Memory is bounded: clearing and refilling a cache allocates no more of it.
func TestPageCacheMemoryIsBounded(t *testing.T) {
	const limit = 200
	m := newCacheModel(t, limit, true)
	defer m.close()
	slots := func() (n int) {
		for b := m.c.first; b != nil; b = b.next {
			n += b.slots
		}
		return n
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		for range 3 * limit {
			n := uint32(1 + rng.IntN(10*limit))
			m.fetch(n, fetchAlways, false)
			m.unpin(n, false)
		}
		m.truncate(0)
	}
	if got := slots(); got > 2*limit {
		t.Errorf("%d slots for %d pages", got, limit)
	}
	onCacheShrink(m.tls, address(m.c))
	if got := slots(); got != 0 {
		t.Errorf("%d slots of an empty cache after a shrink", got)
	}
	m.fetch(1, fetchAlways, false)
}

// TestPageCacheForgetsPassingNumbers swaps pages through a number far above all others: the
// greatest number stays that of a page, so that commits do not search all pages.
func TestPageCacheForgetsPassingNumbers(t *testing.T) {
	const limit, far = 200, 1 << 18
	m := newCacheModel(t, limit, true)
	defer m.close()
	for n := range uint32(limit) {
		m.fetch(n+1, fetchAlways, false)
	}
	for _, pair := range [][2]uint32{{1, 2}, {limit, 7}, {7, limit}} {
		m.rekey(pair[0], far)
		m.rekey(pair[1], pair[0])
		m.rekey(far, pair[1])
		if m.c.greatest != limit {
			t.Errorf("after pages %d and %d have changed places the greatest is %d", pair[0], pair[1], m.c.greatest)
		}
	}
	m.rekey(limit, far)
	m.truncate(far)
	m.verify()
}

// benchmarkedCache returns a cache with 7,000 pinned pages.
func benchmarkedCache(b *testing.B) (tls *libc.TLS, cache uintptr, pages []uintptr) {
	tls = libc.NewTLS()
	cache = onCacheCreate(tls, 4096, 216, 1)
	b.Cleanup(func() {
		onCacheDestroy(tls, cache)
		tls.Close()
	})
	onCacheSize(tls, cache, 8000)
	for n := range uint32(7000) {
		pages = append(pages, onCacheFetch(tls, cache, n+1, fetchAlways))
	}
	return tls, cache, pages
}

// BenchmarkPageCacheCommit measures the truncation at the end of a commit that has swapped two
// pages.
func BenchmarkPageCacheCommit(b *testing.B) {
	tls, cache, pages := benchmarkedCache(b)
	for b.Loop() {
		onCacheRekey(tls, cache, pages[10], 11, 1<<18)
		onCacheRekey(tls, cache, pages[10], 1<<18, 11)
		onCacheTruncate(tls, cache, 7001)
	}
}

func BenchmarkPageCacheHit(b *testing.B) {
	tls, cache, pages := benchmarkedCache(b)
	for _, page := range pages {
		onCacheUnpin(tls, cache, page, 0)
	}
	n := uint32(0)
	for b.Loop() {
		n += 7919
		onCacheUnpin(tls, cache, onCacheFetch(tls, cache, 1+n%7000, fetchAlways), 0)
	}
}
