// What a read is expected to cost, known before it begins.

package store

import (
	"hash/maphash"
	"time"

	"github.com/loambase/loam/internal/budget"
)

// Work is what is known of a read before it begins.
type Work struct {
	// Prompt reads touch a few rows that an index finds, whatever is stored.
	Prompt bool
	// Shape is equal for reads that differ in values only: how long one took says how
	// long the next one may take.
	Shape Shape
}

// Shape names the statements of a read without their values. Equal shapes are those of
// this process only.
type Shape uint64

// shapeSeed is one that clients do not know: else they could make a shape of theirs that is
// equal to another one, which would be slow then.
var shapeSeed = maphash.MakeSeed()

// ShapeOf returns the shape of a text, such as a statement.
func ShapeOf(text string) Shape { return Shape(maphash.String(shapeSeed, text)) }

// With returns the shape of s that a number was added to.
func (s Shape) With(n uint64) Shape {
	return Shape(maphash.Comparable(shapeSeed, [2]uint64{uint64(s), n}))
}

// WithText returns the shape of s that a text was added to.
func (s Shape) WithText(text string) Shape { return s.With(uint64(ShapeOf(text))) }

// Lane is where a read waits for its turn: slow reads never keep quick ones waiting.
type Lane uint8

const (
	// LanePrompt is that of prompt reads, of superusers and of the program itself.
	LanePrompt Lane = iota
	// LaneQuick is that of reads that have been quick. With other values they may be slow.
	LaneQuick
	// LaneTrial is that of reads of which nothing is known.
	LaneTrial
	// LaneSlow is that of reads that have been slow of late.
	LaneSlow
	// Lanes is how many there are.
	Lanes
)

// LaneOf returns the lane of a read.
func LaneOf(c budget.Caller, w Work, p *budget.Pace) Lane {
	if c.Class == budget.Superuser || w.Prompt {
		return LanePrompt
	}
	switch p.Of(uint64(w.Shape), time.Now()) {
	case budget.Quick:
		return LaneQuick
	case budget.Slow:
		return LaneSlow
	}
	return LaneTrial
}
