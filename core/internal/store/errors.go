// Errors that a store promises: uniqueness, bad statements, timeouts, an unavailable
// database.

package store

import (
	"errors"
	"fmt"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/internal/budget"
)

var (
	// ErrTimeout is a read that ran past its deadline.
	ErrTimeout = errors.New("store: query time limit reached")
	// ErrFull is a write for which there is no room.
	ErrFull error = fault.New(fault.Unavailable, "there is no space left to store this")
	// ErrUnavailable is a database that cannot take work now; nothing was written.
	ErrUnavailable error = fault.New(fault.Unavailable, "the database is not available at the moment")
	// ErrBusy is a read that had to wait too long for its turn, or one of too many slow
	// reads of its caller. Nothing is wrong with it.
	ErrBusy error = fault.Wrap(fault.Unavailable, "", budget.ErrSpent)

	// ErrClosed is any use after Close.
	ErrClosed = errors.New("store: closed")
	// ErrNotEmpty is a database that was to be new and has tables of somebody else's.
	ErrNotEmpty = errors.New("store: the database is not empty")
	// ErrLocked is a data folder that another server holds.
	ErrLocked = errors.New("store: the data folder is in use by another server")
)

// UniqueError is a row that a unique index refused.
type UniqueError struct {
	Table   string
	Index   string   // its name, if the engine said it
	Columns []string // those that the engine named; may be empty
}

func (e *UniqueError) Error() string {
	return "store: unique index on " + e.Table + " (" + strings.Join(e.Columns, ", ") + ")"
}

// TooLongError is a value that an index of the table cannot hold. An engine without
// such a limit never returns it. Index is empty where the engine does not name it.
type TooLongError struct{ Index string }

func (e *TooLongError) Error() string { return "store: a value is too long for the index " + e.Index }

// ForeignError is a database that holds tables of another program. Nothing was made
// in it.
type ForeignError struct {
	Where  string // the schema or the file
	Tables []string
	Advice string // what to do instead; may be empty
}

// Error names the place, the tables and what to do.
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

// StatementError is SQL that the engine refused: a wrong index expression of a
// user, a name that does not exist. Message is the engine's own text.
type StatementError struct {
	Message string
	At      int // of a script: the place of the error in its SQL, in bytes from 1; 0 if unknown
}

func (e *StatementError) Error() string { return "store: " + e.Message }
