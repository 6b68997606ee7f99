package logs

import (
	"slices"
	"testing"
	"time"

	"github.com/loambase/loam/core/logs"
)

func TestChart(t *testing.T) {
	t.Parallel()
	at := func(hour int) time.Time { return time.Date(2026, 6, 1, hour, 0, 0, 0, time.UTC) }
	now := at(23).Add(30 * time.Minute)
	hours := []logs.Hour{{Date: "2026-06-01 20:00:00.000Z", Total: 3}, {Date: "2026-06-01 22:00:00.000Z", Total: 5}}

	c := chartOf(hours, at(20), at(23), now)
	if !slices.Equal(c.bars, []int64{3, 0, 5}) || c.total != 8 || c.most != 5 || !c.end().Equal(at(23)) {
		t.Errorf("three hours: %+v", c)
	}
	if from, to := c.moved(-1); !from.Equal(at(19)) || !to.Equal(at(22)) {
		t.Errorf("moved to %v, %v", from, to)
	}
	if c = chartOf(hours, time.Time{}, time.Time{}, now); len(c.bars) != 24 || c.bars[20] != 3 || c.bars[22] != 5 {
		t.Errorf("without times: %+v", c)
	}
	hours[0].Date = "2026-05-01 00:30:00.000Z"
	if c = chartOf(hours, time.Time{}, time.Time{}, now); len(c.bars) > maxBars || c.total != 8 || c.bars[0] != 3 {
		t.Errorf("a month: %d bars of %v, %d entries", len(c.bars), c.step, c.total)
	}
	for _, times := range [][2]time.Time{{at(5), at(3)}, {time.Unix(0, 0), at(3)}, {time.Time{}, time.Unix(0, 0)}, {at(22), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}} {
		if c = chartOf(hours, times[0], times[1], now); len(c.bars) == 0 || len(c.bars) > maxBars {
			t.Errorf("from %v to %v: %d bars", times[0], times[1], len(c.bars))
		}
	}
}
