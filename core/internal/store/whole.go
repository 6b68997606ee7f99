// A database whose files belong to a server: read as a whole (backup), and replaced as a whole
// (restore).

package store

import "context"

// Whole copies and replaces the database of an engine that is a server, such as PostgreSQL. The
// Store of such an engine implements it; the Store of a database file implements Files.
type Whole interface {
	Yielder

	// ReadWhole is Read for a copy of everything: only ctx limits its time, and it takes no place
	// of other reads. Writes continue meanwhile; changes of definitions wait.
	ReadWhole(ctx context.Context, fn func(Reader) error) error

	// Size returns the approximate size of the tables in bytes.
	Size(r Reader) (int64, error)

	// MayStage returns a *GrantError if the account of the database lacks a right that Stage
	// needs.
	MayStage(ctx context.Context) error

	// Stage calls fill in a transaction to which the database looks empty. The tables that fill
	// creates wait in it for Staged.Swap and are not visible to others. Reads and writes continue
	// meanwhile. The caller must close the result.
	Stage(ctx context.Context, fill func(Tx) error) (Staged, error)
}

// Staged holds the new tables of a restore until they replace the old ones. It belongs to one
// goroutine.
type Staged interface {
	// Swap replaces the tables and views that old returns by the staged ones, in one transaction:
	// it waits for running reads and writes, and new ones run on the new tables. old is called
	// when none runs. Afterwards OnForeignWrite is called, in this process as in others, since
	// everything may have changed. On an error, other than that of a lost connection, the old
	// tables are unchanged. Swap may be called once.
	Swap(ctx context.Context, old func(Reader) ([]CatalogName, error)) error

	// Close drops the staged tables if they were not swapped.
	Close()
}

// GrantError is the error of a missing right of the database account. Grant is the statement that
// grants it.
type GrantError struct{ Grant string }

func (e *GrantError) Error() string { return "store: the account of the database needs " + e.Grant }
