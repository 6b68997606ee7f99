// Package sqlindex parses CREATE INDEX statements, compares them and renames their columns. It
// understands only as much of SQL's expressions as this needs.
package sqlindex

import (
	"errors"
	"strings"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/check"
)

var errSyntax = errors.New("schema: not a CREATE INDEX statement")

// Parse parses a CREATE INDEX statement in any letter case. Quotes around names are removed;
// expressions and the condition keep their spelling. Any other text, or more than one statement,
// is an error.
func Parse(text string) (store.Index, error) {
	p := indexParser{rest: strings.TrimSpace(text)}
	p.rest = strings.TrimRight(p.rest, "; \t\r\n")
	var ix store.Index
	if !p.word("create") {
		return store.Index{}, errSyntax
	}
	ix.Unique = p.word("unique")
	if !p.word("index") {
		return store.Index{}, errSyntax
	}
	if p.word("if") {
		if !p.word("not") || !p.word("exists") {
			return store.Index{}, errSyntax
		}
		ix.IfNotExists = true
	}
	ix.Name = p.name()
	if p.skip('.') { // the first name was a schema
		ix.Name = p.name()
	}
	if ix.Name == "" || !p.word("on") {
		return store.Index{}, errSyntax
	}
	unnamed := strings.HasPrefix(p.rest, "``") || strings.HasPrefix(p.rest, `""`)
	if unnamed { // as in a scaffold: the table is the collection's, under any name
		p.cut(2)
	} else if ix.Table = p.name(); ix.Table == "" {
		return store.Index{}, errSyntax
	}
	list, ok := p.group()
	if !ok {
		return store.Index{}, errSyntax
	}
	// Commas inside of functions and quotes do not separate columns.
	for _, part := range splitTop(list) {
		column, ok := parseIndexColumn(part)
		if !ok {
			return store.Index{}, errSyntax
		}
		ix.Columns = append(ix.Columns, column)
	}
	if p.word("where") {
		ix.Where = strings.TrimSpace(p.rest)
		if ix.Where == "" {
			return store.Index{}, errSyntax
		}
		p.rest = ""
	}
	// The rest could be a second statement.
	if p.rest != "" || !isOneExpression(ix.Where) {
		return store.Index{}, errSyntax
	}
	return ix, nil
}

// indexParser consumes the statement from the left. rest does not begin with white space.
type indexParser struct{ rest string }

// cut consumes n bytes and the white space after them.
func (p *indexParser) cut(n int) { p.rest = strings.TrimLeft(p.rest[n:], " \t\r\n") }

// word consumes the keyword if it is next as a whole word.
func (p *indexParser) word(keyword string) bool {
	n := len(keyword)
	if len(p.rest) < n || !strings.EqualFold(p.rest[:n], keyword) || len(p.rest) > n && check.IsWord(p.rest[n:n+1]) {
		return false
	}
	p.cut(n)
	return true
}

// skip consumes the character if it is next.
func (p *indexParser) skip(c byte) bool {
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.cut(1)
	return true
}

// name consumes a name, quoted or not; "" if there is none.
func (p *indexParser) name() string {
	if p.rest == "" {
		return ""
	}
	if closing := closingQuote(p.rest[0]); closing != 0 {
		name, end := quotedName(p.rest, closing)
		if end == 0 || strings.IndexByte(name, 0) >= 0 {
			return ""
		}
		p.cut(end)
		return name
	}
	end := strings.IndexAny(p.rest, " \t\r\n(.)`\"'[],;")
	if end < 0 {
		end = len(p.rest)
	}
	name := p.rest[:end]
	if strings.IndexByte(name, 0) >= 0 {
		return ""
	}
	p.cut(end)
	return name
}

// quotedName returns the quoted name at the beginning of s and the index after it. A doubled
// quote stands for one. The index is 0 if the quote is not closed.
func quotedName(s string, closing byte) (name string, end int) {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] != closing:
		// Brackets are not doubled: SQLite ends the name at the first one.
		case closing != ']' && i+1 < len(s) && s[i+1] == closing:
			i++
		case closing == ']':
			return s[1:i], i + 1
		default:
			quote := string(closing)
			return strings.ReplaceAll(s[1:i], quote+quote, quote), i + 1
		}
	}
	return "", 0
}

