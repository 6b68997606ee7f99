// Statements that control transactions: BEGIN, COMMIT, ROLLBACK, savepoints, and the
// version of the data.

package sqlite

// control is a statement by which the engine controls transactions. These statements are not in
// the cache, where a caller's text could find them: callers may not begin or end transactions.
type control uint8

const (
	controlBeginRead control = iota
	controlBeginWrite
	controlCommit
	controlRollback
	controlSaveOp // around each operation of a group
	controlKeepOp
	controlUndoOp
	controlSave // around a Tx.Savepoint
	controlKeep
	controlUndo
	controlSnapshot // opens the read transaction and reads no rows
	controlDataVersion
	controlCount
)

// sql returns the text of the statement.
func (k control) sql() string {
	return [controlCount]string{
		controlBeginRead:   `BEGIN`,
		controlBeginWrite:  `BEGIN IMMEDIATE`,
		controlCommit:      `COMMIT`,
		controlRollback:    `ROLLBACK`,
		controlSaveOp:      `SAVEPOINT op`,
		controlKeepOp:      `RELEASE op`,
		controlUndoOp:      `ROLLBACK TO op`,
		controlSave:        `SAVEPOINT sp`,
		controlKeep:        `RELEASE sp`,
		controlUndo:        `ROLLBACK TO sp`,
		controlSnapshot:    `SELECT 1 FROM sqlite_schema WHERE 0`,
		controlDataVersion: `PRAGMA data_version`,
	}[k]
}

// do runs a control statement and returns the number in its first row, if any.
func (c *conn) do(k control) (n int64, err error) {
	c.own = true // also while it runs: after a schema change SQLite compiles it again
	defer func() { c.own = false }()
	// Each statement is prepared once for the life of the connection: BEGIN and COMMIT run with
	// every call.
	s := c.controls[k]
	if s == nil {
		if s, err = c.Prepare(k.sql()); err != nil {
			return 0, err
		}
		c.controls[k] = s
	}
	defer s.Reset()
	row, err := s.Step()
	if row {
		n = s.Int(0)
	}
	return n, err
}
