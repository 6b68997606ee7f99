package ui

import (
	"strconv"
	"strings"
)

// Number formats n with commas between thousands. n must not be negative.
func Number[T int | int64](n T) string {
	text := strconv.FormatInt(int64(n), 10)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// Counted returns a number with its noun: "1 record", "1,234 records", "2 addresses". n must not be
// negative.
func Counted[T int | int64](n T, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "s"):
		noun += "es"
	default:
		noun += "s"
	}
	return Number(n) + " " + noun
}

// Limits describes the limits of a value: "2 to 10", "2 or more", "up to 10", or "" for no limits.
// least and most are "" for no limit. unit is appended.
func Limits(least, most, unit string) string {
	switch {
	case least == "" && most == "":
		return ""
	case most == "":
		return least + unit + " or more"
	case least == "":
		return "up to " + most + unit
	case least == most:
		return most + unit
	}
	return least + " to " + most + unit
}
