// Repair of JSON texts with halves of surrogate pairs.

package schema

import (
	"bytes"
	"strconv"
	"unicode/utf16"
)

// escapeLength is the length of \uXXXX.
const escapeLength = 6

// wholeCharacters returns the JSON text with U+FFFD in place of each escape that is only one half
// of a character, as decoders read it. PostgreSQL cannot read a document with such an escape: a
// single record would break every filter on the column.
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
			i = min(i+2, len(raw)) // skip the escaped character, which may be a backslash
			continue
		}
		// Two halves of a pair are one character.
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

// escapedHalf returns the escaped surrogate at the beginning of the text.
func escapedHalf(text []byte) (rune, bool) {
	if len(text) < escapeLength || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:escapeLength]), 16, 16)
	return rune(n), err == nil && utf16.IsSurrogate(rune(n))
}
