// Text literals: quotes and escape sequences, including those of JSON.

package lang

import (
	"strconv"
	"strings"
	"unicode/utf16"
)

// text reads a text literal and decodes its escapes. A literal without escapes shares the
// memory of the source.
func (l *lexer) text(quote byte) (token, error) {
	start := l.pos
	l.pos++
	from := l.pos
	for l.pos < len(l.src) && l.src[l.pos] != quote && l.src[l.pos] != '\\' {
		l.pos++
	}
	if l.pos < len(l.src) && l.src[l.pos] == quote { // no escapes: no copy
		l.pos++
		return token{tokenText, l.src[from : l.pos-1], start}, nil
	}
	var b strings.Builder
	b.WriteString(l.src[from:l.pos])
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; c {
		case quote:
			l.pos++
			return token{tokenText, b.String(), start}, nil
		case '\\':
			if err := l.escape(&b, quote); err != nil {
				return token{}, err
			}
		default:
			b.WriteByte(c)
			l.pos++
		}
	}
	return token{}, syntax(start, "text without end")
}

// escape decodes one backslash sequence. Escapes of JSON are decoded between double quotes, as
// the JavaScript SDK writes them. An unknown sequence keeps its backslash.
func (l *lexer) escape(b *strings.Builder, quote byte) error {
	at := l.pos
	l.pos++
	if l.pos == len(l.src) {
		return nil // the caller finds the end missing
	}
	c := l.src[l.pos]
	l.pos++
	switch {
	case c == 'n':
		b.WriteByte('\n')
	case c == 't':
		b.WriteByte('\t')
	case c == 'r':
		b.WriteByte('\r')
	case c == '\\' || c == '\'' || c == '"':
		b.WriteByte(c)
	case quote == '"' && c == '/':
		b.WriteByte('/')
	case quote == '"' && c == 'b':
		b.WriteByte('\b')
	case quote == '"' && c == 'f':
		b.WriteByte('\f')
	case quote == '"' && c == 'u':
		return l.unicode(b, at)
	default:
		b.WriteByte('\\')
		l.pos-- // the next character is an ordinary one
	}
	return nil
}

// unicode decodes the digits after \u, and the second half of a surrogate pair. U+0000 is an
// error, since PostgreSQL cannot store it.
func (l *lexer) unicode(b *strings.Builder, at int) error {
	r, ok := l.hex()
	if !ok {
		b.WriteString(`\u`)
		return nil
	}
	if utf16.IsSurrogate(r) && strings.HasPrefix(l.src[l.pos:], `\u`) {
		before := l.pos
		l.pos += 2
		low, ok := l.hex()
		if pair := utf16.DecodeRune(r, low); ok && pair != '\uFFFD' {
			r = pair
		} else {
			l.pos = before
		}
	}
	if r == 0 {
		return syntax(at, "the character U+0000")
	}
	b.WriteRune(r) // half a pair becomes U+FFFD
	return nil
}

// hex reads four hexadecimal digits.
func (l *lexer) hex() (rune, bool) {
	if len(l.src)-l.pos < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(l.src[l.pos:l.pos+4], 16, 16)
	if err != nil {
		return 0, false
	}
	l.pos += 4
	return rune(n), true
}
