package binding

import (
	"sync/atomic"
	"unsafe"

	lib "modernc.org/sqlite/lib"
)

// LogState identifies a state of the database: it is the header of the index of the log. The
// header has a count of commits, the end of the log, a checksum over the whole log and the log's
// salts, so every commit of any process changes it, before the commit returns.
type LogState [stateWords]uint64

// stateWords is the length of the header in words. The index has two copies of it: a reader
// during a write of the header finds two that differ.
const stateWords = indexCopied / 2 / 8

// stateInitialized is the offset of the byte of the header that is not 0 once there is a state.
const stateInitialized = 12

// LogState reads the present state from the memory that all connections share. It takes no lock
// and makes no system call. ok is false while a commit writes the state.
//
// A read transaction that was begun after a state was read reads exactly that state, if it has
// read anything and the state is still the same afterwards.
func (c *Conn) LogState() (s LogState, ok bool) {
	if c.index == 0 {
		if c.index = c.mapIndex(); c.index == 0 {
			return s, false
		}
	}
	header := (*[2][stateWords]uint64)(pointer(c.index))
	for i := range s {
		s[i] = atomic.LoadUint64(&header[0][i])
	}
	for i := range s { // the second copy is written first, so it is read last
		if atomic.LoadUint64(&header[1][i]) != s[i] {
			return s, false
		}
	}
	return s, (*[stateWords * 8]byte)(unsafe.Pointer(&s))[stateInitialized] != 0
}

// mapIndex returns the address of the index, 0 if there is none. It is constant until the
// connection is closed.
func (c *Conn) mapIndex() uintptr {
	if c.db == 0 {
		return 0
	}
	file, methods, err := c.file()
	if err != nil {
		return 0
	}
	p, _ := c.mapRegion(file, methods) // without an index there is no state
	return p
}

// file returns the open database file and its methods.
func (c *Conn) file() (file uintptr, methods *lib.Tsqlite3_io_methods, err error) {
	out := c.tls.Alloc(8)
	defer c.tls.Free(8)
	result := (*uintptr)(pointer(out))
	*result = 0
	if rc := lib.Xsqlite3_file_control(c.tls, c.db, 0, lib.SQLITE_FCNTL_FILE_POINTER, out); rc != lib.SQLITE_OK {
		return 0, nil, codeError(c.tls, rc)
	}
	file = *result
	return file, (*lib.Tsqlite3_io_methods)(pointer((*lib.Tsqlite3_file)(pointer(file)).FpMethods)), nil
}
