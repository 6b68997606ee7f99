// Package store says what Loam needs of a database and nothing about which one
// it is. The engines live in the packages below it, are chosen in core and named
// nowhere else; both must pass storetest.
package store

import (
	"context"
	"time"
)

// Store is one open database. It is safe for concurrent use.
type Store interface {
	Dialect() Dialect
	Catalog() Catalog
	Sequences() Sequences
	Migrator() Migrator

	// Read calls fn in one read transaction: everything that fn reads is of one
	// state. What fn gets must not be kept after it returns. WithLimit bounds it.
	Read(ctx context.Context, fn func(Reader) error) error

	// Write calls fn in a transaction of its own and returns when it is durable:
	// a nil error survives a power cut. fn must not block, hash, touch files or
	// call the store again, and may be called more than once (a retry after a
	// conflict), so it has no outside effect but through Tx.OnCommit. If fn fails,
	// nothing of it is kept and Write returns its error.
	Write(ctx context.Context, fn func(Tx) error) error

	// LongWrite returns the time within which the function of a Write should return. A slower
	// function holds up the writes of other callers, so only a few slow ones should run at a time.
	LongWrite() time.Duration

	// Exclusive is Write for schema changes and for work that holds the
	// transaction for long: no other write runs beside it.
	Exclusive(ctx context.Context, fn func(Tx) error) error

	// Run runs a script. One that only reads is run in a read transaction, beside all
	// others; else all of it in one that is exclusive. It has no limit of time but that of
	// ctx. What the engine refuses is a *StatementError.
	Run(ctx context.Context, s Script) (ScriptResult, error)

	// OnForeignWrite sets the function that is called when another process has written
	// to this database. logged: everything that was written is in the change log, and no
	// table changed its form. Not logged: drop every cache. If fn fails it is called
	// again about a second later. It must read with the context that it is given. Set
	// once, before the first Write.
	OnForeignWrite(fn func(ctx context.Context, logged bool) error)

	// Available is ErrUnavailable if it is known that writes would fail or be lost,
	// as after the file of the database was removed. It takes no time.
	Available() error

	// Close waits for running work, then releases everything. Idempotent.
	Close() error
}

// Reader reads in one transaction. It belongs to one goroutine.
type Reader interface {
	// Query runs one SELECT with its parameters ($1, $2 …). The caller closes
	// the rows; a second query may run while the first one's rows are open.
	Query(sql string, args ...Value) (Rows, error)

	// Stamp names the state of the given tables (and everything read from them)
	// as this transaction sees it: two equal stamps of the same tables mean the
	// same contents. ok is false when that is not known; then nothing may be
	// cached. Call it before the first Query.
	Stamp(tables ...string) (stamp uint64, ok bool)
}

// Tx writes in one transaction. It belongs to one goroutine.
type Tx interface {
	Reader

	// Exec runs one statement and returns the number of rows that it changed.
	Exec(sql string, args ...Value) (int64, error)

	// Savepoint calls fn; if it fails, what it wrote is undone, the transaction
	// goes on, and its error is returned.
	Savepoint(fn func() error) error

	// OnCommit queues fn to be called after the commit is durable and before
	// anybody learns of it, in the order of the commits. It is the place where
	// caches are invalidated: it must be quick and must not use the store. It is
	// forgotten if the transaction, or the savepoint it was queued in, is undone.
	OnCommit(fn func())
}

// Rows is the cursor of one query. Columns count from 0.
type Rows interface {
	Next() bool // false at the end and on an error
	Err() error
	Close() error // idempotent; returns Err

	Kind(col int) ValueKind
	Bytes(col int) []byte // text form, valid until the next Next or Close; nil for NULL
	Text(col int) string
	Int(col int) int64
	Float(col int) float64
	Bool(col int) bool
}
