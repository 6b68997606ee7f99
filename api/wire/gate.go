package wire

import "context"

// lightWeight is up to which weight a body needs no place at a Gate: it takes a
// few MiB at most.
const lightWeight = 50_000

// Gate lets only so many heavy bodies be decoded and worked on at a time. The
// others wait as bytes, which take a fraction of the memory, or none if they are
// long. It is safe for concurrent use.
type Gate struct{ places chan struct{} }

// NewGate is a Gate with so many places.
func NewGate(places int) *Gate { return &Gate{places: make(chan struct{}, places)} }

// Enter waits for a place for the body if it is heavy or long; its Close gives it
// back. A long body that turns out to be malformed is an Invalid fault.
func (g *Gate) Enter(ctx context.Context, b *Body) error {
	if b.spool == nil && b.weight <= lightWeight {
		return nil
	}
	select {
	case g.places <- struct{}{}:
		b.leave = func() { <-g.places }
		return b.load()
	case <-ctx.Done():
		return ctx.Err()
	}
}
