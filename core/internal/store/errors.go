// The errors of a store: uniqueness, bad statements, timeouts, an unavailable database.

package store

import (
	"errors"
	"fmt"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/internal/budget"
)

var (
	// ErrTimeout is the error of a read after its deadline.
	ErrTimeout = errors.New("store: query time limit reached")
	// ErrFull is the error of a write for which there is no space.
	ErrFull error = fault.New(fault.Unavailable, "there is no space left to store this")
	// ErrUnavailable is the error of a database that cannot run calls now; nothing was written.
	ErrUnavailable error = fault.New(fault.Unavailable, "the database is not available at the moment")
	// ErrBusy is the error of a read that has waited too long, or that was one of too many slow
	// reads of its caller. The read itself is correct.
	ErrBusy error = fault.Wrap(fault.Unavailable, "", budget.ErrSpent)

	// ErrClosed is the error of any call after Close.
	ErrClosed = errors.New("store: closed")
	// ErrNotEmpty is the error of Open for a database that must be new and has tables of another
	// program.
	ErrNotEmpty = errors.New("store: the database is not empty")
	// ErrLocked is the error of Open for a data folder that another server has locked.
	ErrLocked = errors.New("store: the data folder is in use by another server")
)

// UniqueError is the error of a row that a unique index refused.
type UniqueError struct {
	Table   string
	Index   string   // the name of the index; empty if the engine does not report it
	Columns []string // the columns that the engine reported; may be empty
}

func (e *UniqueError) Error() string {
	return "store: unique index on " + e.Table + " (" + strings.Join(e.Columns, ", ") + ")"
}

// TooLongError is the error of a value that is too long for an index of the table. An engine
// without such a limit never returns it. Index is empty if the engine does not report it.
type TooLongError struct{ Index string }

func (e *TooLongError) Error() string { return "store: a value is too long for the index " + e.Index }

// ForeignError is the error of Open for a database that has tables of another program. Nothing
// was created in it.
type ForeignError struct {
	Where  string // the schema or the file
	Tables []string
	Advice string // for the operator; may be empty
}

// Error returns the place, the tables and the advice.
func (e *ForeignError) Error() string {
	text := fmt.Sprintf("%s is of another program: it has the tables %s", e.Where, strings.Join(e.Tables, ", "))
	if len(e.Tables) == 1 {
		text = fmt.Sprintf("%s is of another program: it has the table %s", e.Where, e.Tables[0])
	}
	if e.Advice != "" {
		text += "; " + e.Advice
	}
	return text
}

// StatementError is the error of SQL that the engine refused: a wrong index expression of a user,
// a name that does not exist. Message is the engine's own text.
type StatementError struct {
	Message string
	At      int // of a script: the place of the error in its SQL, in bytes from 1; 0 if unknown
}

func (e *StatementError) Error() string { return "store: " + e.Message }
