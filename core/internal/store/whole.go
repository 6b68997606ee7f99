// A database of which a server keeps the files: read as a whole (backup), and replaced as a
// whole (restore).

package store

import "context"

// Whole copies and replaces the database of an engine that is a server, such as PostgreSQL. The
// Store of such an engine implements it; the Store of a database file implements Files.
type Whole interface {
	Yielder

	// ReadWhole is Read for a copy of everything: it has no limit of time but that of ctx,
	// and takes no place of other reads. Writes go on meanwhile; changes of definitions wait.
	ReadWhole(ctx context.Context, fn func(Reader) error) error

	// Size is about how many bytes the tables have.
	Size(r Reader) (int64, error)

	// MayStage returns a *GrantError if the account of the database lacks a right that Stage
	// needs.
	MayStage(ctx context.Context) error

	// Stage calls fill in a transaction to which the database looks empty: what it makes
	// waits there for Staged.Swap, seen by nobody. Reads and writes go on meanwhile. The
	// caller closes what is returned.
	Stage(ctx context.Context, fill func(Tx) error) (Staged, error)
}

// Staged are tables that wait to take the place of others. It belongs to one goroutine.
type Staged interface {
	// Swap puts them in the place of the tables and views that old returns, in one step:
	// reads and writes that run are waited for, those that come meanwhile run on the new
	// ones. old is called when none runs. Afterwards this process follows, as others do, as
	// if somebody else had changed everything (OnForeignWrite). On an error but that of a lost
	// connection the old tables are there. It may be called once.
	Swap(ctx context.Context, old func(Reader) ([]CatalogName, error)) error

	// Close gives up what was not swapped.
	Close()
}

// GrantError is a right that the account of the database lacks. Grant is the statement that
// gives it.
type GrantError struct{ Grant string }

func (e *GrantError) Error() string { return "store: the account of the database needs " + e.Grant }
