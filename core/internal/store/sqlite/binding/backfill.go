// CopyAgain: after a failed sync the next checkpoint copies the whole write-ahead log
// again.

package binding

import (
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// Parts of the index of the log, which connections share in memory, according to the description
// of its format, https://sqlite.org/walformat.html.
const (
	indexRegion    = 32 << 10 // size of a mapping in bytes
	indexCopied    = 96       // offset of the number of copied frames
	checkpointLock = 1        // number of the lock that a running checkpoint holds
)

// CopyAgain makes the next checkpoint copy the log from its beginning, whatever earlier ones have
// copied. As after a recovery, readers then look for every page in the log first. No transaction
// may be open. It fails with CodeBusy while another connection runs a checkpoint.
//
// SQLite does not do so itself: a checkpoint that stops before the end of the log counts the
// copied frames and leaves the sync to the next one. If that sync fails, the third checkpoint
// copies only the rest, and the log is begun anew while pages may be missing from the database
// file.
func (c *Conn) CopyAgain() error {
	if c.db == 0 {
		return ErrClosed
	}
	file, methods, err := c.file()
	if err != nil {
		return err
	}
	index, err := c.mapRegion(file, methods)
	if err != nil || index == 0 { // without an index nothing was copied
		return err
	}
	// SQLite's own checkpoints hold this lock while they copy and count, so the number does not
	// change under one of them.
	lock := function[func(*libc.TLS, uintptr, int32, int32, int32) int32](methods.FxShmLock)
	if rc := lock(c.tls, file, checkpointLock, 1, lib.SQLITE_SHM_LOCK|lib.SQLITE_SHM_EXCLUSIVE); rc != lib.SQLITE_OK {
		return codeError(c.tls, rc)
	}
	atomic.StoreUint32((*uint32)(pointer(index+indexCopied)), 0)
	return codeError(c.tls, lock(c.tls, file, checkpointLock, 1, lib.SQLITE_SHM_UNLOCK|lib.SQLITE_SHM_EXCLUSIVE))
}

// mapRegion returns the address of the first region of the index, 0 if there is no index.
func (c *Conn) mapRegion(file uintptr, methods *lib.Tsqlite3_io_methods) (uintptr, error) {
	if methods.FxShmMap == 0 {
		return 0, nil
	}
	out := c.tls.Alloc(8)
	defer c.tls.Free(8)
	result := (*uintptr)(pointer(out))
	*result = 0
	share := function[func(*libc.TLS, uintptr, int32, int32, int32, uintptr) int32](methods.FxShmMap)
	rc := share(c.tls, file, 0, indexRegion, 0, out)
	return *result, codeError(c.tls, rc)
}

// function returns the Go function at an address of the C side.
func function[T any](p uintptr) T { return *(*T)(unsafe.Pointer(&struct{ p uintptr }{p})) }
