// Package binding is the thin layer between Go and SQLite's C interface as modernc.org/sqlite/lib
// translates it. Every unsafe line of the engine is in this package. It has connections,
// statements, parameters and columns; pools, transactions and caches are in the package sqlite.
//
// It adds to the C interface: the use of a statement or connection after Close fails with
// ErrClosed and never touches freed memory; parameters are `$1`, `$2` … in any order; binding and
// reading columns allocate nothing.
//
// A Conn and its statements belong to one goroutine at a time.
package binding

import (
	"errors"
	"strconv"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// ErrClosed is the error of the use of a connection or statement after its Close.
var ErrClosed = errors.New("binding: used after close")

// Result codes that the engine distinguishes.
const (
	CodeBusy       = lib.SQLITE_BUSY
	CodeLocked     = lib.SQLITE_LOCKED
	CodeMemory     = lib.SQLITE_NOMEM
	CodeInterrupt  = lib.SQLITE_INTERRUPT
	CodeIO         = lib.SQLITE_IOERR
	CodeCorrupt    = lib.SQLITE_CORRUPT
	CodeFull       = lib.SQLITE_FULL
	CodeCannotOpen = lib.SQLITE_CANTOPEN
	CodeProtocol   = lib.SQLITE_PROTOCOL
	CodeNotADB     = lib.SQLITE_NOTADB

	// CodeUnique and CodePrimaryKey are extended codes of SQLITE_CONSTRAINT.
	CodeUnique     = lib.SQLITE_CONSTRAINT_UNIQUE
	CodePrimaryKey = lib.SQLITE_CONSTRAINT_PRIMARYKEY
)

// Error is a result code of SQLite with its message.
type Error struct {
	Code    int // extended
	Message string
	At      int // the place of the error in the SQL of PrepareNext, in bytes from 1; 0 if unknown
}

// Primary returns the code without its extension.
func (e *Error) Primary() int { return e.Code & 0xff }

func (e *Error) Error() string { return "sqlite: " + e.Message + " (" + strconv.Itoa(e.Code) + ")" }

// failure returns the error of the last call on the connection, nil for SQLITE_OK.
func (c *Conn) failure(rc int32) error {
	if rc == lib.SQLITE_OK {
		return nil
	}
	return &Error{Code: int(rc), Message: libc.GoString(lib.Xsqlite3_errmsg(c.tls, c.db))}
}

// codeError returns an error with the general message of the code: the message of the connection
// may be of an earlier call.
func codeError(tls *libc.TLS, rc int32) error {
	if rc == lib.SQLITE_OK {
		return nil
	}
	return &Error{Code: int(rc), Message: libc.GoString(lib.Xsqlite3_errstr(tls, rc))}
}
