package binding

import (
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
)

// pageCache is the page cache of one database file on one connection, or of a temporary table
// that lives as long as a statement. SQLite calls it through the functions of
// pagecache_methods.go.
//
// It takes no lock: SQLite never calls one cache from two goroutines at a time. The cache and all
// memory that it points to are C memory, which the garbage collector neither scans nor moves.
//
// Eviction is CLOCK (second chance): the hand goes around the slots and takes the first page that
// is not pinned and was not requested again since the hand passed it. A hit therefore writes one
// word. A page that was read only once is evicted first, so a scan does not displace the pages in
// constant use.
type pageCache struct {
	pageSize, extraSize uintptr // sizes in bytes, rounded up to whole words
	purgeable           bool    // pages that are not pinned may be evicted
	limit               int     // maximum number of pages, if enough of them are not pinned
	count               int     // number of pages in the cache
	pinned              int     // number of pages that SQLite holds
	greatest            uint32  // no page has a greater number
	below               uint32  // no page has a number between below and greatest

	table []*pageSlot // by page number, chained by pageSlot.next; the length is a power of two
	free  *pageSlot   // slots without a page, chained by pageSlot.next

	first, last *pageSlab
	filling     *pageSlab // slabs after it have no slot in use
	hand        *pageSlab // slab of the clock's hand; handSlot is the slot in it
	handSlot    int
}

// tableStart is the length of a new cache's table: most caches belong to temporary tables
// of a few pages.
const tableStart = 32

// newPageCache returns a new cache, nil if there is no memory.
func newPageCache(tls *libc.TLS, pageSize, extraSize uintptr, purgeable bool) *pageCache {
	c := (*pageCache)(allocate(tls, unsafe.Sizeof(pageCache{})))
	if c == nil {
		return nil
	}
	*c = pageCache{pageSize: wholeWords(pageSize), extraSize: wholeWords(extraSize), purgeable: purgeable}
	if !c.resize(tls, tableStart) {
		libc.Xfree(tls, address(c))
		return nil
	}
	return c
}

// destroy frees all memory, also of pinned pages.
func (c *pageCache) destroy(tls *libc.TLS) {
	c.freeSlabs(tls)
	libc.Xfree(tls, address(&c.table[0]))
	libc.Xfree(tls, address(c))
}

// setLimit sets the limit and evicts the pages above it. Pinned pages stay, and are dropped when
// they are unpinned.
func (c *pageCache) setLimit(pages int) {
	c.limit = pages
	for c.count > c.limit && c.evictable() {
		c.drop(c.victim())
	}
}

// evictable reports whether a page can be evicted.
func (c *pageCache) evictable() bool { return c.purgeable && c.count > c.pinned }

// crowded reports whether SQLite should write dirty pages to the file before it requests more
// room: most of the pages are pinned, as dirty pages are.
func (c *pageCache) crowded() bool { return c.purgeable && c.pinned >= c.limit-c.limit/10 }

// find returns the slot of a page, nil if the page is not in the cache.
func (c *pageCache) find(number uint32) *pageSlot {
	s := *c.bucket(number)
	for s != nil && s.number != number {
		s = s.next
	}
	return s
}

// pin keeps a page in its place until unpin.
func (c *pageCache) pin(s *pageSlot) {
	if !s.pinned {
		s.pinned, s.again = true, true
		c.pinned++
	}
}

// unpin ends the pin of a page. One call is enough after any number of requests.
func (c *pageCache) unpin(s *pageSlot, discard bool) {
	if !s.pinned {
		return // truncate has dropped the page
	}
	s.pinned = false
	c.pinned--
	if discard || c.purgeable && c.count > c.limit {
		c.drop(s)
	}
}

// add makes room for a page that is not in the cache and pins it. It returns nil if there
// is no memory and no page to evict instead.
func (c *pageCache) add(tls *libc.TLS, number uint32) *pageSlot {
	s := c.takeSlot(tls)
	if s == nil {
		return nil
	}
	if c.count == len(c.table) {
		c.resize(tls, 2*len(c.table)) // without memory for it the chains become longer
	}
	s.empty()
	s.number, s.pinned, s.again = number, true, false
	c.link(s)
	c.count++
	c.pinned++
	return s
}

// takeSlot returns a slot without a page.
func (c *pageCache) takeSlot(tls *libc.TLS) *pageSlot {
	if c.count >= c.limit && c.evictable() {
		c.drop(c.victim())
	}
	if c.free == nil {
		if s := c.carve(tls); s != nil {
			return s
		}
		if !c.evictable() {
			return nil
		}
		c.drop(c.victim()) // no memory: a page is evicted to make room
	}
	s := c.free
	c.free = s.next
	return s
}

