// Times: parsing of dates in all accepted forms, and the stored form.

package schema

import (
	"strings"
	"time"
)

// TimeLayout is the form in which dates are stored and written.
const TimeLayout = "2006-01-02 15:04:05.000Z"

// FormatTime returns t in UTC, cut to milliseconds; "" for the zero time.
func FormatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Truncate(time.Millisecond).Format(TimeLayout)
}

// ParseTime parses a date in any form of docs/wire/records.md §3.8. A date without a zone is in
// UTC; spaces around it are ignored. ok is false for years outside 1 to 9999, which the canonical
// form cannot have.
func ParseTime(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	for _, layout := range [...]string{
		"2006-01-02 15:04:05Z07:00", // all of them may have a fraction of a second
		time.RFC3339,
		time.DateOnly,
		time.DateTime,
		"2006-01-02T15:04:05",
		"2006-01-02T15:04:05-0700",
		"2006-01-02 15:04:05Z0700",
		"2006-01-02 15:04:05 -07:00",
		"2006-01-02 15:04:05 -0700",
		"2006-01-02 15:04:05 -0700 MST",
		"2006-01-02T15:04Z07:00",
		"2006-01-02 15:04Z07:00",
		"2006-01-02T15:04",
		"2006-01-02 15:04",
		time.RFC1123Z,
		time.RFC1123,
		time.RFC822Z,
		time.RFC822,
		time.RFC850,
		time.ANSIC,
		time.UnixDate,
		time.RubyDate,
		"02 Jan 2006",
	} {
		// The most frequent forms come first, since the layouts are tried in order.
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		t = t.UTC()
		return t, !t.IsZero() && t.Year() >= 1 && t.Year() <= 9999
	}
	return time.Time{}, false
}

// StoredTime converts a time to the form of FormatTime. ok is false for a text that is not a
// time, and for a day without hours and minutes.
func StoredTime(s string) (stored string, ok bool) {
	if isCanonicalTime(s) {
		return s, true
	}
	if len(s) < len("2006-01-02 15:04") {
		return "", false
	}
	t, ok := ParseTime(s)
	return FormatTime(t), ok
}

// castTime returns the canonical form of a date of any type, "" if v is not a date.
func castTime(v any) string {
	switch v := v.(type) {
	case string:
		if isCanonicalTime(v) {
			return v
		}
		if t, ok := ParseTime(v); ok {
			return FormatTime(t)
		}
	case time.Time:
		if y := v.UTC().Year(); y >= 1 && y <= 9999 {
			return FormatTime(v)
		}
	}
	return ""
}

// isCanonicalTime reports whether s is a valid date in the form of FormatTime.
func isCanonicalTime(s string) bool {
	if len(s) != len(TimeLayout) {
		return false
	}
	for i := range len(TimeLayout) {
		c := s[i]
		switch TimeLayout[i] {
		case '-', ' ', ':', '.', 'Z':
			if c != TimeLayout[i] {
				return false
			}
		default:
			if c < '0' || c > '9' {
				return false
			}
		}
	}
	month, day := s[5:7], s[8:10]
	if s[:4] == "0000" || s[:10] == "0001-01-01" || month < "01" || month > "12" || day < "01" || day > "31" ||
		s[11:13] > "23" || s[14:16] > "59" || s[17:19] > "59" {
		return false
	}
	// Every month has these days; for the others the calendar is needed.
	if day <= "28" {
		return true
	}
	_, err := time.Parse(time.DateOnly, s[:10])
	return err == nil
}
