package wire

import (
	"context"

	"github.com/loambase/loam/internal/budget"
)

// lightWeight is up to which weight a body needs no place among the heavy ones: it takes a
// few MiB at most.
const lightWeight = 50_000

// Enter waits for one of the places of heavy bodies if the body is heavy or long; Leave,
// or Close, gives it back. The others wait as bytes, which take a fraction of the memory,
// or none if they are long. A long body that turns out to be malformed is an Invalid
// fault.
func (b *Body) Enter(ctx context.Context, places *budget.Budget, c budget.Caller) (err error) {
	if b.spool == nil && b.weight <= lightWeight {
		return nil
	}
	if b.place, err = places.Acquire(ctx, c, 1); err != nil {
		return err
	}
	return b.load()
}

// Leave gives back the place of a heavy body, if it has one, and its bytes. It is called as soon as the
// body has been worked on: a client that does not take its answer keeps nobody waiting.
func (b *Body) Leave() {
	if b != nil {
		b.place.Release()
		b.held.Release()
	}
}