// rekey gives a page another number, and drops the page that had the number. SQLite swaps two pages
// through a temporary number far above all others. That number must not stay in greatest, or each
// commit would search all pages for pages behind the end of the file.
func (c *pageCache) rekey(s *pageSlot, number uint32) {
	if s.number == number {
		return
	}
	if other := c.find(number); other != nil {
		c.drop(other)
	}
	c.unlink(s)
	if s.number == c.greatest {
		c.greatest = c.below
	}
	s.number = number
	c.link(s)
}

// truncate drops every page with a number of at least from, also pinned ones.
func (c *pageCache) truncate(from uint32) {
	switch {
	case from > c.greatest:
		return // as after most commits
	case from <= 1:
		c.clear()
		return
	case int64(c.greatest-from) < int64(c.count): // few numbers
		for number := c.greatest; number >= from; number-- {
			if s := c.find(number); s != nil {
				c.drop(s)
			}
		}
	default:
		for b := c.first; b != nil; b = b.next {
			for i := range b.used {
				if s := c.slot(b, i); s.number >= from {
					c.drop(s)
				}
			}
		}
	}
	c.greatest = from - 1
	c.below = min(c.below, c.greatest)
}

// shrink evicts all pages that are not pinned, and frees the memory if no page is left.
func (c *pageCache) shrink(tls *libc.TLS) {
	for c.evictable() {
		c.drop(c.victim())
	}
	if c.count == 0 {
		c.freeSlabs(tls)
	}
}

// victim returns the page to evict. evictable must be true.
func (c *pageCache) victim() *pageSlot {
	for {
		for c.handSlot >= c.hand.used {
			if c.hand, c.handSlot = c.hand.next, 0; c.hand == nil {
				c.hand = c.first
			}
		}
		s := c.slot(c.hand, c.handSlot)
		c.handSlot++
		switch {
		case s.number == 0 || s.pinned:
		case s.again:
			s.again = false
		default:
			return s
		}
	}
}

// drop removes a page from the cache.
func (c *pageCache) drop(s *pageSlot) {
	c.unlink(s)
	if s.pinned {
		c.pinned--
	}
	c.count--
	s.number, s.pinned = 0, false
	s.next, c.free = c.free, s
}

// clear drops every page. SQLite calls it on each connection after a commit of another one, so
// its cost depends on the pages in use, not on the size of the cache.
func (c *pageCache) clear() {
	if c.count > len(c.table)/8 {
		clear(c.table)
	} else {
		for b := c.first; b != nil && b.used > 0; b = b.next {
			for i := range b.used {
				if s := c.slot(b, i); s.number != 0 {
					*c.bucket(s.number) = nil
				}
			}
		}
	}
	for b := c.first; b != nil && b.used > 0; b = b.next {
		b.used = 0
	}
	c.count, c.pinned, c.greatest, c.below, c.free = 0, 0, 0, 0, nil
	c.filling, c.hand, c.handSlot = c.first, c.first, 0
}

func (c *pageCache) bucket(number uint32) **pageSlot {
	return &c.table[number&uint32(len(c.table)-1)]
}

func (c *pageCache) link(s *pageSlot) {
	b := c.bucket(s.number)
	s.next, *b = *b, s
	switch {
	case s.number > c.greatest:
		c.below, c.greatest = c.greatest, s.number
	case s.number < c.greatest:
		c.below = max(c.below, s.number)
	}
}

func (c *pageCache) unlink(s *pageSlot) {
	at := c.bucket(s.number)
	for *at != s {
		at = &(*at).next
	}
	*at = s.next
}

// resize sets the length of the table. It returns false, and changes nothing, if there is no
// memory.
func (c *pageCache) resize(tls *libc.TLS, length int) bool {
	p := allocate(tls, uintptr(length)*unsafe.Sizeof(c.free))
	if p == nil {
		return false
	}
	old := c.table
	c.table = unsafe.Slice((**pageSlot)(p), length)
	clear(c.table)
	for _, s := range old {
		for s != nil {
			next := s.next
			c.link(s)
			s = next
		}
	}
	if old != nil {
		libc.Xfree(tls, address(&old[0]))
	}
	return true
}

// allocate returns uninitialized C memory, nil if there is none.
func allocate(tls *libc.TLS, size uintptr) unsafe.Pointer {
	if refuseMemory != nil && refuseMemory() {
		return nil
	}
	return pointer(libc.Xmalloc(tls, types.Size_t(size)))
}

// refuseMemory is set by tests: it reports whether an allocation of a page cache must fail.
var refuseMemory func() bool
