// Databases of other programs, open for reading (import).

package store

import "context"

// Source is a database of another program, open for reading. It belongs to one goroutine.
type Source interface {
	// Read is like Store.Read, but without a default time limit.
	Read(ctx context.Context, fn func(Reader) error) error

	// Check reads the whole file. The error for a damaged file is a *DamageError, or the error of
	// reading it; notes are irregularities that do not prevent reading.
	Check(ctx context.Context) (notes []string, err error)

	Close() error
}

// DamageError is the error of a damaged database file. Message describes the damage.
type DamageError struct {
	Message string
	Err     error // the engine's error, if the damage was found by another statement than a check
}

// Unwrap returns Err.
func (e *DamageError) Unwrap() error { return e.Err }

func (e *DamageError) Error() string { return "store: the database is damaged: " + e.Message }
