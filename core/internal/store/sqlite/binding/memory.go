// Memory shared between Go and SQLite's translated C.

package binding

import (
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	lib "modernc.org/sqlite/lib"
)

// view returns n bytes of C memory at p as a slice; the memory belongs to SQLite.
func view(p uintptr, n int) []byte {
	if p == 0 || n <= 0 {
		return nil
	}
	return unsafe.Slice((*byte)(pointer(p)), n)
}

// pointer returns the Go pointer of a C address. C memory is not in the Go heap: the collector
// neither moves nor frees it. So the conversion through memory, which does not need to disable
// vet's check elsewhere, is sound.
func pointer(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

// callback returns the address of a Go function for the C side. f must be a declared function: it
// has no captured variables that would have to be kept alive.
func callback[T any](f T) uintptr { return *(*uintptr)(unsafe.Pointer(&struct{ f T }{f})) }

// cstring copies s, with a NUL at its end, into C memory. The caller frees it.
func cstring(tls *libc.TLS, s string) (uintptr, error) {
	p := libc.Xmalloc(tls, types.Size_t(len(s)+1))
	if p == 0 {
		return 0, codeError(tls, lib.SQLITE_NOMEM)
	}
	b := view(p, len(s)+1)
	copy(b, s)
	b[len(s)] = 0
	return p, nil
}

// keepScratch is the maximum memory that a statement keeps for its next parameters.
const keepScratch = 64 << 10

// scratch is C memory for the text parameters of one execution of a statement.
// It is reused, so that binding allocates nothing once it is large enough.
type scratch struct {
	p          uintptr
	size, used int
	full       []uintptr // chunks that were too small; freed by reset
}

// put copies s into the scratch. The address stays valid until reset.
func (m *scratch) put(tls *libc.TLS, s string) (uintptr, error) {
	need := max(len(s), 1) // an empty text still has an address: none would be NULL
	if m.used+need > m.size {
		// Earlier parameters must not move, since their addresses are bound: a new chunk is begun
		// instead.
		size := max(256, 2*m.size, need)
		p := libc.Xmalloc(tls, types.Size_t(size))
		if p == 0 {
			return 0, codeError(tls, lib.SQLITE_NOMEM)
		}
		if m.p != 0 {
			m.full = append(m.full, m.p)
		}
		m.p, m.size, m.used = p, size, 0
	}
	at := m.p + uintptr(m.used)
	copy(view(at, need), s)
	m.used += need
	return at, nil
}

// reset frees the memory of the parameters for new ones.
func (m *scratch) reset(tls *libc.TLS) {
	m.used = 0
	for _, p := range m.full {
		libc.Xfree(tls, p)
	}
	m.full = m.full[:0]
	if m.size > keepScratch {
		m.free(tls)
	}
}

// free frees all memory. No parameter may be bound to it any more.
func (m *scratch) free(tls *libc.TLS) {
	for _, p := range m.full {
		libc.Xfree(tls, p)
	}
	if m.p != 0 {
		libc.Xfree(tls, m.p)
	}
	*m = scratch{}
}
