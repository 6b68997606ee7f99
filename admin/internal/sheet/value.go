package sheet

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loambase/loam/core/schema"
)

// plain returns the text of a scalar. ok is false for a JSON array or object.
func (c cell) plain() (text string, ok bool) {
	if c.raw == nil {
		return c.text, true
	}
	switch c.raw[0] {
	case '"':
		err := json.Unmarshal(c.raw, &text)
		return text, err == nil
	case '[', '{':
		return string(c.raw), false
	case 'n':
		return "", true // null
	}
	return string(c.raw), true
}

// isEmpty reports whether the cell is empty, null or an empty string.
func (c cell) isEmpty() bool {
	text, ok := c.plain()
	return ok && text == ""
}

// value converts a cell to a value of the field. wrong is a message if the cell cannot be
// converted. If the column names related records by another field than the id, the value is the
// text of the cell.
func (c cell) value(f *schema.Field, column Column) (v any, wrong string) {
	if f.Kind.Class() == schema.ClassJSON && c.raw != nil {
		return c.raw, "" // an empty string is a value of a json field
	}
	if c.isEmpty() {
		return emptyValue(f, column.Empty), ""
	}
	text, scalar := c.plain()
	switch f.Kind.Class() {
	case schema.ClassJSON:
		return jsonValue(text)
	case schema.ClassChoice:
		return choiceValue(f, text)
	case schema.ClassPoint:
		return pointValue(text)
	}
	if !scalar {
		return nil, "This is a list or an object, and the field holds one value."
	}
	switch f.Kind.Class() {
	case schema.ClassNumber:
		if c.raw != nil && c.raw[0] != '"' {
			return json.Number(c.raw), ""
		}
		return numberValue(text, column.As)
	case schema.ClassBool:
		return boolValue(text)
	}
	if isTime(f) {
		at, wrong := timeValue(text, column.As)
		if wrong != "" {
			return nil, wrong
		}
		return schema.FormatTime(at), ""
	}
	return text, ""
}

// emptyValue returns the value of an empty cell whose meaning is not AsDefault.
func emptyValue(f *schema.Field, empty Empty) any {
	switch {
	case f.Kind.Class() == schema.ClassJSON && empty == AsEmpty:
		return json.RawMessage(`""`)
	case f.Kind.Class() == schema.ClassJSON:
		return json.RawMessage("null")
	}
	return f.Kind.Zero()
}

// jsonValue returns the text of a CSV cell as JSON.
func jsonValue(text string) (any, string) {
	if !json.Valid([]byte(text)) {
		return nil, "This is no JSON."
	}
	return json.RawMessage(text), ""
}

// choiceValue returns a []string for a field with multiple values, else a string.
func choiceValue(f *schema.Field, text string) (any, string) {
	if !f.Multiple() {
		if strings.HasPrefix(text, "[") {
			if list := split(text); len(list) == 1 {
				return list[0], ""
			}
		}
		return text, ""
	}
	if kind, ok := f.Kind.(*schema.Select); ok && slices.Contains(kind.Values, text) && !json.Valid([]byte(text)) {
		return []string{text}, "" // an option whose name contains a separator
	}
	return split(text), ""
}

// split reads a list: a JSON array of strings, or values separated by semicolons, bars or commas.
func split(text string) (list []string) {
	if strings.HasPrefix(text, "[") && json.Unmarshal([]byte(text), &list) == nil {
		return list
	}
	sep := ","
	for _, other := range []string{"|", ";"} {
		if strings.Contains(text, other) {
			sep = other
		}
	}
	for part := range strings.SplitSeq(text, sep) {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

var pair = regexp.MustCompile(`^\s*([+-]?[\d.]+)\s*[,;]\s*([+-]?[\d.]+)\s*$`)

// pointValue reads a point: a JSON object with lon and lat, or "lat, lon" as people write it.
func pointValue(text string) (any, string) {
	if m := pair.FindStringSubmatch(text); m != nil {
		lat, err1 := strconv.ParseFloat(m[1], 64)
		lon, err2 := strconv.ParseFloat(m[2], 64)
		if err1 == nil && err2 == nil {
			return map[string]any{"lon": lon, "lat": lat}, ""
		}
	}
	var p map[string]float64
	if json.Unmarshal([]byte(text), &p) != nil || len(p) != 2 {
		return nil, `This is no point: {"lon": 12.5, "lat": 56.3}, or "56.3, 12.5" with the latitude first.`
	}
	for _, name := range []string{"lon", "lat"} {
		if _, ok := p[name]; !ok {
			return nil, "The point has no " + name + "."
		}
	}
	return map[string]any{"lon": p["lon"], "lat": p["lat"]}, ""
}

// numberValue reads a number. way is the decimal separator, "comma" or "dot"; spaces, apostrophes
// and the other mark may group the digits.
func numberValue(text, way string) (any, string) {
	mark, group := ".", ","
	if way == "comma" {
		mark, group = ",", "."
	}
	plain := strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "'", "", "−", "-").Replace(strings.TrimSpace(text))
	whole, fraction, _ := strings.Cut(plain, mark)
	if strings.Contains(fraction, group) || strings.Contains(whole, group) && !grouped(whole, group) {
		return nil, fmt.Sprintf("%q is no number. The decimal mark of this column is %q.", short(text), mark)
	}
	plain = strings.ReplaceAll(strings.ReplaceAll(plain, group, ""), mark, ".")
	if _, err := strconv.ParseFloat(plain, 64); err != nil || strings.ContainsAny(plain, "xXpPnN_") {
		return nil, fmt.Sprintf("%q is no number.", short(text))
	}
	return json.Number(strings.TrimPrefix(plain, "+")), ""
}

// grouped reports whether the separator divides a whole number into groups of three digits. A number
// that begins with 0 has no groups: 0,125 is a fraction.
func grouped(whole, group string) bool {
	parts := strings.Split(strings.TrimLeft(whole, "+-"), group)
	if strings.HasPrefix(parts[0], "0") {
		return false
	}
	for i, part := range parts {
		if len(part) != 3 && (i > 0 || len(part) == 0 || len(part) > 3) {
			return false
		}
	}
	return true
}

func boolValue(text string) (any, string) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "t", "yes", "y", "on", "1":
		return true, ""
	case "false", "f", "no", "n", "off", "0":
		return false, ""
	}
	return nil, fmt.Sprintf("%q is neither true nor false.", short(text))
}

