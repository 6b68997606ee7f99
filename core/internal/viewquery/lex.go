// Lexer of view queries. It refuses text that SQLite and PostgreSQL would split into tokens
// differently, so that nothing is hidden from the parser.

package viewquery

import (
	"fmt"
	"strings"
)

type tokenKind uint8

const (
	tokenEnd    tokenKind = iota
	tokenWord             // an unquoted name or keyword
	tokenQuoted           // a quoted name
	tokenText             // a string, or a blob
	tokenNumber
	tokenSign // punctuation, or one character of an operator, except ::
)

// token is one token with its position in the source.
type token struct {
	kind     tokenKind
	text     string // the name itself for names, otherwise as written
	quote    byte   // the opening quote of a quoted name
	pos, end int
}

// is reports whether the token is the given sign.
func (t token) is(sign string) bool { return t.kind == tokenSign && t.text == sign }

// word reports whether the token is one of the keywords, given in lower case.
func (t token) word(keywords ...string) bool {
	if t.kind != tokenWord {
		return false
	}
	for _, k := range keywords {
		if strings.EqualFold(t.text, k) {
			return true
		}
	}
	return false
}

// name reports whether the token can be a name: quoted, or a word that is not reserved.
func (t token) name() bool {
	return t.kind == tokenQuoted || t.kind == tokenWord && !reserved[fold(t.text)]
}

// fold returns the form in which names are compared.
func fold(name string) string { return strings.ToLower(name) }

// lex splits the text into tokens; the last one is tokenEnd. Text that engines would split
// differently is an error.
func lex(src string) ([]token, error) {
	l := lexer{src: src}
	for {
		t, err := l.next()
		if err != nil {
			return nil, err
		}
		l.toks = append(l.toks, t)
		if t.kind == tokenEnd {
			return l.toks, nil
		}
	}
}

// lexer splits a text into tokens.
type lexer struct {
	src  string
	at   int
	toks []token
}

// next returns the next token.
func (l *lexer) next() (token, error) {
	if err := l.space(); err != nil {
		return token{}, err
	}
	start := l.at
	if start == len(l.src) {
		return token{kind: tokenEnd, pos: start, end: start}, nil
	}
	c := l.src[start]
	switch {
	case isWordStart(c):
		for l.at < len(l.src) && isWordPart(l.src[l.at]) {
			l.at++
		}
		return l.token(tokenWord, start), l.escapes(start)
	case isDigit(c), c == '.' && start+1 < len(l.src) && isDigit(l.src[start+1]) && !l.afterName():
		l.number()
		return l.token(tokenNumber, start), nil
	case c == '\'':
		_, err := l.quoted('\'')
		return l.token(tokenText, start), err
	case c == '"', c == '`':
		name, err := l.quoted(c)
		t := l.token(tokenQuoted, start)
		t.text, t.quote = name, c
		return t, err
	case c == '[':
		return l.bracketed()
	case strings.HasPrefix(l.src[start:], "::"):
		l.at += 2
		return l.token(tokenSign, start), nil
	case strings.IndexByte(".,;()*+-/%<>=!&|~^#", c) >= 0, c == '@' && !l.wordAt(start+1):
		l.at++
		return l.token(tokenSign, start), nil
	// A view cannot have parameters.
	case c == '?', c == '$', c == ':', c == '@':
		return token{}, fmt.Errorf("parameters and %q are not supported", string(c))
	}
	return token{}, fmt.Errorf("unexpected character %q", l.src[start:start+1])
}

func (l *lexer) token(kind tokenKind, start int) token {
	return token{kind: kind, text: l.src[start:l.at], pos: start, end: l.at}
}

// space skips white space and comments. It refuses comments that the engines read differently:
// PostgreSQL nests them, SQLite does not.
func (l *lexer) space() error {
	for l.at < len(l.src) {
		rest := l.src[l.at:]
		switch {
		case strings.IndexByte(" \t\r\n\f", rest[0]) >= 0:
			l.at++
		case strings.HasPrefix(rest, "--"):
			// PostgreSQL ends the line at a carriage return, SQLite does not.
			n := strings.IndexAny(rest, "\r\n")
			if n < 0 {
				l.at = len(l.src)
				return nil
			}
			if rest[n] == '\r' && !strings.HasPrefix(rest[n:], "\r\n") {
				return fmt.Errorf("a carriage return in a comment")
			}
			l.at += n
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest[2:], "*/")
			if n < 0 {
				return fmt.Errorf("a comment is not closed")
			}
			if strings.Contains(rest[2:n+3], "/*") {
				return fmt.Errorf("comments cannot be nested")
			}
			l.at += n + 4
		default:
			return nil
		}
	}
	return nil
}

// escapes refuses a string with a prefix that makes backslashes escapes in PostgreSQL.
func (l *lexer) escapes(start int) error {
	if strings.EqualFold(l.src[start:l.at], "e") && l.at < len(l.src) && l.src[l.at] == '\'' {
		return fmt.Errorf("strings with escapes (E'…') are not supported")
	}
	return nil
}

// afterName reports whether a dot at this place follows a name.
func (l *lexer) afterName() bool {
	if len(l.toks) == 0 {
		return false
	}
	k := l.toks[len(l.toks)-1].kind
	return k == tokenWord || k == tokenQuoted
}

// number reads to the end of a number, also a malformed one: the engine refuses those.
func (l *lexer) number() {
	for l.at < len(l.src) {
		c := l.src[l.at]
		exponent := (c == '+' || c == '-') && strings.IndexByte("eE", l.src[l.at-1]) >= 0
		if !isWordPart(c) && c != '.' && !exponent {
			return
		}
		l.at++
	}
}

// quoted reads to the closing quote and returns the text inside; a doubled quote stands for one.
func (l *lexer) quoted(quote byte) (string, error) {
	for from := l.at + 1; ; {
		n := strings.IndexByte(l.src[from:], quote)
		if n < 0 {
			return "", fmt.Errorf("a quote (%c) is not closed", quote)
		}
		end := from + n
		if end+1 < len(l.src) && l.src[end+1] == quote {
			from = end + 2
			continue
		}
		inside := l.src[l.at+1 : end]
		l.at = end + 1
		if strings.IndexByte(inside, 0) >= 0 {
			return "", fmt.Errorf("a NUL character")
		}
		return strings.ReplaceAll(inside, string([]byte{quote, quote}), string(quote)), nil
	}
}

// bracketed reads a name in brackets. In PostgreSQL brackets are subscripts, so only characters
// that both engines split in the same way are allowed inside.
func (l *lexer) bracketed() (token, error) {
	start := l.at
	n := strings.IndexByte(l.src[start:], ']')
	if n < 2 {
		return token{}, fmt.Errorf("brackets may hold a name only")
	}
	name := l.src[start+1 : start+n]
	for i := range len(name) {
		if !isWordPart(name[i]) && name[i] != ' ' {
			return token{}, fmt.Errorf("brackets may hold a name only")
		}
	}
	l.at += n + 1
	return token{kind: tokenQuoted, text: name, quote: '[', pos: start, end: l.at}, nil
}

func (l *lexer) wordAt(i int) bool { return i < len(l.src) && isWordPart(l.src[i]) }

func isWordStart(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func isWordPart(c byte) bool { return isWordStart(c) || isDigit(c) }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
