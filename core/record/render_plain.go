// Checks that stored bytes are in the form of the wire, so that they can be copied.

package record

import "bytes"

// The functions of this file report whether the stored form of a value is the form that is written
// as JSON, so that it can be copied. Nearly every value passes. A value that does not pass is
// loaded and encoded: a check may reject too much, but must never pass a value that would be
// encoded otherwise.

// plainTime reports whether b is "" or a date in its canonical form. The 29th of February and the
// first day of the calendar do not pass.
func plainTime(b []byte) bool {
	const layout = "dddd-dd-dd dd:dd:dd.dddZ"
	if len(b) == 0 {
		return true
	}
	if len(b) != len(layout) {
		return false
	}
	for i, c := range b {
		if want := layout[i]; want == 'd' && (c < '0' || c > '9') || want != 'd' && c != want {
			return false
		}
	}
	year, month, day := number(b[0:4]), number(b[5:7]), number(b[8:10])
	return year > 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysOf(month) &&
		number(b[11:13]) < 24 && number(b[14:16]) < 60 && number(b[17:19]) < 60
}

// daysOf returns the number of days that the month has in every year.
func daysOf(month int) int {
	switch month {
	case 2:
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

func number(digits []byte) int {
	n := 0
	for _, d := range digits {
		n = 10*n + int(d-'0')
	}
	return n
}

// plainChoice reports whether b is a text that needs no escape and cannot be the stored form of a
// list.
func plainChoice(b []byte) bool {
	for _, c := range b {
		if !plainByte(c) || c == '[' {
			return false
		}
	}
	return true
}

// plainByte reports whether a JSON string contains c unescaped: printable ASCII
// without " and \.
func plainByte(c byte) bool {
	return c >= ' ' && c < 0x7F && c != '"' && c != '\\'
}

// plainList reports whether b is a JSON list of plain texts without spaces, empty or
// repeated items.
func plainList(b []byte) bool {
	const long = 32 // items; of a longer list it is too slow to compare each with each
	if string(b) == "[]" {
		return true
	}
	if len(b) < len(`["x"]`) || b[0] != '[' || b[len(b)-1] != ']' {
		return false
	}
	var seen [long][]byte
	rest := b[1 : len(b)-1]
	for n := 0; n < long; n++ {
		item, after, ok := cutText(rest)
		if !ok || len(item) == 0 {
			return false
		}
		for _, other := range seen[:n] {
			if bytes.Equal(other, item) {
				return false
			}
		}
		if len(after) == 0 {
			return true
		}
		if after[0] != ',' {
			return false
		}
		seen[n], rest = item, after[1:]
	}
	return false
}

// cutText cuts a quoted plain text off the beginning of b.
func cutText(b []byte) (item, after []byte, ok bool) {
	if len(b) < 2 || b[0] != '"' {
		return nil, nil, false
	}
	for i := 1; i < len(b); i++ {
		if b[i] == '"' {
			return b[1:i], b[i+1:], true
		}
		if !plainByte(b[i]) {
			break
		}
	}
	return nil, nil, false
}

// plainPoint reports whether b is a point in the form of AppendPoint.
func plainPoint(b []byte) bool {
	rest, ok := bytes.CutPrefix(b, []byte(`{"lon":`))
	if !ok {
		return false
	}
	lon, rest, ok := bytes.Cut(rest, []byte(`,"lat":`))
	if !ok || !plainNumber(lon) {
		return false
	}
	lat, ok := bytes.CutSuffix(rest, []byte("}"))
	return ok && plainNumber(lat)
}

// plainJSON reports whether b is compact JSON of plain texts, in the form of AppendJSON.
func plainJSON(b []byte) bool {
	const deep = 32
	rest, ok := cutJSON(b, deep)
	return ok && len(rest) == 0
}

// cutJSON cuts a value, nested at most depth levels, off the beginning of b.
func cutJSON(b []byte, depth int) (after []byte, ok bool) {
	if len(b) == 0 || depth == 0 {
		return nil, false
	}
	switch b[0] {
	case '"':
		_, after, ok = cutText(b)
		return after, ok
	case '{':
		return cutItems(b[1:], '}', depth-1)
	case '[':
		return cutItems(b[1:], ']', depth-1)
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if len(b) >= len(word) && string(b[:len(word)]) == word {
			return b[len(word):], true
		}
	}
	// Any other value is a number or invalid: plainNumber rejects invalid values.
	n := 0
	for n < len(b) && (b[n] >= '0' && b[n] <= '9' || b[n] == '.' || b[n] == '-') {
		n++
	}
	return b[n:], plainNumber(b[:n])
}

// cutItems cuts the items of a list or object, and the closing bracket, off the beginning of b.
func cutItems(b []byte, end byte, depth int) (after []byte, ok bool) {
	if len(b) > 0 && b[0] == end {
		return b[1:], true
	}
	for {
		if end == '}' {
			_, key, ok := cutText(b)
			if !ok || len(key) == 0 || key[0] != ':' {
				return nil, false
			}
			b = key[1:]
		}
		if b, ok = cutJSON(b, depth); !ok || len(b) == 0 {
			return nil, false
		}
		switch b[0] {
		case end:
			return b[1:], true
		case ',':
			b = b[1:]
		default:
			return nil, false
		}
	}
}

// plainNumber reports whether b is a decimal number in its shortest form. Decimals of at most 15
// digits differ as doubles, so only zeros could be left out.
func plainNumber(b []byte) bool {
	b = bytes.TrimPrefix(b, []byte("-"))
	whole, fraction, dotted := bytes.Cut(b, []byte("."))
	if len(whole)+len(fraction) > 15 || len(whole) == 0 || !digits(whole) || !digits(fraction) {
		return false
	}
	if whole[0] == '0' && len(whole) > 1 {
		return false
	}
	if !dotted {
		return true
	}
	if len(fraction) == 0 || fraction[len(fraction)-1] == '0' {
		return false
	}
	return whole[0] != '0' || !bytes.HasPrefix(fraction, []byte("00000")) // below 1e-6: an exponent
}

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