// clock matches the optional time after a date. Its groups are the hour, the minute, the second,
// the milliseconds, and the first letter of AM or PM.
const clock = `(?:,?[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{3}))?)?(?: ?([AaPp])\.?[Mm]\.?)?)?$`

// The patterns of dates in digits. The first three groups are the numbers of the date in the order
// of the text; the others are the groups of clock.
var (
	dayFirst  = regexp.MustCompile(`^(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})` + clock)
	yearFirst = regexp.MustCompile(`^(\d{4})[./-](\d{1,2})[./-](\d{1,2})` + clock)
)

// isoDate matches the beginning of an ISO 8601 date.
var isoDate = regexp.MustCompile(`^\d{4}-\d`)

// namedMonth lists the layouts of dates with the English name of a month.
var namedMonth = []string{"2 Jan 2006", "2-Jan-2006", "2-Jan-06", "Jan 2, 2006", "2 January 2006", "January 2, 2006"}

// timeValue reads a date, with or without a time. way is the order of day, month and year in a date
// of digits: "iso", "dmy" or "mdy". Dates that begin with a year of four digits, and dates with the
// name of a month, are read regardless of way. A value without a time zone is in UTC. A year of two
// digits lies between 1969 and 2068.
func timeValue(text, way string) (time.Time, string) {
	text = strings.TrimSpace(text)
	if m := dayFirst.FindStringSubmatch(text); m != nil && way != "iso" {
		day, month, year := m[1], m[2], m[3]
		if way == "mdy" {
			day, month = month, day
		}
		if len(year) == 2 {
			century := "20"
			if year > "68" {
				century = "19"
			}
			year = century + year
		}
		return calendar(text, year, month, day, m[4:])
	}
	if m := yearFirst.FindStringSubmatch(text); m != nil {
		return calendar(text, m[1], m[2], m[3], m[4:])
	}
	if isoDate.MatchString(text) {
		if at, ok := schema.ParseTime(text); ok {
			return at, ""
		}
	}
	for _, layout := range namedMonth {
		if at, err := time.Parse(layout, text); err == nil && at.Year() > 0 {
			return at, ""
		}
	}
	return time.Time{}, fmt.Sprintf("%q is no date in the form of this column.", short(text))
}

// calendar returns the UTC time of a date and of the groups of clock. It returns a message, which
// quotes text, if the day or the time of day does not exist.
func calendar(text, year, month, day string, groups []string) (time.Time, string) {
	var n [7]int
	for i, digits := range append([]string{year, month, day}, groups[:4]...) {
		n[i], _ = strconv.Atoi(digits) // the group matches digits or is empty
	}
	y, mo, d, h := n[0], n[1], n[2], n[3]
	half := strings.ToLower(groups[4])
	at := time.Time{}
	if half == "" || h >= 1 && h <= 12 {
		if half != "" {
			h %= 12
		}
		if half == "p" {
			h += 12
		}
		at = time.Date(y, time.Month(mo), d, h, n[4], n[5], n[6]*int(time.Millisecond), time.UTC)
	}
	if at.Year() != y || at.Day() != d || int(at.Month()) != mo || y < 1 || h > 23 || n[4] > 59 || n[5] > 59 {
		return at, fmt.Sprintf("%q is no date of the calendar.", short(text))
	}
	return at, ""
}

// short cuts a text to 40 characters for a message.
func short(text string) string {
	if runes := []rune(text); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return text
}
