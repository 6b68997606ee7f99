// Strings: in quotes, with escapes, or as blocks whose indentation is removed.

package document

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// quotedText reads a string in quotes.
func (l *lexer) quotedText() {
	l.pos++
	var out []byte
	for l.err == nil {
		if l.pos == len(l.text) || l.text[l.pos] == '\n' || l.text[l.pos] == '\r' {
			l.fail("Unterminated string.")
			return
		}
		c := l.text[l.pos]
		l.pos++
		switch c {
		case '"':
			l.kind, l.value = tokenText, string(out)
			return
		case '\\':
			out = l.escape(out)
		default:
			out = append(out, c)
		}
	}
}

// plainEscapes are the escapes of one letter.
var plainEscapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape appends the character of an escape sequence, after its backslash.
func (l *lexer) escape(out []byte) []byte {
	if l.pos == len(l.text) {
		l.fail("Unterminated string.")
		return out
	}
	c := l.text[l.pos]
	l.pos++
	if plain, ok := plainEscapes[c]; ok {
		return append(out, plain)
	}
	if c != 'u' {
		l.fail("Invalid character escape sequence: %q.", `\`+string(rune(c)))
		return out
	}
	r, ok := l.codePoint()
	if ok && r >= 0xD800 && r < 0xDC00 && strings.HasPrefix(l.text[l.pos:], `\u`) {
		l.pos += len(`\u`)
		low, lowOK := l.codePoint()
		ok = lowOK && low >= 0xDC00 && low <= 0xDFFF
		r = 0x10000 + (r-0xD800)<<10 + (low - 0xDC00)
	}
	if !ok || !utf8.ValidRune(r) {
		l.fail("Invalid Unicode escape sequence.")
		return out
	}
	return utf8.AppendRune(out, r)
}

// codePoint reads four hexadecimal digits, or up to eight in braces.
func (l *lexer) codePoint() (r rune, ok bool) {
	rest := l.text[l.pos:]
	digits, length := "", 4
	if strings.HasPrefix(rest, "{") {
		end := strings.IndexByte(rest[:min(len(rest), 10)], '}')
		if end < 2 {
			return 0, false
		}
		digits, length = rest[1:end], end+1
	} else if len(rest) >= length {
		digits = rest[:length]
	}
	n, err := strconv.ParseUint(digits, 16, 31)
	if err != nil {
		return 0, false
	}
	l.pos += length
	return rune(n), true
}

// blockText reads a string in three quotes.
func (l *lexer) blockText() {
	const quotes, escaped = `"""`, `\"""`
	l.pos += len(quotes)
	var out strings.Builder
	for {
		switch rest := l.text[l.pos:]; {
		case rest == "":
			l.fail("Unterminated string.")
			return
		case strings.HasPrefix(rest, escaped):
			out.WriteString(quotes)
			l.pos += len(escaped)
		case strings.HasPrefix(rest, quotes):
			l.pos += len(quotes)
			l.kind, l.value = tokenText, dedent(out.String())
			return
		case rest[0] == '\n' || rest[0] == '\r':
			out.WriteByte('\n')
			l.newLine()
		default:
			out.WriteByte(rest[0])
			l.pos++
		}
	}
}

// dedent removes the indentation that all lines except the first share, and blank lines at both
// ends.
func dedent(text string) string {
	lines := strings.Split(text, "\n")
	blank := func(line string) bool { return strings.Trim(line, " \t") == "" }
	common := -1
	for _, line := range lines[1:] {
		if indent := len(line) - len(strings.TrimLeft(line, " \t")); !blank(line) && (common < 0 || indent < common) {
			common = indent
		}
	}
	for i := 1; i < len(lines) && common > 0; i++ {
		lines[i] = lines[i][min(common, len(lines[i])):]
	}
	for len(lines) > 0 && blank(lines[0]) {
		lines = lines[1:]
	}
	for len(lines) > 0 && blank(lines[len(lines)-1]) {
		lines = lines[:len(lines)-1]
	}
	return strings.Join(lines, "\n")
}
