// Cron expressions: parsing, and the search for the next minute that an expression names.

package job

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/loambase/loam/core/fault"
)

// Schedule is a parsed cron expression. Its times are those of UTC.
type Schedule struct {
	text                                   string
	minutes, hours, days, months, weekdays set
}

// set is a set of small numbers, one bit for each number.
type set uint64

func (s set) has(n int) bool { return s&(1<<n) != 0 }

// macros maps macros to expressions in five fields.
var macros = map[string]string{
	"@yearly":   "0 0 1 1 *",
	"@annually": "0 0 1 1 *",
	"@monthly":  "0 0 1 * *",
	"@weekly":   "0 0 * * 0",
	"@daily":    "0 0 * * *",
	"@midnight": "0 0 * * *",
	"@hourly":   "0 * * * *",
}

// ParseSchedule reads a cron expression: one of the macros @yearly, @annually, @monthly, @weekly,
// @daily, @midnight and @hourly, or the five fields minute, hour, day of month, month and day of
// week (0 to 6, 0 is Sunday), with one space between two. A field is a list of "*", "a" and "a-b",
// the first and the last also with a step, "/n". Names of months and days are not accepted.
//
// A day counts if both the day of the month and the day of the week match. (Unix cron takes either,
// if both are given.) The error is a fault of the kind Invalid with a Reason.
func ParseSchedule(expression string) (Schedule, error) {
	s := Schedule{text: expression}
	if plain, ok := macros[expression]; ok {
		s.text = plain
	}
	fields := strings.Split(s.text, " ")
	parts := []struct {
		name      string
		low, high int
		into      *set
	}{
		{"minute", 0, 59, &s.minutes},
		{"hour", 0, 23, &s.hours},
		{"day of the month", 1, 31, &s.days},
		{"month", 1, 12, &s.months},
		{"day of the week", 0, 6, &s.weekdays},
	}
	if len(fields) != len(parts) {
		return Schedule{}, invalid("%q is no macro and has not five fields with a space between two", expression)
	}
	for i, p := range parts {
		for item := range strings.SplitSeq(fields[i], ",") {
			numbers, ok := parseItem(item, p.low, p.high)
			if !ok {
				return Schedule{}, invalid("%q is no %s from %d to %d", item, p.name, p.low, p.high)
			}
			*p.into |= numbers
		}
	}
	return s, nil
}

func invalid(format string, args ...any) error {
	return &fault.Error{Kind: fault.Invalid, Message: "Invalid cron expression.", Reason: fmt.Sprintf(format, args...)}
}

// parseItem reads "*", "a" and "a-b", and "*" and "a-b" with a step "/n".
func parseItem(item string, low, high int) (numbers set, ok bool) {
	span, every, stepped := strings.Cut(item, "/")
	step := 1
	if stepped {
		if step, ok = number(every, 1, high); !ok {
			return 0, false
		}
	}
	from, to := low, high
	if span != "*" {
		first, last, isRange := strings.Cut(span, "-")
		if from, ok = number(first, low, high); !ok {
			return 0, false
		}
		to = from
		if isRange {
			if to, ok = number(last, from, high); !ok {
				return 0, false
			}
		} else if stepped {
			return 0, false
		}
	}
	for n := from; n <= to; n += step {
		numbers |= 1 << n
	}
	return numbers, true
}

// number reads a number of digits only, from low to high.
func number(s string, low, high int) (n int, ok bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= low && n <= high && strings.Trim(s, "0123456789") == ""
}

// String returns the expression in five fields, even if it was a macro.
func (s Schedule) String() string { return s.text }

// Matches reports whether the schedule names the minute of t.
func (s Schedule) Matches(t time.Time) bool {
	t = t.UTC()
	return s.minutes.has(t.Minute()) && s.hours.has(t.Hour()) && s.onDay(t)
}

func (s Schedule) onDay(t time.Time) bool {
	return s.months.has(int(t.Month())) && s.days.has(t.Day()) && s.weekdays.has(int(t.Weekday()))
}

// searchYears is the number of years that Next searches: the 29th of February is on a given day of
// the week every 28 years, or every 40 years around a century without a leap year.
const searchYears = 41

// Next returns the first minute after the minute of t that the schedule names. It is the zero time
// if the schedule never names a minute, as in "0 0 31 2 *".
func (s Schedule) Next(t time.Time) time.Time {
	t = t.UTC().Truncate(time.Minute).Add(time.Minute)
	for end := t.AddDate(searchYears, 0, 0); t.Before(end); {
		switch {
		case !s.months.has(int(t.Month())):
			t = time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC)
		case !s.onDay(t):
			t = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, time.UTC)
		case !s.hours.has(t.Hour()):
			t = t.Truncate(time.Hour).Add(time.Hour)
		case !s.minutes.has(t.Minute()):
			t = t.Add(time.Minute)
		default:
			return t
		}
	}
	return time.Time{}
}
