// Databases of other programs, open for reading (import).

package store

import "context"

// Source is a database of somebody else's, open for reading. It belongs to one
// goroutine.
type Source interface {
	// Read is that of Store, but without a time limit of its own.
	Read(ctx context.Context, fn func(Reader) error) error

	// Check looks through the whole file. A damaged one is a *DamageError, or what
	// reading it fails with; notes are oddities that do not keep it from being read.
	Check(ctx context.Context) (notes []string, err error)

	Close() error
}

// DamageError is a database file that is broken. Message says where.
type DamageError struct {
	Message string
	Err     error // of the engine, if it found the damage by chance
}

// Unwrap is for package errors.
func (e *DamageError) Unwrap() error { return e.Err }

func (e *DamageError) Error() string { return "store: the database is damaged: " + e.Message }
