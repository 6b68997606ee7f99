package binding

import (
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// pageSlot is the place of one page. The bytes of the page stand before it in memory and
// its extra bytes, in which SQLite keeps what it knows of the page, behind it: as in
// SQLite's own cache, a read that runs a little over the end of a damaged page stays
// inside the slab. Its address is what SQLite calls the page by.
type pageSlot struct {
	lib.Tsqlite3_pcache_page // the addresses of the page and of the extra bytes

	next   *pageSlot
	number uint32 // of the page; 0: the slot has none
	pinned bool   // SQLite holds the page
	again  bool   // asked for again since the hand came by
}

// empty tells SQLite that the page has to be read.
func (s *pageSlot) empty() { *(*uintptr)(pointer(s.FpExtra)) = 0 }

// pageSlab is memory for some slots with their pages, which follow it.
type pageSlab struct {
	next  *pageSlab
	slots int
	used  int // slots that have been given out since the cache was made or cleared
}

const (
	slotSize = (unsafe.Sizeof(pageSlot{}) + 7) &^ 7
	slabSize = (unsafe.Sizeof(pageSlab{}) + 7) &^ 7
	// slabBytes is the most that is allocated at once: the C side's allocator rounds up to
	// a power of two, its own header included.
	slabBytes = 256<<10 - 64
)

// wholeWords rounds a size up, so that what follows is aligned.
func wholeWords(size uintptr) uintptr { return (size + 7) &^ 7 }

// stride is how many bytes a slot takes with its page.
func (c *pageCache) stride() uintptr { return c.pageSize + slotSize + c.extraSize }

// slot is the i-th one of a slab.
func (c *pageCache) slot(b *pageSlab, i int) *pageSlot {
	return (*pageSlot)(pointer(address(b) + slabSize + uintptr(i)*c.stride() + c.pageSize))
}

// carve returns a slot that has not been in use since the cache was made or cleared, nil
// if there is no memory.
func (c *pageCache) carve(tls *libc.TLS) *pageSlot {
	b := c.filling
	if b != nil && b.used == b.slots {
		b = b.next
	}
	if b == nil {
		if b = c.grow(tls); b == nil {
			return nil
		}
	}
	c.filling = b
	s := c.slot(b, b.used)
	b.used++
	*s = pageSlot{}
	s.FpBuf, s.FpExtra = address(s)-c.pageSize, address(s)+slotSize
	return s
}

// grow adds a slab. The first ones are small, for the caches of temporary tables.
func (c *pageCache) grow(tls *libc.TLS) *pageSlab {
	slots := min(max(c.count, 1), max(int((slabBytes-slabSize)/c.stride()), 1))
	if m := metered(tls); m != nil && !m.take(int64(c.slabLength(slots))) {
		return nil
	}
	b := (*pageSlab)(allocate(tls, c.slabLength(slots)))
	if b == nil {
		return nil
	}
	*b = pageSlab{slots: slots}
	if c.last == nil {
		c.first, c.hand = b, b
	} else {
		c.last.next = b
	}
	c.last = b
	return b
}

// slabLength is how many bytes a slab of so many slots has.
func (c *pageCache) slabLength(slots int) uintptr { return slabSize + uintptr(slots)*c.stride() }

// freeSlabs frees all memory for pages. None may be in use.
func (c *pageCache) freeSlabs(tls *libc.TLS) {
	m := metered(tls)
	for b := c.first; b != nil; {
		next := b.next
		m.give(int64(c.slabLength(b.slots)))
		libc.Xfree(tls, address(b))
		b = next
	}
	c.first, c.last, c.filling, c.hand, c.handSlot, c.free = nil, nil, nil, nil, 0, nil
}

// address is the C address of something in C memory.
func address[T any](p *T) uintptr { return uintptr(unsafe.Pointer(p)) }
