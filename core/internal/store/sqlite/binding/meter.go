// The limit on the memory that the statements of one connection may use while it runs the SQL of
// an administrator.

package binding

import (
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// Meter bounds the allocations of a connection: an allocation beyond the bound fails, and SQLite
// returns CodeMemory. SQLite's own limits apply to one value: an expression of a few thousand
// characters makes hundreds, and temporary tables are not limited.
type Meter struct {
	tls   *libc.TLS // of the connection, which passes it to each allocation
	left  int64
	spent bool // an allocation was refused
}

// Spent reports whether an allocation was refused.
func (m *Meter) Spent() bool { return m.spent }

func (m *Meter) take(bytes int64) bool {
	if bytes > m.left {
		m.spent = true
		return false
	}
	m.left -= bytes
	return true
}

func (m *Meter) give(bytes int64) {
	if m != nil {
		m.left += bytes
	}
}

// meters are the meters in use, few or none. The list is replaced, never changed, since each
// allocation reads it.
var (
	meters   atomic.Pointer[[]*Meter]
	metersMu sync.Mutex // held to replace meters
)

// Meter bounds the allocations of the connection until Unmeter. Memory that the connection frees
// can be allocated again.
func (c *Conn) Meter(bytes int64) *Meter {
	m := &Meter{tls: c.tls, left: bytes}
	metersMu.Lock()
	defer metersMu.Unlock()
	list := []*Meter{m}
	if old := meters.Load(); old != nil {
		list = append(list, *old...)
	}
	meters.Store(&list)
	return m
}

// Unmeter ends the effect of a Meter.
func (c *Conn) Unmeter(m *Meter) {
	metersMu.Lock()
	defer metersMu.Unlock()
	list := slices.DeleteFunc(slices.Clone(*meters.Load()), func(other *Meter) bool { return other == m })
	if len(list) == 0 {
		meters.Store(nil)
		return
	}
	meters.Store(&list)
}

// metered returns the meter of a connection, nil if it has none.
func metered(tls *libc.TLS) *Meter {
	list := meters.Load()
	if list == nil {
		return nil
	}
	for _, m := range *list {
		if m.tls == tls {
			return m
		}
	}
	return nil
}

// SQLite's own allocator, which the functions of this package call.
var (
	builtinMalloc  func(*libc.TLS, int32) uintptr
	builtinFree    func(*libc.TLS, uintptr)
	builtinRealloc func(*libc.TLS, uintptr, int32) uintptr
	builtinSize    func(*libc.TLS, uintptr) int32
)

// allocatorInstalled is true if SQLite has accepted the allocator of this package.
var allocatorInstalled = installAllocator()

// Meters reports whether meters have an effect, since SQLite uses the allocator of this package.
// It is false if another package used SQLite before this package was initialized.
func Meters() bool { return allocatorInstalled }

// installAllocator makes SQLite use the allocator of this package. SQLite refuses it after its
// first use.
func installAllocator() bool {
	tls := libc.NewTLS()
	defer tls.Close()
	const argument = int(unsafe.Sizeof(uintptr(0)))
	size := argument + int(unsafe.Sizeof(lib.Tsqlite3_mem_methods{}))
	p := tls.Alloc(size)
	defer tls.Free(size)
	at := p + uintptr(argument)
	methods := (*lib.Tsqlite3_mem_methods)(pointer(at)) // SQLite copies it
	if lib.Xsqlite3_config(tls, lib.SQLITE_CONFIG_GETMALLOC, libc.VaList(p, at)) != lib.SQLITE_OK {
		return false
	}
	builtinMalloc = function[func(*libc.TLS, int32) uintptr](methods.FxMalloc)
	builtinFree = function[func(*libc.TLS, uintptr)](methods.FxFree)
	builtinRealloc = function[func(*libc.TLS, uintptr, int32) uintptr](methods.FxRealloc)
	builtinSize = function[func(*libc.TLS, uintptr) int32](methods.FxSize)
	methods.FxMalloc, methods.FxFree, methods.FxRealloc = callback(onMalloc), callback(onFree), callback(onRealloc)
	return lib.Xsqlite3_config(tls, lib.SQLITE_CONFIG_MALLOC, libc.VaList(p, at)) == lib.SQLITE_OK
}

func onMalloc(tls *libc.TLS, bytes int32) uintptr {
	if m := metered(tls); m != nil && !m.take(int64(bytes)) {
		return 0
	}
	return builtinMalloc(tls, bytes)
}

func onFree(tls *libc.TLS, p uintptr) {
	if m := metered(tls); m != nil {
		m.give(int64(builtinSize(tls, p)))
	}
	builtinFree(tls, p)
}

func onRealloc(tls *libc.TLS, p uintptr, bytes int32) uintptr {
	if m := metered(tls); m != nil && !m.take(int64(bytes)-int64(builtinSize(tls, p))) {
		return 0
	}
	return builtinRealloc(tls, p, bytes)
}
