// Translation of errors of SQLite into errors of the store.

package sqlite

import (
	"errors"
	"strings"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/sqlite/binding"
)

// errInDoubt is the error of a commit that failed on the disk and could not be overwritten: the
// next start may find it in the log. The write is not repeated, since it may be stored.
var errInDoubt = errors.New("sqlite: the disk failed during the commit: whether the write is stored is not known")

// classify translates an error of the binding into an error of the store.
func classify(err error) error {
	if errors.Is(err, binding.ErrClosed) {
		return store.ErrClosed
	}
	var e *binding.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code {
	case binding.CodeUnique, binding.CodePrimaryKey:
		return uniqueError(e.Message)
	}
	// A full disk is checked before failures of the disk: it needs no new connection, and the
	// client may be told the reason.
	if e.Primary() == binding.CodeFull {
		return store.ErrFull
	}
	if p := e.Primary(); p == binding.CodeCorrupt || p == binding.CodeNotADB {
		return &unavailable{&store.DamageError{Message: e.Message, Err: err}}
	}
	if busy(err) || broken(err) {
		return &unavailable{err}
	}
	return &store.StatementError{Message: e.Message}
}

// broken reports whether the error is a failure of the disk or the file, not of the statement.
func broken(err error) bool {
	var e *binding.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Primary() {
	case binding.CodeIO, binding.CodeCorrupt, binding.CodeNotADB, binding.CodeCannotOpen, binding.CodeMemory:
		return true
	}
	return false
}

// busy reports whether another connection still held a lock at the end of the wait.
func busy(err error) bool {
	var e *binding.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Primary() {
	case binding.CodeBusy, binding.CodeLocked, binding.CodeProtocol:
		return true
	}
	return false
}

// interrupted reports whether a guard stopped the statement.
func interrupted(err error) bool {
	var e *binding.Error
	return errors.As(err, &e) && e.Primary() == binding.CodeInterrupt
}

// uniqueError parses "UNIQUE constraint failed: t.a, t.b". For an index on an expression SQLite
// reports its name: "UNIQUE constraint failed: index 'x'".
func uniqueError(message string) error {
	_, list, _ := strings.Cut(message, ": ")
	e := &store.UniqueError{}
	if name, ok := strings.CutPrefix(list, "index '"); ok {
		e.Index = strings.TrimSuffix(name, "'")
		return e
	}
	for _, column := range strings.Split(list, ", ") {
		table, name, ok := strings.Cut(column, ".")
		if !ok {
			continue
		}
		e.Table = table
		e.Columns = append(e.Columns, name)
	}
	return e
}

// unavailable is store.ErrUnavailable with its reason for the log.
type unavailable struct{ reason error }

func (e *unavailable) Error() string   { return store.ErrUnavailable.Error() + ": " + e.reason.Error() }
func (e *unavailable) Unwrap() []error { return []error{store.ErrUnavailable, e.reason} }
