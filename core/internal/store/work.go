// The expected cost of a read, known before it begins.

package store

import (
	"hash/maphash"
	"time"

	"github.com/loambase/loam/internal/budget"
)

// Work describes a read before it begins.
type Work struct {
	// Prompt says that the read touches only a few rows, by an index, whatever is stored.
	Prompt bool
	// Shape is equal for reads that differ only in their values: the time of one predicts the
	// time of the next.
	Shape Shape
}

// Shape identifies the statements of a read without their values. It is valid only in this
// process.
type Shape uint64

// shapeSeed is unknown to clients: otherwise they could make a slow read whose shape is equal to
// that of another read, which would then count as slow.
var shapeSeed = maphash.MakeSeed()

// ShapeOf returns the shape of a text, such as a statement.
func ShapeOf(text string) Shape { return Shape(maphash.String(shapeSeed, text)) }

// With returns the shape of s with a number added.
func (s Shape) With(n uint64) Shape {
	return Shape(maphash.Comparable(shapeSeed, [2]uint64{uint64(s), n}))
}

// WithText returns the shape of s with a text added.
func (s Shape) WithText(text string) Shape { return s.With(uint64(ShapeOf(text))) }

// Lane is the queue in which a read waits: slow reads never delay quick ones.
type Lane uint8

const (
	// LanePrompt is for prompt reads, and for reads of superusers and the program itself.
	LanePrompt Lane = iota
	// LaneQuick is for reads that have been quick. With other values they may be slow.
	LaneQuick
	// LaneTrial is for reads of which nothing is known.
	LaneTrial
	// LaneSlow is for reads that have been slow recently.
	LaneSlow
	// Lanes is the number of lanes.
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
