// Scripts: SQL of an administrator, and its results.

package store

// Script is SQL of an administrator: one or more statements, which are trusted with the data
// only. An engine refuses statements that reach beyond the database (files, programs, other
// databases), end the transaction, or change settings of the connection.
type Script struct {
	SQL    string
	Args   []Value // for the parameters $1, $2 … of the only statement; nil: no parameters
	Rows   int     // maximum number of rows of the result
	Bytes  int64   // maximum size of the values of the result
	Memory int64   // maximum memory in bytes of an engine inside this process

	// Written is called inside the transaction, after the last statement, if a statement may have
	// written. tables has the names of all written tables, and perhaps of others. Its error rolls
	// back the script. It may be called more than once, like the function of Store.Write.
	Written func(tx Tx, tables []string) error

	// Row, if it is not nil, is called with each row of the last statement; ScriptResult.Rows then
	// stays empty. The number of rows is not limited, and Bytes limits each row by itself. Row may
	// keep row, whose nil values are NULL, and columns, which all calls share. An error of Row ends
	// the script, and Run returns the error. If the script writes, Run returns ErrScriptWrites,
	// possibly after calls of Row, and stores nothing.
	Row func(columns []ScriptColumn, row []*string) error
}

// ScriptResult is the result of the last statement of a script.
type ScriptResult struct {
	Columns   []ScriptColumn
	Rows      [][]*string // nil for NULL
	Truncated bool        // there were more rows than Script.Rows, or more than fit into Script.Bytes
	Changed   int64       // rows that the statement inserted, updated or deleted
	Total     int64       // rows that all statements of the script inserted, updated or deleted

	// Powerful reports whether the account of the database can access files or programs of its
	// machine, so that only the refusals keep a script from them.
	Powerful bool
}

// ScriptColumn is a column of the result.
type ScriptColumn struct {
	Name     string
	Type     string // in the engine's words; may be empty for an expression
	Nullable bool
}

// ErrScriptRow is the error of a row that is larger than the maximum size of the result.
var ErrScriptRow error = &StatementError{Message: "a row is larger than the whole result may be: select less of it, as with substr()"}

// ErrScriptMemory is the error of a script that needs more than Script.Memory.
var ErrScriptMemory error = &StatementError{Message: "the statement needs more memory than a script may take"}

// ErrScriptWrites is the error of a script that writes although it has a Script.Row.
var ErrScriptWrites error = &StatementError{Message: "the statements write: they run once, as a whole, and give no further rows"}

// cellBytes is the overhead of a value in memory.
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
