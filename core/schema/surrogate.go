// Repair of JSON texts with half a surrogate pair.

package schema

import (
	"bytes"
	"strconv"
	"unicode/utf16"
)

// escapeLength is that of \uXXXX.
const escapeLength = 6

// wholeCharacters is JSON text with U+FFFD for each escape that is only one
// half of a character, as decoders read it. PostgreSQL reads no document that has
// one: a single record would break every filter that looks into the column.
func wholeCharacters(raw []byte) []byte {
	changed := false
	for i := 0; ; {
		next := bytes.IndexByte(raw[i:], '\\')
		if next < 0 {
			return raw
		}
		i += next
		half, ok := escapedHalf(raw[i:])
		if !ok {
			i = min(i+2, len(raw)) // over what is escaped, which may be a backslash
			continue
		}
		// Two halves that belong together are one character.
		if other, ok := escapedHalf(raw[i+escapeLength:]); ok && utf16.DecodeRune(half, other) != '\uFFFD' {
			i += 2 * escapeLength
			continue
		}
		if !changed {
			raw, changed = bytes.Clone(raw), true
		}
		copy(raw[i:], `\ufffd`)
		i += escapeLength
	}
}

// escapedHalf is the surrogate at the beginning of the text, which is escaped.
func escapedHalf(text []byte) (rune, bool) {
	if len(text) < escapeLength || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:escapeLength]), 16, 16)
	return rune(n), err == nil && utf16.IsSurrogate(rune(n))
}
