package tally

import (
	"errors"
	"slices"
	"testing"
	"time"
)

func TestHistogram(t *testing.T) {
	t.Parallel()
	h := Durations(time.Millisecond, time.Second)
	for _, d := range []time.Duration{0, time.Millisecond, time.Millisecond + 1, time.Second, time.Hour} {
		h.Add(int64(d))
	}
	got := h.Read()
	if got.Count != 5 || !slices.Equal(got.Below, []uint64{2, 4}) || got.Sum != int64(time.Hour+time.Second+2*time.Millisecond+1) {
		t.Errorf("Read = %+v", got)
	}
}

func TestHistogramWithoutBounds(t *testing.T) {
	t.Parallel()
	h := Sizes()
	h.Add(7)
	if got := h.Read(); got.Count != 1 || got.Sum != 7 || len(got.Below) != 0 {
		t.Errorf("Read = %+v", got)
	}
}

func TestCalls(t *testing.T) {
	t.Parallel()
	var c Calls
	c.Ended(time.Now().Add(-time.Hour), nil)
	c.Ended(time.Now(), errors.New("it failed"))
	if got := c.Read(); got.Count != 2 || got.Failed != 1 || got.Time < time.Hour {
		t.Errorf("Read = %+v", got)
	}
}
