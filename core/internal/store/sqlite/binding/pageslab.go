package binding

import (
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// pageSlot is the place of one page. In memory the bytes of the page are before it, and the extra
// bytes, in which SQLite keeps its data about the page, behind it: as in SQLite's own cache, a
// read slightly beyond the end of a damaged page stays inside the slab. The address of the slot
// identifies the page for SQLite.
type pageSlot struct {
	lib.Tsqlite3_pcache_page // the addresses of the page and of the extra bytes

	next   *pageSlot
	number uint32 // of the page; 0: the slot has none
	pinned bool   // SQLite holds the page
	again  bool   // requested again since the hand passed
}

// empty marks the page as not read, so that SQLite reads it.
func (s *pageSlot) empty() { *(*uintptr)(pointer(s.FpExtra)) = 0 }

// pageSlab is memory for several slots with their pages, which follow it.
type pageSlab struct {
	next  *pageSlab
	slots int
	used  int // number of slots in use since the cache was created or cleared
}

const (
	slotSize = (unsafe.Sizeof(pageSlot{}) + 7) &^ 7
	slabSize = (unsafe.Sizeof(pageSlab{}) + 7) &^ 7
	// slabBytes is the maximum size of an allocation: the C side's allocator rounds up to a power
	// of two, including its own header.
	slabBytes = 256<<10 - 64
)

// wholeWords rounds a size up to whole words, for alignment.
func wholeWords(size uintptr) uintptr { return (size + 7) &^ 7 }

// stride returns the size in bytes of a slot with its page.
func (c *pageCache) stride() uintptr { return c.pageSize + slotSize + c.extraSize }

// slot returns slot i of a slab.
func (c *pageCache) slot(b *pageSlab, i int) *pageSlot {
	return (*pageSlot)(pointer(address(b) + slabSize + uintptr(i)*c.stride() + c.pageSize))
}

// carve returns a slot that was not used since the cache was created or cleared, nil if there is
// no memory.
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

// grow adds a slab. The first slabs are small, for the caches of temporary tables.
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

// slabLength returns the size in bytes of a slab with the given number of slots.
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

// address returns the C address of a value in C memory.
func address[T any](p *T) uintptr { return uintptr(unsafe.Pointer(p)) }
