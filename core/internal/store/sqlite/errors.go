// Errors of SQLite as errors of the store.

package sqlite

import (
	"errors"
	"strings"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/sqlite/binding"
)

// errInDoubt is a commit that failed on the disk and could not be taken back: the next
// start may find it in the log. It is neither repeated nor said not to have happened.
var errInDoubt = errors.New("sqlite: the disk failed during the commit: whether the write is stored is not known")

// classify turns an error of the binding into one that the store promises.
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
	// A full disk comes before the failures of the disk: it needs no new connection, and the
	// client may be told.
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

// broken reports a failure of the disk or the file, not of the statement.
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

// busy reports that somebody else holds a lock that was waited for in vain.
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

// interrupted reports that a guard stopped the statement.
func interrupted(err error) bool {
	var e *binding.Error
	return errors.As(err, &e) && e.Primary() == binding.CodeInterrupt
}

// uniqueError reads "UNIQUE constraint failed: t.a, t.b". An index on an
// expression is named instead: "UNIQUE constraint failed: index 'x'".
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
