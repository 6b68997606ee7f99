package wire

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sentence trims a message, starts it with an upper-case letter and ends it with
// a punctuation mark.
func Sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	if first, size := utf8.DecodeRuneInString(s); unicode.IsLower(first) {
		s = string(unicode.ToUpper(first)) + s[size:]
	}
	switch s[len(s)-1] {
	case '.', '?', '!':
		return s
	}
	return s + "."
}
