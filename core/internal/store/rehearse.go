// Trying an index on a copy of tables, and which indexes are of use.

package store

import "context"

// Rehearser is what a Store knows of its indexes. Both engines are one.
type Rehearser interface {
	// Rehearse calls fn with a transaction in which the tables are copies, with their indexes, of
	// the first rows of each, so many at most. whole says that these are all rows there are.
	// Nothing of it remains, and nobody else waits for it. Tables are ones of collections that
	// are no views; no others are there for fn on an engine that copies into a file.
	Rehearse(ctx context.Context, tables []string, rows int, fn func(tx Tx, whole bool) error) error

	// UsedIndexes returns the names of indexes that reads have used: on an engine that does not
	// count, those that the plans of the statements name.
	UsedIndexes(ctx context.Context, statements []string) (map[string]bool, error)
}
