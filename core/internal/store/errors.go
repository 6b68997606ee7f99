package store

import (
	"errors"
	"strings"

	"github.com/loambase/loam/core/fault"
)

var (
	// ErrTimeout is a read that ran past its deadline.
	ErrTimeout = errors.New("store: query time limit reached")
	// ErrFull is a write for which there is no room.
	ErrFull error = fault.New(fault.Unavailable, "there is no space left to store this")
	// ErrUnavailable is a database that cannot take work now; nothing was written.
	ErrUnavailable error = fault.New(fault.Unavailable, "the database is not available at the moment")
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
	Columns []string // those that the engine named; may be empty
}

func (e *UniqueError) Error() string {
	return "store: unique index on " + e.Table + " (" + strings.Join(e.Columns, ", ") + ")"
}

// StatementError is SQL that the engine refused: a wrong index expression of a
// user, a name that does not exist. Message is the engine's own text.
type StatementError struct{ Message string }

func (e *StatementError) Error() string { return "store: " + e.Message }
