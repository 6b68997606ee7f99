// Connections: opening, closing, errors.

package binding

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// Config holds the options of Open.
type Config struct {
	Path string
	VFS  string // name of the SQLite VFS; empty for the default

	// Immutable opens the file read-only without its log. Nothing is written to it and no file is
	// created beside it.
	Immutable bool

	// Progress is called about every ProgressSteps virtual machine steps while a
	// statement runs, on its goroutine; false stops the statement with
	// CodeInterrupt. It must not use the connection.
	Progress      func() bool
	ProgressSteps int

	// Authorize is called for each operation of a statement when it is prepared; false refuses
	// the statement. It must not use the connection.
	Authorize func(Access) bool
}

// Conn is one connection to a database file.
type Conn struct {
	tls    *libc.TLS
	db     uintptr
	cfg    Config
	pin    runtime.Pinner // c itself: the C side holds its address for callbacks
	stmts  map[*Stmt]struct{}
	frames int     // length of the log after the last commit of this connection
	index  uintptr // address of the index of the log; 0 until it was looked for
}

// maxLength is the maximum size of a text or a row in bytes. With SQLite's own limit, 1 GB, an
// expression such as printf('%.*c', …) could use that memory in one step, which no progress
// handler interrupts.
const maxLength = 64 << 20

// Open opens the file, and creates it if it is missing.
func Open(cfg Config) (*Conn, error) {
	if strings.IndexByte(cfg.Path+cfg.VFS, 0) >= 0 {
		return nil, errors.New("binding: path with a NUL byte")
	}
	c := &Conn{tls: libc.NewTLS(), cfg: cfg, stmts: map[*Stmt]struct{}{}}
	c.pin.Pin(c)
	if err := c.open(); err != nil {
		return nil, fmt.Errorf("open %s: %w", cfg.Path, errors.Join(err, c.Close()))
	}
	return c, nil
}

// open opens the handle and makes the settings of every connection. After an error Close frees
// the resources.
func (c *Conn) open() error {
	flags := int32(lib.SQLITE_OPEN_READWRITE | lib.SQLITE_OPEN_CREATE | lib.SQLITE_OPEN_NOMUTEX)
	name := c.cfg.Path
	if c.cfg.Immutable {
		flags = lib.SQLITE_OPEN_READONLY | lib.SQLITE_OPEN_URI | lib.SQLITE_OPEN_NOMUTEX
		name = "file:" + (&url.URL{Path: filepath.ToSlash(name)}).EscapedPath() + "?immutable=1"
	}
	// One goroutine at a time uses a connection, so SQLite needs no lock for it.
	path, err := cstring(c.tls, name)
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, path)
	var vfs uintptr
	if c.cfg.VFS != "" {
		if vfs, err = cstring(c.tls, c.cfg.VFS); err != nil {
			return err
		}
		defer libc.Xfree(c.tls, vfs)
	}
	out := c.tls.Alloc(8)
	defer c.tls.Free(8)
	rc := lib.Xsqlite3_open_v2(c.tls, path, out, flags, vfs)
	c.db = *(*uintptr)(pointer(out)) // set even after most failures; Close frees it
	if rc != lib.SQLITE_OK {
		return codeError(c.tls, rc)
	}
	lib.Xsqlite3_extended_result_codes(c.tls, c.db, 1)
	lib.Xsqlite3_limit(c.tls, c.db, lib.SQLITE_LIMIT_LENGTH, maxLength)
	self := uintptr(unsafe.Pointer(c))
	// The hook replaces SQLite's automatic checkpoints, which would run within commits: the
	// package sqlite decides when to run a checkpoint.
	lib.Xsqlite3_wal_hook(c.tls, c.db, callback(onCommitFrames), self)
	if c.cfg.Progress != nil {
		lib.Xsqlite3_progress_handler(c.tls, c.db, int32(max(c.cfg.ProgressSteps, 1)), callback(onProgress), self)
	}
	if c.cfg.Authorize != nil {
		lib.Xsqlite3_set_authorizer(c.tls, c.db, callback(onAuthorize), self)
	}
	return c.addFunctions()
}

