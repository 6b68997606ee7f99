// Macros of the language: @now, @todayStart, @yearEnd and the other names of points in time, all
// in UTC.

package query

import (
	"time"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/schema"
)

// macro returns the value of a macro at the time now (docs/wire/records.md §5.3); ok is false if
// there is no such macro.
func macro(name string, now time.Time) (ir.Value, bool) {
	now = now.UTC()
	y, m, d := now.Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	month := time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
	year := time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)
	switch name {
	case "@now":
		return moment(now), true
	case "@yesterday":
		return moment(now.AddDate(0, 0, -1)), true
	case "@tomorrow":
		return moment(now.AddDate(0, 0, 1)), true
	case "@second":
		return ir.Whole(now.Second()), true
	case "@minute":
		return ir.Whole(now.Minute()), true
	case "@hour":
		return ir.Whole(now.Hour()), true
	case "@day":
		return ir.Whole(d), true
	case "@month":
		return ir.Whole(int(m)), true
	case "@weekday":
		return ir.Whole(int(now.Weekday())), true
	case "@year":
		return ir.Whole(y), true
	case "@todayStart":
		return moment(day), true
	case "@todayEnd":
		return lastBefore(day.AddDate(0, 0, 1)), true
	case "@monthStart":
		return moment(month), true
	case "@monthEnd":
		return lastBefore(month.AddDate(0, 1, 0)), true
	case "@yearStart":
		return moment(year), true
	case "@yearEnd":
		return lastBefore(year.AddDate(1, 0, 0)), true
	}
	return ir.Null, false
}

// moment returns a time in the stored form of date fields, for comparison with them as text.
func moment(t time.Time) ir.Value { return ir.Text(schema.FormatTime(t)) }

// lastBefore returns the last time before t that can be stored: stored times have milliseconds.
func lastBefore(t time.Time) ir.Value { return moment(t.Add(-time.Millisecond)) }
