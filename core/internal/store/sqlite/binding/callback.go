// Callbacks from SQLite into Go: authorizer, progress, the length of the log after a
// commit.

package binding

import (
	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// Access is one operation that a statement in preparation would perform.
type Access struct {
	Op   Op
	Name string // the table, pragma, function … of the operation
	More string // further information: the argument of a pragma, the table of ALTER TABLE

	Schema string // "main" or "temp", if the operation has a schema
}

// Op is the kind of an Access.
type Op int32

// The operations that the engine checks.
const (
	OpInsert      Op = lib.SQLITE_INSERT
	OpUpdate      Op = lib.SQLITE_UPDATE
	OpDelete      Op = lib.SQLITE_DELETE
	OpPragma      Op = lib.SQLITE_PRAGMA
	OpTransaction Op = lib.SQLITE_TRANSACTION
	OpSavepoint   Op = lib.SQLITE_SAVEPOINT
	OpAttach      Op = lib.SQLITE_ATTACH
	OpDetach      Op = lib.SQLITE_DETACH

	OpCreateTable   Op = lib.SQLITE_CREATE_TABLE
	OpCreateIndex   Op = lib.SQLITE_CREATE_INDEX
	OpCreateView    Op = lib.SQLITE_CREATE_VIEW
	OpCreateTrigger Op = lib.SQLITE_CREATE_TRIGGER
	OpDropTable     Op = lib.SQLITE_DROP_TABLE
	OpDropIndex     Op = lib.SQLITE_DROP_INDEX
	OpDropView      Op = lib.SQLITE_DROP_VIEW
	OpDropTrigger   Op = lib.SQLITE_DROP_TRIGGER
	OpAlterTable    Op = lib.SQLITE_ALTER_TABLE
	OpReindex       Op = lib.SQLITE_REINDEX
	OpAnalyze       Op = lib.SQLITE_ANALYZE
)

// owner returns the connection whose address the C side has. It is pinned, and alive because the
// callback runs inside one of its methods.
func owner(p uintptr) *Conn { return (*Conn)(pointer(p)) }

func onProgress(_ *libc.TLS, self uintptr) int32 {
	if owner(self).cfg.Progress() {
		return 0
	}
	return 1
}

// onAuthorize is the authorizer of SQLite: it decides whether a statement in preparation may
// perform an operation.
func onAuthorize(_ *libc.TLS, self uintptr, op int32, name, more, schema, _ uintptr) int32 {
	// Most calls are for reads and functions, which are never refused here.
	switch op {
	case lib.SQLITE_READ, lib.SQLITE_SELECT, lib.SQLITE_FUNCTION, lib.SQLITE_RECURSIVE:
		return lib.SQLITE_OK
	}
	a := Access{Op: Op(op), Name: libc.GoString(name), More: libc.GoString(more), Schema: libc.GoString(schema)}
	if owner(self).cfg.Authorize(a) {
		return lib.SQLITE_OK
	}
	return lib.SQLITE_DENY
}

func onCommitFrames(_ *libc.TLS, self, _, _ uintptr, frames int32) int32 {
	owner(self).frames = int(frames)
	return lib.SQLITE_OK
}
