package query

import (
	"time"

	"github.com/loambase/loam/core/schema"
)

// macro is the value of a name that stands for a moment (docs/wire/records.md §5.3).
func macro(name string, now time.Time) (value, bool) {
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
		return whole(now.Second()), true
	case "@minute":
		return whole(now.Minute()), true
	case "@hour":
		return whole(now.Hour()), true
	case "@day":
		return whole(d), true
	case "@month":
		return whole(int(m)), true
	case "@weekday":
		return whole(int(now.Weekday())), true
	case "@year":
		return whole(y), true
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
	return null, false
}

func moment(t time.Time) value { return text(schema.FormatTime(t)) }

func lastBefore(t time.Time) value { return moment(t.Add(-time.Millisecond)) }
