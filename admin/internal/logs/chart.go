package logs

import (
	"context"
	"time"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/core/logs"
	"github.com/loambase/loam/core/schema"
)

// chart is a histogram of entries over time.
type chart struct {
	from  time.Time
	step  time.Duration // the duration of a bar: whole hours
	bars  []int64       // the number of entries in each step
	total int64
	most  int64 // the number of entries in the largest bar
}

// maxBars is the maximum number of bars. A bar of a longer chart stands for several hours.
const maxBars = 336

// chartTime is the time limit for counting the entries of a chart.
const chartTime = 2 * time.Second

// showChart answers with the chart of the view and links to other periods. If counting exceeds
// chartTime, or if the filter is wrong, it answers with the reason instead.
func showChart(c *console.Call) error {
	v := viewOf(c.R.URL.Query())
	ctx, stop := context.WithTimeout(c.R.Context(), chartTime)
	defer stop()
	hours, err := c.App.Logs().Stats(ctx, c.Caller, v.expression(expression(v.filter)))
	if problems, other := console.Problems(err); err != nil && other == nil {
		return c.Part(noChart(problems))
	}
	if err != nil {
		return err
	}
	return c.Part(chartPart(v, chartOf(hours, v.from, v.to, c.App.Now()), c.App.Now()))
}

// chartOf returns the chart of the hours between two times. If to is zero, the chart ends with the
// current hour. If from is zero, the chart begins a day before its end, or with the first entry if
// that is earlier.
func chartOf(hours []logs.Hour, from, to, now time.Time) chart {
	if to.IsZero() {
		to = now.Truncate(time.Hour).Add(time.Hour)
	}
	if from.IsZero() {
		from = to.Add(-24 * time.Hour)
		if len(hours) > 0 {
			if first, ok := schema.ParseTime(hours[0].Date); ok && first.Before(from) {
				from = first
			}
		}
	}
	from = from.UTC().Truncate(time.Hour)
	n := max(1, int((to.Sub(from)+time.Hour-1)/time.Hour))
	together := (n + maxBars - 1) / maxBars
	c := chart{from: from, step: time.Duration(together) * time.Hour, bars: make([]int64, (n+together-1)/together)}
	for _, h := range hours {
		at, ok := schema.ParseTime(h.Date)
		i := int(at.Sub(from) / c.step)
		if !ok || at.Before(from) || i >= len(c.bars) {
			continue
		}
		c.bars[i] += h.Total
		c.total += h.Total
		c.most = max(c.most, c.bars[i])
	}
	return c
}

// end returns the end of the chart.
func (c chart) end() time.Time { return c.from.Add(time.Duration(len(c.bars)) * c.step) }

// moved returns the period of the chart, moved by half of its length to earlier times (-1) or to
// later times (1).
func (c chart) moved(by int) (from, to time.Time) {
	half := time.Duration(by) * max(time.Hour, (c.end().Sub(c.from)/2).Truncate(time.Hour))
	return c.from.Add(half), c.end().Add(half)
}

// barHeight is the height of the drawing. The width of the drawing is the number of bars.
const barHeight = 100

// height returns the height of a bar; a bar with entries is at least 2 high.
func (c chart) height(n int64) int64 {
	if n == 0 {
		return 0
	}
	return max(2, n*barHeight/c.most)
}
