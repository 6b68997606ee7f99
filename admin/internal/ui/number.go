package ui

import (
	"strconv"
	"strings"
)

// Number returns the digits of n, which must not be negative, with commas between thousands.
func Number[T int | int64](n T) string {
	text := strconv.FormatInt(int64(n), 10)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// Counted returns a number with its noun, such as "1 record", "1,234 records" and "2 addresses". n must
// not be negative.
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
