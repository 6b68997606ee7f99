// Lexer of the rule and filter language: words, numbers, text literals, signs, comments.

package lang

import (
	"strings"
	"unicode/utf8"
)

// tokenKind is the class of a token.
type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenIdent
	tokenNumber
	tokenText
	tokenSign // a comparison operator, including ?
	tokenJoin // && or ||
	tokenOpen
	tokenClose
	tokenComma
	tokenParam // {:name}; its text is the name
)

// token is one token of an expression. text is decoded for a tokenText, otherwise as written.
type token struct {
	kind tokenKind
	text string
	pos  int
}

// lexer splits an expression into tokens (docs/wire/records.md §5.1).
type lexer struct {
	src    string
	pos    int
	params bool // placeholders are allowed
}

// next returns the next token. Every error is an *Error.
func (l *lexer) next() (token, error) {
	l.skip()
	start := l.pos
	if start == len(l.src) {
		return token{kind: tokenEnd, pos: start}, nil
	}
	switch c := l.src[start]; {
	case c == '(' || c == ')' || c == ',':
		l.pos++
		kind := map[byte]tokenKind{'(': tokenOpen, ')': tokenClose, ',': tokenComma}[c]
		return token{kind, l.src[start:l.pos], start}, nil
	case c == '\'' || c == '"':
		return l.text(c)
	case IsDigit(c) || c == '-':
		return l.number()
	case isIdentStart(c):
		return l.ident()
	case strings.IndexByte(signChars, c) >= 0:
		return token{tokenSign, l.run(signChars), start}, nil
	case c == '{':
		return l.placeholder()
	case c == '&' || c == '|':
		return token{tokenJoin, l.run("&|"), start}, nil
	}
	return token{}, syntax(start, "unexpected character")
}

// signChars are the characters of comparison operators. A run of them is one token, so that "=!"
// is an error instead of two operators.
const signChars = "=!<>~?"

// skip skips white space and // comments. Carriage returns are white space
// (docs/wire/records.md §10 row 17).
func (l *lexer) skip() {
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			l.pos++
		case strings.HasPrefix(l.src[l.pos:], "//"):
			end := strings.IndexByte(l.src[l.pos:], '\n')
			if end < 0 {
				l.pos = len(l.src)
				return
			}
			l.pos += end
		default:
			return
		}
	}
}

// run reads the longest run of the characters.
func (l *lexer) run(chars string) string {
	start := l.pos
	for l.pos < len(l.src) && strings.IndexByte(chars, l.src[l.pos]) >= 0 {
		l.pos++
	}
	return l.src[start:l.pos]
}

// ident reads an identifier: names with dots and a modifier; @ or # may only be first.
func (l *lexer) ident() (token, error) {
	start := l.pos
	for l.pos < len(l.src) && (isIdentPart(l.src[l.pos], l.pos == start) || l.pos == start && IsDigit(l.src[l.pos])) {
		l.pos++
	}
	name := l.src[start:l.pos]
	if last := name[len(name)-1]; last == '.' || last == ':' || name == "@" || name == "#" {
		return token{}, syntax(start, "invalid identifier "+quoted(name))
	}
	return token{tokenIdent, name, start}, nil
}

// number reads a number. Digits followed by a letter are an identifier, since a field may be
// called 2fa.
func (l *lexer) number() (token, error) {
	start := l.pos
	if l.src[l.pos] == '-' {
		l.pos++
	}
	if !l.digits() {
		return token{}, syntax(start, "invalid number")
	}
	if l.pos < len(l.src) && isLetter(l.src[l.pos]) && l.src[start] != '-' {
		l.pos = start
		return l.ident() // a field such as 2fa
	}
	if l.pos < len(l.src) && l.src[l.pos] == '.' {
		l.pos++
		if !l.digits() {
			return token{}, syntax(start, "invalid number")
		}
	}
	return token{tokenNumber, l.src[start:l.pos], start}, nil
}

// digits skips digits and reports whether there were any.
func (l *lexer) digits() bool {
	start := l.pos
	for l.pos < len(l.src) && IsDigit(l.src[l.pos]) {
		l.pos++
	}
	return l.pos > start
}

// IsDigit reports whether c is an ASCII digit.
func IsDigit(c byte) bool { return c >= '0' && c <= '9' }

func isIdentStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '@' || c == '_' || c == '#'
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

func isIdentPart(c byte, first bool) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' ||
		first && (c == '@' || c == '#') || !first && (IsDigit(c) || c == '.' || c == ':')
}

// IsIdent reports whether the whole text is one identifier.
func IsIdent(text string) bool {
	l := lexer{src: text}
	t, err := l.next()
	return err == nil && t.kind == tokenIdent && t.text == text
}

// IsPath reports whether the text can name a field: an identifier, or only digits, which are a
// number in an expression, but not in a sort.
func IsPath(text string) bool {
	return IsIdent(text) || text != "" && strings.Trim(text, "0123456789") == ""
}

// syntax returns an error of the grammar at a position, in the words of the wire format.
func syntax(pos int, detail string) *Error {
	return &Error{Message: "invalid or incomplete filter expression: " + detail, Pos: pos}
}

// Storable returns an *Error for a text that not every engine can store: one with U+0000 or
// invalid UTF-8.
func Storable(src string) error {
	if i := strings.IndexByte(src, 0); i >= 0 {
		return syntax(i, "the character U+0000")
	}
	if !utf8.ValidString(src) {
		return syntax(0, "invalid UTF-8")
	}
	return nil
}
