// A database that is one file: online copy (backup) and replacement (restore).

package store

import (
	"context"
	"time"
)

// Yielder is a Store beside which work can be done that takes processor or disk.
type Yielder interface {
	// Yield pauses for that long if there are writes: called again and again with the time
	// that the work took since the last call, it leaves the writes half of both. It fails when
	// ctx ends.
	Yield(ctx context.Context, took time.Duration) error
}

// Files is implemented by a Store whose database is one file: SQLite. PostgreSQL implements
// Whole instead.
type Files interface {
	Yielder

	// Copy writes a copy of the database to a new file, which is durable when Copy
	// returns nil. The copy is of one state, that at the beginning; writes go on
	// meanwhile. progress, which may be nil, is called now and then with the number of
	// bytes that were copied and that there are. Until the copy is whole it has another
	// name, path with ".partial" at the end, which is removed on an error. Errors: that
	// of ctx (ErrTimeout past its deadline), ErrClosed, ErrFull, and those of the file
	// system, fs.ErrExist among them if path exists.
	Copy(ctx context.Context, path string, progress func(copied, total int64)) error

	// Replace puts the contents of the database file at path, such as Copy writes, in the
	// place of this database. It is one transaction: reads in progress go on in the old
	// state, writes wait and then run on the new one, and a crash leaves either the old
	// database or the new one. The file's contents stay as they are; nobody else may use
	// it meanwhile, as the engine writes files of its own beside it.
	//
	// replaced is called when the new state is durable, while no write runs. It may read
	// the store, and must not write. In it the caller drops every cache and reads
	// definitions again. Other processes learn of the new state as of any write of
	// others (OnForeignWrite).
	//
	// On an error the database is the old one. Errors: *DamageError for a file that is
	// broken, that of ctx, ErrFull, ErrUnavailable, ErrClosed.
	Replace(ctx context.Context, path string, replaced func()) error
}

// Shrinker is implemented by a Store that keeps space which it does not use any more:
// SQLite. PostgreSQL looks after itself.
type Shrinker interface {
	// Shrink gives space back to the file system. Writes wait meanwhile.
	Shrink(ctx context.Context) error
}
