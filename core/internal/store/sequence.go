// Numbers of transactions: how the change log orders what engines commit.

package store

// Sequences spells the SQL by which the change log numbers transactions and learns
// which numbers may still appear. Each method returns an expression of a 64-bit
// integer.
//
// With many writers (PostgreSQL) numbers are drawn in another order than their
// transactions commit in, and a rollback leaves its number out. A transaction has its
// transaction id before its first row is written. So once OldestRunning has reached an
// earlier TransactionID, every transaction that had begun to write by then is visible
// or was rolled back.
type Sequences interface {
	// NextNumber draws the next number of a {serial} column (see package migrations),
	// greater than every number drawn before: nextval. With one writer it is the
	// greatest number in the table plus one.
	NextNumber(table, column string) string

	// OldestRunning is the id of the oldest transaction that was running when this one
	// took its snapshot: pg_snapshot_xmin(pg_current_snapshot()). 0 with one writer.
	OldestRunning() string

	// TransactionID is the id of this transaction, greater than the ids of all that
	// began to write before: pg_current_xact_id(). 0 with one writer.
	TransactionID() string
}

// Migrator spells the SQL of the engine's own tables.
type Migrator interface {
	// Migration replaces the words in braces in a statement of a system migration by
	// the engine's SQL: {text}, {int}, {serial}, {rowid} and {clustered} (see package
	// migrations).
	Migration(sql string) string
}
