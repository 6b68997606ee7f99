package binding

import (
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// SQLite's own page cache, as modernc.org/sqlite builds it (SQLITE_ENABLE_MEMORY_MANAGEMENT), has
// one lock, one limit and one order of eviction for all connections of the process, and each of
// its pages takes the memory of two. So this package gives SQLite another one,
// https://sqlite.org/c3ref/pcache_methods2.html.

// builtinPageCache holds the methods of SQLite's own page cache.
var builtinPageCache lib.Tsqlite3_pcache_methods2

// pageCacheInstalled is true if SQLite has accepted the page cache of this package.
var pageCacheInstalled = installPageCache()

// pageCacheStarted is set when SQLite begins to use the page cache.
var pageCacheStarted atomic.Bool

// OwnPageCache reports, once a connection has been opened, whether connections use the page cache
// of this package. It is false if another package used SQLite, or set another cache, before this
// package was initialized: then everything works, but slower.
func OwnPageCache() bool { return pageCacheInstalled && pageCacheStarted.Load() }

// installPageCache sets the page cache for every connection of the process, including those of
// other packages. SQLite refuses it after its first use.
func installPageCache() bool {
	tls := libc.NewTLS()
	defer tls.Close()
	const argument = int(unsafe.Sizeof(uintptr(0)))
	size := argument + int(unsafe.Sizeof(builtinPageCache))
	p := tls.Alloc(size)
	defer tls.Free(size)
	at := p + uintptr(argument)
	methods := (*lib.Tsqlite3_pcache_methods2)(pointer(at)) // SQLite copies it
	if lib.Xsqlite3_config(tls, lib.SQLITE_CONFIG_GETPCACHE2, libc.VaList(p, at)) != lib.SQLITE_OK {
		return false
	}
	builtinPageCache = *methods
	*methods = lib.Tsqlite3_pcache_methods2{
		FiVersion: 1,
		FxInit:    callback(onCacheInit), FxShutdown: callback(onCacheShutdown),
		FxCreate: callback(onCacheCreate), FxDestroy: callback(onCacheDestroy),
		FxCachesize: callback(onCacheSize), FxPagecount: callback(onCacheCount),
		FxFetch: callback(onCacheFetch), FxUnpin: callback(onCacheUnpin), FxRekey: callback(onCacheRekey),
		FxTruncate: callback(onCacheTruncate), FxShrink: callback(onCacheShrink),
	}
	return lib.Xsqlite3_config(tls, lib.SQLITE_CONFIG_PCACHE2, libc.VaList(p, at)) == lib.SQLITE_OK
}

// onCacheInit also starts SQLite's own cache: that counts the memory of pages outside of any
// cache, under a lock that this call creates.
func onCacheInit(tls *libc.TLS, arg uintptr) int32 {
	pageCacheStarted.Store(true)
	return function[func(*libc.TLS, uintptr) int32](builtinPageCache.FxInit)(tls, arg)
}

func onCacheShutdown(tls *libc.TLS, arg uintptr) {
	function[func(*libc.TLS, uintptr)](builtinPageCache.FxShutdown)(tls, arg)
}

func cacheAt(p uintptr) *pageCache { return (*pageCache)(pointer(p)) }

func slotAt(p uintptr) *pageSlot { return (*pageSlot)(pointer(p)) }

func onCacheCreate(tls *libc.TLS, pageSize, extraSize, purgeable int32) uintptr {
	return address(newPageCache(tls, uintptr(pageSize), uintptr(extraSize), purgeable != 0))
}

func onCacheDestroy(tls *libc.TLS, self uintptr) { cacheAt(self).destroy(tls) }

func onCacheSize(_ *libc.TLS, self uintptr, pages int32) { cacheAt(self).setLimit(int(pages)) }

func onCacheCount(_ *libc.TLS, self uintptr) int32 { return int32(cacheAt(self).count) }

// Values of the argument create of xFetch, for a page that is not in the cache.
const (
	fetchNothing = 0
	fetchEasily  = 1 // room for it, unless the cache is crowded
	fetchAlways  = 2 // room for it, as long as there is memory
)

func onCacheFetch(tls *libc.TLS, self uintptr, number uint32, create int32) uintptr {
	c := cacheAt(self)
	if s := c.find(number); s != nil {
		c.pin(s)
		return address(s)
	}
	if create == fetchNothing || create == fetchEasily && c.crowded() {
		return 0
	}
	return address(c.add(tls, number))
}

func onCacheUnpin(_ *libc.TLS, self, page uintptr, discard int32) {
	cacheAt(self).unpin(slotAt(page), discard != 0)
}

func onCacheRekey(_ *libc.TLS, self, page uintptr, _, number uint32) {
	cacheAt(self).rekey(slotAt(page), number)
}

func onCacheTruncate(_ *libc.TLS, self uintptr, from uint32) { cacheAt(self).truncate(from) }

func onCacheShrink(tls *libc.TLS, self uintptr) { cacheAt(self).shrink(tls) }
