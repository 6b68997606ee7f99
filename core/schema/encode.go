// Encoding of JSON strings, lists and points with only the escapes that JSON requires.

package schema

import (
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"
)

const hex = "0123456789abcdef"

// AppendString appends s as a JSON string. It escapes only characters that JSON requires to be
// escaped: quotes, backslashes and control characters (docs/wire/records.md §1.2). Bytes that are
// not UTF-8 become the escape \ufffd, with any version of Go.
func AppendString[T ~string | ~[]byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	start, i := 0, 0
	for {
		i = plain(s, i)
		if i >= len(s) {
			break
		}
		c := s[i]
		if c < utf8.RuneSelf {
			dst = append(dst, s[start:i]...)
			dst = appendEscape(dst, c)
			i++
			start = i
			continue
		}
		// Only the bytes of one character are converted: converting the whole rest would copy it
		// for each character.
		n := min(len(s)-i, utf8.UTFMax)
		r, size := utf8.DecodeRuneInString(string(s[i : i+n]))
		if r == utf8.RuneError && size == 1 {
			dst = append(dst, s[start:i]...)
			dst = append(dst, `\ufffd`...)
			start = i + size
		}
		i += size
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// plain returns the index of the first byte from i on that a JSON string must escape, or that is
// not ASCII.
func plain[T ~string | ~[]byte](s T, i int) int {
	for ; i+8 <= len(s); i += 8 {
		b := s[i : i+8]
		w := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		if special(w) {
			break
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return i
		}
	}
	return i
}

// special reports whether one of eight bytes is a control character, not ASCII, or one of " and
// \. It checks all of them at once: x-ones borrows into the high bit of a byte only if that byte
// (or one below it) was zero.
func special(w uint64) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	quote, backslash := w^ones*'"', w^ones*'\\'
	found := w | (w - ones*0x20) | (quote - ones) | (backslash - ones)
	return found&highs != 0
}

// appendEscape appends the escape of a character.
func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xF])
}

// AppendNumber appends f as encoding/json writes a float64: integers without a fraction, others
// with the shortest decimals. Infinity and NaN are written as 0.
func AppendNumber(dst []byte, f float64) []byte {
	// Integers that a double holds exactly are the most frequent numbers, and faster to write as
	// integers. -0 keeps its sign.
	if n := int64(f); float64(n) == f && n > -1<<53 && n < 1<<53 && (n != 0 || !math.Signbit(f)) {
		return strconv.AppendInt(dst, n, 10)
	}
	abs := math.Abs(f)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, '0')
	}
	if abs == 0 || abs >= 1e-6 && abs < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	if n := len(dst); dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' { // e-09 is e-9
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

// AppendJSON appends a stored JSON text compactly, with its strings unchanged. An empty text
// becomes null; invalid JSON, as in old databases, becomes a string.
func AppendJSON(dst, raw []byte) []byte {
	if len(raw) == 0 {
		return append(dst, "null"...)
	}
	if !json.Valid(raw) {
		return AppendString(dst, raw)
	}
	start, inString := 0, false
	for i := 0; i < len(raw); i++ {
		// White space between values is dropped; the content of strings is kept, including
		// escapes.
		switch c := raw[i]; {
		case c == '\\' && inString:
			i++
		case c == '"':
			inString = !inString
		case !inString && c <= ' ':
			dst = append(dst, raw[start:i]...)
			start = i + 1
		}
	}
	return append(dst, raw[start:]...)
}

// AppendStrings appends a JSON list of strings.
func AppendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendString(dst, s)
	}
	return append(dst, ']')
}

// AppendPoint appends {"lon":…,"lat":…}.
func AppendPoint(dst []byte, p Point) []byte {
	dst = append(dst, `{"lon":`...)
	dst = AppendNumber(dst, p.Lon)
	dst = append(dst, `,"lat":`...)
	dst = AppendNumber(dst, p.Lat)
	return append(dst, '}')
}
