// Scripts: the SQL of an administrator, and its result.

package store

// Script is the SQL of an administrator, one or more statements. It may read and change all data of
// the database, but not more: the engine refuses statements that use files, programs or other
// databases, end the transaction, or change settings of the connection.
type Script struct {
	SQL    string
	Args   []Value // the values of $1, $2 … in the only statement; nil for no parameters
	Rows   int     // maximum number of rows of the result
	Bytes  int64   // maximum size of the values of the result
	Memory int64   // maximum memory of an engine in this process, in bytes

	// Written is called within the transaction, after the last statement, if a statement may have
	// written. tables has the names of the changed tables, and may have others. An error of Written
	// rolls the script back. Written may be called more than once, like the function of
	// Store.Write.
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

	// Powerful reports that the account of the database may use files or programs of its machine,
	// so that only the refusals of the engine keep a script from them.
	Powerful bool
}

// ScriptColumn is a column of the rows.
type ScriptColumn struct {
	Name     string
	Type     string // the engine's name of the type; may be "" for an expression
	Nullable bool
}

// ErrScriptRow is the error of a row that is larger than Script.Bytes.
var ErrScriptRow error = &StatementError{Message: "a row is larger than the whole result may be: select less of it, as with substr()"}

// ErrScriptMemory is the error of a script that needs more than Script.Memory.
var ErrScriptMemory error = &StatementError{Message: "the statement needs more memory than a script may take"}

// ErrScriptWrites is the error of a script that writes although it has a Script.Row.
var ErrScriptWrites error = &StatementError{Message: "the statements write: they run once, as a whole, and give no further rows"}

// cellBytes is the memory of a value in addition to its bytes.
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