// Close finalizes every statement and closes the connection. It may be called again.
func (c *Conn) Close() error {
	for s := range c.stmts {
		s.Close()
	}
	var err error
	if c.db != 0 {
		// close_v2 never refuses: resources that are still in use are freed with their last user.
		if rc := lib.Xsqlite3_close_v2(c.tls, c.db); rc != lib.SQLITE_OK {
			err = codeError(c.tls, rc)
		}
		c.db, c.index = 0, 0
	}
	if c.tls != nil {
		c.tls.Close()
		c.tls = nil
	}
	c.pin.Unpin()
	return err
}

// OpenStatements returns the number of statements that are prepared and not closed.
func (c *Conn) OpenStatements() int { return len(c.stmts) }

// Exec runs one statement without parameters to its end.
func (c *Conn) Exec(sql string) error {
	s, err := c.Prepare(sql)
	if err != nil {
		return err
	}
	defer s.Close()
	for {
		row, err := s.Step()
		if err != nil || !row {
			return err
		}
	}
}

// Option is an option of a connection that can be on or off.
type Option int32

// The options that the engine sets.
const (
	OptionDefensive     Option = lib.SQLITE_DBCONFIG_DEFENSIVE
	OptionTrustedSchema Option = lib.SQLITE_DBCONFIG_TRUSTED_SCHEMA
	OptionStablePlans   Option = lib.SQLITE_DBCONFIG_ENABLE_QPSG
	OptionKeepLog       Option = lib.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE
)

// Set turns an option on or off.
func (c *Conn) Set(o Option, on bool) error {
	if c.db == 0 {
		return ErrClosed
	}
	value := int32(0)
	if on {
		value = 1
	}
	args := c.tls.Alloc(16)
	defer c.tls.Free(16)
	return c.failure(lib.Xsqlite3_db_config(c.tls, c.db, int32(o), libc.VaList(args, value, uintptr(0))))
}

// SetBusyTimeout bounds the wait for a locked database, in milliseconds.
func (c *Conn) SetBusyTimeout(ms int) {
	if c.db != 0 {
		lib.Xsqlite3_busy_timeout(c.tls, c.db, int32(ms))
	}
}

// Autocommit reports whether no transaction is open. Some failures (no space, an interrupted
// write) end the whole transaction, which is found out by this method.
func (c *Conn) Autocommit() bool {
	return c.db == 0 || lib.Xsqlite3_get_autocommit(c.tls, c.db) != 0
}

// Changes returns the number of rows that the last finished INSERT, UPDATE or DELETE changed.
func (c *Conn) Changes() int64 {
	if c.db == 0 {
		return 0
	}
	return lib.Xsqlite3_changes64(c.tls, c.db)
}

// TotalChanges returns the number of rows that all statements have changed, including triggers.
func (c *Conn) TotalChanges() int64 {
	if c.db == 0 {
		return 0
	}
	return lib.Xsqlite3_total_changes64(c.tls, c.db)
}

// Frames returns the length of the write-ahead log, in pages, after the last commit of this
// connection.
func (c *Conn) Frames() int { return c.frames }

// CheckpointMode tells how much a checkpoint waits, and what becomes of the log.
type CheckpointMode int32

// The modes of a checkpoint.
const (
	CheckpointPassive  CheckpointMode = lib.SQLITE_CHECKPOINT_PASSIVE  // waits for no reader or writer
	CheckpointRestart  CheckpointMode = lib.SQLITE_CHECKPOINT_RESTART  // the next write begins the log anew
	CheckpointTruncate CheckpointMode = lib.SQLITE_CHECKPOINT_TRUNCATE // like CheckpointRestart, and the log file is emptied
)

// Checkpoint copies the log into the database file. It returns the length of the log and the
// length of its copied part, in pages.
func (c *Conn) Checkpoint(mode CheckpointMode) (frames, copied int, err error) {
	if c.db == 0 {
		return 0, 0, ErrClosed
	}
	out := c.tls.Alloc(16)
	defer c.tls.Free(16)
	rc := lib.Xsqlite3_wal_checkpoint_v2(c.tls, c.db, 0, int32(mode), out, out+8)
	frames, copied = int(*(*int32)(pointer(out))), int(*(*int32)(pointer(out + 8)))
	return frames, copied, c.failure(rc)
}
