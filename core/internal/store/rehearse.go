// Rehearser: trying indexes on copies of tables, and finding the indexes in use.

package store

import "context"

// Rehearser is a Store that can try indexes on copies of tables. Both engines implement it.
type Rehearser interface {
	// Rehearse calls fn with a transaction in which each of the tables is a copy, with the indexes
	// and at most the given number of rows, the first ones. whole reports whether the copies have
	// all rows. The copies are dropped when fn returns, and no other call waits for them. The
	// tables must belong to collections that are not views. On an engine that copies into a file,
	// fn can use no other tables. The error is that of fn, or of copying.
	Rehearse(ctx context.Context, tables []string, rows int, fn func(tx Tx, whole bool) error) error

	// UsedIndexes returns the names of the indexes that reads have used. An engine that does not
	// count uses returns the indexes in the query plans of the statements.
	UsedIndexes(ctx context.Context, statements []string) (map[string]bool, error)
}
