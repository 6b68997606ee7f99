package ui

import "strconv"

// Number returns the digits of n, which must not be negative, with commas between thousands.
func Number[T int | int64](n T) string {
	text := strconv.FormatInt(int64(n), 10)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
