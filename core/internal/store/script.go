// Scripts: SQL that an administrator has written, and what it gives.

package store

// Script is SQL that somebody who may do everything has written: one or more statements,
// which are trusted with the data and with nothing else. An engine refuses what reaches
// past the database (files, programs, other databases), ends the transaction, or changes
// settings of the connection.
type Script struct {
	SQL    string
	Args   []Value // for the parameters $1, $2 … of the only statement; nil: no parameters
	Rows   int     // of the result, at most
	Bytes  int64   // of the values of the result, at most
	Memory int64   // that an engine in this process may take for it

	// Written is called within the transaction, after the last statement, if a statement
	// may have written. tables have the names of those that were, and may have those of
	// others. Its error undoes the script. It may be called more than once, as the function
	// of Store.Write.
	Written func(tx Tx, tables []string) error

	// Row, if it is not nil, is called with each row of the last statement; ScriptResult.Rows then
	// stays empty. The number of rows is not limited, and Bytes limits each row by itself. Row may
	// keep row, whose nil values are NULL, and columns, which all calls share. An error of Row ends
	// the script, and Run returns the error. If the script writes, Run returns ErrScriptWrites,
	// possibly after calls of Row, and stores nothing.
	Row func(columns []ScriptColumn, row []*string) error
}

// ScriptResult is what the last statement of a script gives.
type ScriptResult struct {
	Columns   []ScriptColumn
	Rows      [][]*string // nil for NULL
	Truncated bool        // there were more rows than Script.Rows, or more than fit into Script.Bytes
	Changed   int64       // rows that the statement inserted, updated or deleted
	Total     int64       // rows that all statements of the script inserted, updated or deleted

	// Powerful says that the account of the database reaches past it, into files or
	// programs of its machine, so that what is refused is all that keeps a script from them.
	Powerful bool
}

// ScriptColumn is a column of the rows.
type ScriptColumn struct {
	Name     string
	Type     string // as the engine calls it; may be empty for an expression
	Nullable bool
}

// ErrScriptRow is a row that is larger than the result of a script may be.
var ErrScriptRow error = &StatementError{Message: "a row is larger than the whole result may be: select less of it, as with substr()"}

// ErrScriptMemory is a script that needs more than Script.Memory.
var ErrScriptMemory error = &StatementError{Message: "the statement needs more memory than a script may take"}

// ErrScriptWrites is the error of a script that writes although it has a Script.Row.
var ErrScriptWrites error = &StatementError{Message: "the statements write: they run once, as a whole, and give no further rows"}

// cellBytes is what a value takes beside its bytes.
const cellBytes = 32

// Add appends a row to Rows, or calls Script.Row with the row. bytes is the length of all values of
// the row, and room the number of bytes that Rows may still grow by. text returns the value of a
// column, nil for NULL. If the result is full, Add drops the row and returns false. The error is
// ErrScriptRow or the error of Script.Row.
func (r *ScriptResult) Add(s *Script, room *int64, bytes int64, text func(col int) *string) (more bool, err error) {
	bytes += cellBytes * int64(len(r.Columns))
	if len(r.Rows) == 0 && bytes > s.Bytes {
		return false, ErrScriptRow
	}
	if s.Row == nil && (len(r.Rows) == s.Rows || bytes > *room) {
		r.Truncated = true
		return false, nil
	}
	row := make([]*string, len(r.Columns))
	for i := range row {
		row[i] = text(i)
	}
	if s.Row != nil {
		return true, s.Row(r.Columns, row)
	}
	*room -= bytes
	r.Rows = append(r.Rows, row)
	return true, nil
}
