// Validation of cron schedules (backups.cron).

package settings

import (
	"strconv"
	"strings"
)

// validCron reports whether s is a schedule: one of the macros, or the five fields minute,
// hour, day of month, month and day of week (0 to 6) with lists, ranges and steps. Names of
// months and days are not accepted.
func validCron(s string) bool {
	switch s {
	case "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly":
		return true
	}
	bounds := [...]struct{ low, high int }{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}}
	fields := strings.Split(s, " ")
	if len(fields) != len(bounds) {
		return false
	}
	for i, field := range fields {
		for item := range strings.SplitSeq(field, ",") {
			if !validCronItem(item, bounds[i].low, bounds[i].high) {
				return false
			}
		}
	}
	return true
}

// validCronItem accepts "*", "a" and "a-b", and "*" and "a-b" with a step "/n".
func validCronItem(item string, low, high int) bool {
	span, step, stepped := strings.Cut(item, "/")
	if stepped && !within(step, 1, high) {
		return false
	}
	if span == "*" {
		return true
	}
	first, last, isRange := strings.Cut(span, "-")
	if !isRange {
		return !stepped && within(first, low, high)
	}
	from, err := strconv.Atoi(first)
	return err == nil && within(first, low, high) && within(last, from, high)
}

// within reports whether s is a number of digits only, from low to high.
func within(s string, low, high int) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= low && n <= high && strings.Trim(s, "0123456789") == ""
}
