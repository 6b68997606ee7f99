// Tokens: names, numbers, texts and punctuation.

package document

import (
	"strings"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenPunctuator
	tokenName
	tokenInt
	tokenFloat
	tokenText
)

// lexer reads the tokens of a text. After an error it stands at the end of the text.
type lexer struct {
	text      string
	pos       int
	line      int
	lineStart int
	tokens    int // the number of tokens that have been read
	most      int // the maximum number of tokens

	kind  tokenKind
	value string // of the token: its text, or the contents of a string
	start int    // the offset of the token
	at    Location
	err   *Error
}

func newLexer(text string, most int) lexer { return lexer{text: text, line: 1, most: most} }

// fail ends the lexer with an error at the token.
func (l *lexer) fail(format string, args ...any) {
	if l.err == nil {
		l.err = syntax(l.at, format, args...)
	}
	l.pos, l.kind, l.value = len(l.text), tokenEnd, ""
}

// tooLarge ends the lexer because of a limit.
func (l *lexer) tooLarge(format string, args ...any) {
	l.fail(format, args...)
	l.err.TooLarge = true
}

// next reads the next token.
func (l *lexer) next() {
	if l.err != nil {
		return
	}
	l.skipIgnored()
	l.start, l.at = l.pos, Location{Line: l.line, Column: l.pos - l.lineStart + 1}
	if l.pos == len(l.text) {
		l.kind, l.value = tokenEnd, ""
		return
	}
	if l.tokens++; l.tokens > l.most {
		l.tooLarge("the document has more than %d tokens", l.most)
		return
	}
	switch c := l.text[l.pos]; {
	case nameStart(c):
		for l.pos < len(l.text) && (nameStart(l.text[l.pos]) || digit(l.text[l.pos])) {
			l.pos++
		}
		l.take(tokenName)
	case digit(c) || c == '-':
		l.number()
	case strings.HasPrefix(l.text[l.pos:], `"""`):
		l.blockText()
	case c == '"':
		l.quotedText()
	case strings.HasPrefix(l.text[l.pos:], "..."):
		l.pos += len("...")
		l.take(tokenPunctuator)
	case strings.IndexByte("!$&():=@[]{|}", c) >= 0:
		l.pos++
		l.take(tokenPunctuator)
	default:
		r, _ := utf8.DecodeRuneInString(l.text[l.pos:])
		l.fail("Unexpected character %q.", r)
	}
}

// take makes a token of the text since start.
func (l *lexer) take(kind tokenKind) {
	if l.err == nil {
		l.kind, l.value = kind, l.text[l.start:l.pos]
	}
}

// skipIgnored skips the text between tokens: blanks, commas, comments.
func (l *lexer) skipIgnored() {
	for l.pos < len(l.text) {
		switch c := l.text[l.pos]; {
		case c == ' ' || c == '\t' || c == ',':
			l.pos++
		case c == '\n' || c == '\r':
			l.newLine()
		case c == '#':
			for l.pos < len(l.text) && l.text[l.pos] != '\n' && l.text[l.pos] != '\r' {
				l.pos++
			}
		case strings.HasPrefix(l.text[l.pos:], "\ufeff"):
			l.pos += len("\ufeff")
		default:
			return
		}
	}
}

// newLine skips a line break: LF, CR, or both.
func (l *lexer) newLine() {
	if strings.HasPrefix(l.text[l.pos:], "\r\n") {
		l.pos++
	}
	l.pos++
	l.line++
	l.lineStart = l.pos
}

// number reads an Int or a Float.
func (l *lexer) number() {
	kind := tokenInt
	if l.text[l.pos] == '-' {
		l.pos++
	}
	if whole := l.digits(); whole > 1 && l.text[l.pos-whole] == '0' {
		l.fail("Invalid number, unexpected digit after 0.")
		return
	}
	if l.pos < len(l.text) && l.text[l.pos] == '.' {
		kind = tokenFloat
		l.pos++
		l.digits()
	}
	if l.pos < len(l.text) && l.text[l.pos]|0x20 == 'e' {
		kind = tokenFloat
		l.pos++
		if l.pos < len(l.text) && (l.text[l.pos] == '+' || l.text[l.pos] == '-') {
			l.pos++
		}
		l.digits()
	}
	if l.pos < len(l.text) && (nameStart(l.text[l.pos]) || l.text[l.pos] == '.') {
		l.fail("Invalid number, expected digit but got: %q.", l.text[l.pos:l.pos+1])
	}
	l.take(kind)
}

// digits skips one or more digits, and returns their number.
func (l *lexer) digits() int {
	start := l.pos
	for l.pos < len(l.text) && digit(l.text[l.pos]) {
		l.pos++
	}
	n := l.pos - start
	if n == 0 {
		l.fail("Invalid number, expected digit.")
	}
	return n
}

func nameStart(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }

func digit(c byte) bool { return c >= '0' && c <= '9' }
