// Numbers of transactions, by which the change log orders commits.

package store

// Sequences generates the SQL by which the change log numbers transactions, and by which it finds
// out which numbers may still appear. Each method returns an expression of a 64-bit integer.
//
// With many writers (PostgreSQL) the order of the numbers is not the order of the commits, and a
// rollback leaves a gap. A transaction has its transaction id before its first row is written. So
// once OldestRunning has reached an earlier TransactionID, every transaction that had begun to
// write by then is visible or was rolled back.
type Sequences interface {
	// NextNumber returns the next number of a {serial} column (see package migrations), which is
	// greater than every number drawn before: nextval. With one writer it is the greatest number
	// in the table plus one.
	NextNumber(table, column string) string

	// OldestRunning returns the id of the oldest transaction that was running when this one took
	// its snapshot: pg_snapshot_xmin(pg_current_snapshot()). It is 0 with one writer.
	OldestRunning() string

	// TransactionID returns the id of this transaction, which is greater than the ids of all
	// transactions that began to write before: pg_current_xact_id(). It is 0 with one writer.
	TransactionID() string
}

// Migrator generates the SQL of the engine's own tables.
type Migrator interface {
	// Migration replaces the words in braces in a statement of a system migration by
	// the engine's SQL: {text}, {int}, {serial}, {rowid} and {clustered} (see package
	// migrations).
	Migration(sql string) string
}
