// CopyAgain: after a failed sync the next checkpoint copies the whole write-ahead log
// again.

package binding

import (
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// Of the index of the log, which connections share in memory, these parts are taken
// from the description of its format, https://sqlite.org/walformat.html.
const (
	indexRegion    = 32 << 10 // bytes mapped at once
	indexCopied    = 96       // where the number of frames stands that were copied
	checkpointLock = 1        // held by who checkpoints
)

// CopyAgain makes the next checkpoint copy the log from its beginning, whatever earlier
// ones have copied of it. As after a recovery, readers then look for every page in the
// log first. No transaction may be open. It fails with CodeBusy while another
// connection checkpoints.
//
// SQLite does not do so on its own: a checkpoint that ends short of the end of the log
// counts what it copied and leaves the sync to the next one. If that sync fails, the
// one after that copies only the rest, and the log is begun anew while pages may be
// missing from the database file.
func (c *Conn) CopyAgain() error {
	if c.db == 0 {
		return ErrClosed
	}
	out := c.tls.Alloc(8)
	defer c.tls.Free(8)
	result := (*uintptr)(pointer(out))
	*result = 0
	if rc := lib.Xsqlite3_file_control(c.tls, c.db, 0, lib.SQLITE_FCNTL_FILE_POINTER, out); rc != lib.SQLITE_OK {
		return codeError(c.tls, rc)
	}
	file := *result
	methods := (*lib.Tsqlite3_io_methods)(pointer((*lib.Tsqlite3_file)(pointer(file)).FpMethods))
	lock := function[func(*libc.TLS, uintptr, int32, int32, int32) int32](methods.FxShmLock)
	share := function[func(*libc.TLS, uintptr, int32, int32, int32, uintptr) int32](methods.FxShmMap)

	*result = 0
	if rc := share(c.tls, file, 0, indexRegion, 0, out); rc != lib.SQLITE_OK || *result == 0 {
		return codeError(c.tls, rc) // without an index nothing was copied
	}
	if rc := lock(c.tls, file, checkpointLock, 1, lib.SQLITE_SHM_LOCK|lib.SQLITE_SHM_EXCLUSIVE); rc != lib.SQLITE_OK {
		return codeError(c.tls, rc)
	}
	atomic.StoreUint32((*uint32)(pointer(*result+indexCopied)), 0)
	return codeError(c.tls, lock(c.tls, file, checkpointLock, 1, lib.SQLITE_SHM_UNLOCK|lib.SQLITE_SHM_EXCLUSIVE))
}

// function is the Go function at an address that the C side holds.
func function[T any](p uintptr) T { return *(*T)(unsafe.Pointer(&struct{ p uintptr }{p})) }
