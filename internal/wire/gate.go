package wire

import (
	"context"

	"github.com/loambase/loam/internal/budget"
)

// lightWeight is the maximum weight of a body that needs no place among the heavy bodies. Such a
// body takes a few MiB at most.
const lightWeight = 50_000

// Enter waits for a place among the heavy bodies if the body is heavy or long; Leave or Close gives
// the place back. While a body waits, it is not decoded and takes a fraction of the memory, or, if
// it is long, is in a file. The fault is Invalid for a long body that is malformed.
func (b *Body) Enter(ctx context.Context, places *budget.Budget, c budget.Caller) (err error) {
	if b.spool == nil && b.weight <= lightWeight {
		return nil
	}
	if b.place, err = places.Acquire(ctx, c, 1); err != nil {
		return err
	}
	return b.load()
}

// Leave gives back the place and the memory units of the body. Handlers call Leave as soon as the
// body has been processed, so that a client that does not read its answer keeps no other body
// waiting.
func (b *Body) Leave() {
	if b != nil {
		b.place.Release()
		b.held.Release()
	}
}
