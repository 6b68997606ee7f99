// Retries of requests whose collections changed meanwhile.

package record

import (
	"errors"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
)

// errStale interrupts a request whose definitions were replaced: it must begin again
// with the new snapshot.
var errStale = errors.New("record: the collections have changed")

// maxStale bounds how often one request begins again because of errStale. A change of
// collections takes longer than most requests, so only a mistake or a storm of changes comes so
// far.
const maxStale = 200

// retryStale calls fn until its error is not errStale. After maxStale calls the fault
// is Unavailable: somebody changes collections faster than requests are answered.
func retryStale(fn func() error) error {
	for range maxStale {
		if err := fn(); !errors.Is(err, errStale) {
			return err
		}
	}
	return fault.Wrap(fault.Unavailable, "The collections are being changed, please try again.", errStale)
}

// retryRejected calls fn a second time if the database rejected a statement of it.
// PostgreSQL resolves names by the present definitions, also in a transaction that
// reads an older state; of a change by another process, this one may learn only when
// its next read begins.
func retryRejected(fn func() error) error {
	err := fn()
	if rejected := (*store.StatementError)(nil); errors.As(err, &rejected) {
		return fn()
	}
	return err
}
