// A database that is one file: online copy (backup) and replacement (restore).

package store

import (
	"context"
	"time"
)

// Yielder is a Store with which background work can leave processor and disk to writes.
type Yielder interface {
	// Yield pauses for the time took if there are writes. If the work calls it regularly, with
	// the time since the last call, it leaves half of processor and disk to the writes. The error
	// is that of ctx.
	Yield(ctx context.Context, took time.Duration) error
}

// Files is implemented by a Store whose database is one file: SQLite. PostgreSQL implements
// Whole instead.
type Files interface {
	Yielder

	// Copy writes a copy of the database to a new file, which is durable when Copy returns nil.
	// The copy is one snapshot, taken at the beginning; writes continue meanwhile. progress,
	// which may be nil, is called several times with the number of copied bytes and of all bytes.
	// Until the copy is complete its name is path with the suffix ".partial"; on an error it is
	// removed. Errors: that of ctx (ErrTimeout after its deadline), ErrClosed, ErrFull, and those
	// of the file system, including fs.ErrExist if path exists.
	Copy(ctx context.Context, path string, progress func(copied, total int64)) error

	// Replace replaces the content of this database by that of the database file at path, such as
	// Copy writes. It is one transaction: running reads continue in the old state, writes wait
	// and then run on the new one, and a crash leaves either the old database or the new one. The
	// content of the file does not change; no other program may use it meanwhile, since the
	// engine writes files beside it.
	//
	// replaced is called when the new state is durable, while no write runs. It may read the
	// store, but must not write. In it the caller drops every cache and reads the definitions
	// again. Other processes notice the new state as they notice any foreign write
	// (OnForeignWrite).
	//
	// On an error the database is the old one. Errors: *DamageError for a damaged file, that of
	// ctx, ErrFull, ErrUnavailable, ErrClosed.
	Replace(ctx context.Context, path string, replaced func()) error
}

// Shrinker is a Store that keeps space which it no longer uses: SQLite. PostgreSQL frees such
// space itself.
type Shrinker interface {
	// Shrink gives space back to the file system. Writes wait meanwhile.
	Shrink(ctx context.Context) error
}