// closingQuote returns the character that closes the quote c; 0 if c is not a quote.
func closingQuote(c byte) byte {
	switch c {
	case '`', '"', '\'':
		return c
	case '[':
		return ']'
	}
	return 0
}

// group consumes parentheses and returns the text inside.
func (p *indexParser) group() (string, bool) {
	if p.rest == "" || p.rest[0] != '(' {
		return "", false
	}
	end := groupEnd(p.rest)
	if end < 0 {
		return "", false
	}
	inside := p.rest[1:end]
	p.cut(end + 1)
	return inside, true
}

// groupEnd returns the index of the parenthesis that closes the one at the beginning of s, -1 if
// there is none.
func groupEnd(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		if closing := closingQuote(s[i]); closing != 0 {
			end := strings.IndexByte(s[i+1:], closing)
			if end < 0 {
				return -1
			}
			i += end + 1
			continue
		}
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// isOneExpression reports whether s can be in a statement without ending it: quotes and
// parentheses are closed, with no semicolon or comment outside quotes. This keeps an index
// definition from injecting SQL.
func isOneExpression(s string) bool {
	if s == "" {
		return true
	}
	// If a parenthesis of s closes the one around it, s would end the list of columns.
	wrapped := "(" + s + ")"
	if groupEnd(wrapped) != len(wrapped)-1 || strings.IndexByte(s, 0) >= 0 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if closing := closingQuote(s[i]); closing != 0 {
			i += strings.IndexByte(s[i+1:], closing) + 1
			continue
		}
		if s[i] == ';' || strings.HasPrefix(s[i:], "--") || strings.HasPrefix(s[i:], "/*") {
			return false
		}
	}
	return true
}

// splitTop splits a list at the commas outside parentheses and quotes.
func splitTop(list string) []string {
	var parts []string
	depth, start := 0, 0
	for i := 0; i < len(list); i++ {
		if closing := closingQuote(list[i]); closing != 0 {
			i += strings.IndexByte(list[i+1:], closing) + 1
			continue
		}
		switch list[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, list[start:i])
				start = i + 1
			}
		}
	}
	return append(parts, list[start:])
}

// parseIndexColumn parses a name or expression, then COLLATE x, then ASC or DESC.
func parseIndexColumn(s string) (store.IndexColumn, bool) {
	var c store.IndexColumn
	s = strings.TrimSpace(s)
	// The column is parsed from its end: before the keywords there may be any expression.
	if head, tail := lastWord(s); strings.EqualFold(tail, "asc") || strings.EqualFold(tail, "desc") {
		c.Sort, s = strings.ToUpper(tail), head
	}
	if head, tail := lastWord(s); head != "" {
		if before, keyword := lastWord(head); strings.EqualFold(keyword, "collate") {
			if tail = unquote(tail); !check.IsWord(tail) {
				return c, false
			}
			c.Collate, s = tail, before
		}
	}
	if c.Name = unquote(s); c.Name != s && check.IsWord(c.Name) {
		return c, true
	}
	c.Name = s
	return c, s != "" && isOneExpression(s)
}

// lastWord splits off the last word; head is empty if there is only one.
func lastWord(s string) (head, word string) {
	s = strings.TrimRight(s, " \t\r\n")
	i := strings.LastIndexAny(s, " \t\r\n")
	if i < 0 {
		return "", s
	}
	return strings.TrimRight(s[:i], " \t\r\n"), s[i+1:]
}

// unquote removes the quotes of a name that is quoted as a whole.
func unquote(s string) string {
	if len(s) < 2 {
		return s
	}
	closing := closingQuote(s[0])
	if closing == 0 || strings.IndexByte(s[1:], closing) != len(s)-2 {
		return s
	}
	return s[1 : len(s)-1]
}

// SameDefinition reports whether two indexes are equal except for their names and tables.
func SameDefinition(a, b store.Index) bool {
	a.Name, a.Table, a.IfNotExists = "", "", false
	b.Name, b.Table, b.IfNotExists = "", "", false
	return a.String() == b.String()
}

// SameColumns reports whether two indexes are on the same columns in the same order, with any
// collation, sort order and condition.
func SameColumns(a, b store.Index) bool {
	if len(a.Columns) != len(b.Columns) {
		return false
	}
	for i := range a.Columns {
		if !strings.EqualFold(a.Columns[i].Name, b.Columns[i].Name) {
			return false
		}
	}
	return true
}
