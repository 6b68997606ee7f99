// Retries of requests during which the collections have changed.

package record

import (
	"errors"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
)

// errStale interrupts a request whose definitions were replaced: the request begins again with the
// new snapshot.
var errStale = errors.New("record: the collections have changed")

// maxStale is the maximum number of times that a request begins again because of errStale. A change
// of collections takes longer than most requests, so only a bug or a long series of changes reaches
// the maximum.
const maxStale = 200

// retryStale calls fn until its error is not errStale. After maxStale calls the fault is
// Unavailable: collections change faster than requests are answered.
func retryStale(fn func() error) error {
	for range maxStale {
		if err := fn(); !errors.Is(err, errStale) {
			return err
		}
	}
	return fault.Wrap(fault.Unavailable, "The collections are being changed, please try again.", errStale)
}

// retryRejected calls fn a second time if the database has rejected a statement. PostgreSQL
// resolves names by the present definitions, even in a transaction that reads an older snapshot,
// and this process may learn of a change by another process only when its next read begins.
func retryRejected(fn func() error) error {
	err := fn()
	if rejected := (*store.StatementError)(nil); errors.As(err, &rejected) {
		return fn()
	}
	return err
}
