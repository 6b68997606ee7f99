// Package store defines the interfaces of the database engines, independent of the engine. The
// engines are in the packages below store; only core names and chooses them. Both engines must pass
// storetest.
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

	// Read calls fn in one read transaction, so fn reads one state of the database. fn must not
	// keep the Reader or its rows after it returns. WithLimit limits the time of fn. If no query of
	// fn has returned a row yet, Read may call fn a second time; then only the second call counts.
	Read(ctx context.Context, fn func(Reader) error) error

	// Write calls fn in a new transaction and returns nil when the transaction is durable, even
	// after a power cut. fn must not block, hash, use files or call the store again. fn may be
	// called more than once (a retry after a conflict), so fn must have effects outside of the
	// transaction through Tx.OnCommit only. If fn fails, the transaction is rolled back and Write
	// returns the error of fn.
	Write(ctx context.Context, fn func(Tx) error) error

	// LongWrite returns the time within which the function of a Write should return. A slower
	// function holds up the writes of other callers, so only a few slow ones should run at a time.
	LongWrite() time.Duration

	// Exclusive calls fn as Write does, while no other write runs. It is for schema changes and
	// for transactions that take long.
	Exclusive(ctx context.Context, fn func(Tx) error) error

	// Run runs a script. A script that only reads runs in a read transaction, concurrently with
	// all others; any other script runs in one exclusive transaction. Only ctx limits the time. The
	// error for a statement that the engine refuses is a *StatementError.
	Run(ctx context.Context, s Script) (ScriptResult, error)

	// OnForeignWrite sets the function that is called when another process has written to the
	// database. logged means that all writes are in the change log and that no table has changed
	// its form; if logged is false, fn must drop all caches. If fn fails, it is called again about
	// a second later. fn must read with its ctx. OnForeignWrite is called once, before the first
	// Write.
	OnForeignWrite(fn func(ctx context.Context, logged bool) error)

	// Available returns ErrUnavailable if writes are known to fail or to be lost, for example
	// after the file of the database was removed. It does not read the database.
	Available() error

	// Close waits for running calls, then releases all resources. Further calls do nothing.
	Close() error
}

// Reader reads in one transaction. It belongs to one goroutine.
type Reader interface {
	// Query runs one SELECT with its parameters ($1, $2 …). The caller closes
	// the rows; a second query may run while the first one's rows are open.
	Query(sql string, args ...Value) (Rows, error)

	// Stamp identifies the state of the tables that this transaction reads: two equal stamps of
	// the same tables mean the same contents. ok is false if the state is unknown; then results
	// must not be cached. Stamp must be called before the first Query.
	Stamp(tables ...string) (stamp uint64, ok bool)
}

// Tx writes in one transaction. It belongs to one goroutine.
type Tx interface {
	Reader

	// Exec runs one statement and returns the number of rows that it changed.
	Exec(sql string, args ...Value) (int64, error)

	// Savepoint calls fn. If fn fails, the writes of fn are undone, the transaction goes on, and
	// Savepoint returns the error of fn.
	Savepoint(fn func() error) error

	// OnCommit queues fn to be called when the commit is durable, before the commit is
	// acknowledged, in the order of the commits. fn may invalidate caches; it must be quick and
	// must not use the store. fn is dropped if the transaction, or the savepoint in which it was
	// queued, is rolled back.
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
