package store

import (
	"testing"
	"time"

	"github.com/loambase/loam/internal/budget"
)

func TestLaneOf(t *testing.T) {
	t.Parallel()
	p := budget.NewPace()
	quick, slow := ShapeOf("SELECT 1"), ShapeOf("SELECT 2")
	p.NoteQuick(uint64(quick), time.Now())
	p.NoteSlow(uint64(slow), time.Now())
	guest := budget.Anonymous("192.0.2.1")
	for _, c := range []struct {
		caller budget.Caller
		work   Work
		want   Lane
	}{
		{guest, Work{Shape: quick}, LaneQuick},
		{guest, Work{Shape: slow}, LaneSlow},
		{guest, Work{Shape: slow, Prompt: true}, LanePrompt},
		{guest, Work{Shape: quick.With(1)}, LaneTrial},
		{guest, Work{Shape: quick.WithText("a")}, LaneTrial},
		{budget.Caller{Class: budget.Superuser}, Work{Shape: slow}, LanePrompt},
	} {
		if got := LaneOf(c.caller, c.work, p); got != c.want {
			t.Errorf("LaneOf(%v, %v) = %d, want %d", c.caller, c.work, got, c.want)
		}
	}
}
