// Times: parsing of dates in all accepted forms, and the stored form.

package schema

import (
	"strings"
	"time"
)

// TimeLayout is the one form in which dates are stored and written.
const TimeLayout = "2006-01-02 15:04:05.000Z"

// FormatTime is t in UTC, cut to milliseconds. The zero time is "".
func FormatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Truncate(time.Millisecond).Format(TimeLayout)
}

// ParseTime reads a date in any of the forms of docs/wire/records.md §3.8; one without a zone
// is UTC, and blanks around it do not count. It refuses what the canonical form cannot hold:
// years outside 1 to 9999.
func ParseTime(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	for _, layout := range [...]string{
		"2006-01-02 15:04:05Z07:00", // a fraction of a second may follow in all of them
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
		// The most frequent forms come first, as each layout is tried in turn.
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		t = t.UTC()
		return t, !t.IsZero() && t.Year() >= 1 && t.Year() <= 9999
	}
	return time.Time{}, false
}

// StoredTime is a whole time, with its minutes at least, in the form of FormatTime. Days
// and what is no time are not ok.
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

// castTime is the canonical form of anything that means a date, else "".
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

// isCanonicalTime says whether s is a valid date that is written exactly as
// FormatTime would write it. Days that not every month has are left to ParseTime.
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
	// Every month has these days; for the others the calendar is asked.
	if day <= "28" {
		return true
	}
	_, err := time.Parse(time.DateOnly, s[:10])
	return err == nil
}
