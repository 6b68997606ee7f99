// The tokens of SQL: enough of both engines' lexical rules to distinguish statements, names and
// parentheses from texts and comments.

package sqlrun

import "strings"

// token is a word, a quoted name, a text, or a single character.
type token struct {
	text     string // a name without its quotes; "" for a text
	quoted   bool   // a quoted name, or a text
	pos, end int    // offsets in the SQL, in bytes
	depth    int    // number of parentheses around the token
}

// is reports whether the token is the keyword.
func (t token) is(word string) bool { return !t.quoted && strings.EqualFold(t.text, word) }

// name reports whether the token can be a name.
func (t token) name() bool { return t.text != "" && (t.quoted || isWordByte(t.text[0])) }

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
}

// tokens returns the tokens of the SQL, without comments and spaces. nested reports whether a comment may
// contain other comments.
func tokens(sql string, nested bool) (list []token) {
	depth := 0
	for i := 0; i < len(sql); {
		c, begin := sql[i], i
		switch {
		case strings.HasPrefix(sql[i:], "--"):
			i = after(sql, i, "\n")
			continue
		case strings.HasPrefix(sql[i:], "/*"):
			i = commentEnd(sql, i, nested)
			continue
		case c == '\'':
			i = quotedEnd(sql, i, len(list) > 0 && list[len(list)-1].end == i && list[len(list)-1].is("e"))
			list = append(list, token{"", true, begin, i, depth})
			continue
		case c == '$' && dollarTag(sql[i:]) != "":
			tag := dollarTag(sql[i:])
			i = after(sql, i+len(tag), tag)
			list = append(list, token{"", true, begin, i, depth})
			continue
		case c == '"' || c == '`':
			i = quotedEnd(sql, i, false)
			list = append(list, token{unquote(sql[begin:i], c), true, begin, i, depth})
			continue
		case c == '[':
			i = after(sql, i, "]")
			list = append(list, token{strings.Trim(sql[begin:i], "[]"), true, begin, i, depth})
			continue
		case isWordByte(c):
			for i < len(sql) && (isWordByte(sql[i]) || sql[i] == '$') {
				i++
			}
			list = append(list, token{sql[begin:i], false, begin, i, depth})
			continue
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f':
			i++
			continue
		}
		i++
		if c == ')' {
			depth = max(0, depth-1)
		}
		list = append(list, token{string(c), false, begin, i, depth})
		if c == '(' {
			depth++
		}
	}
	return list
}

// after returns the offset after the next occurrence of end, or the length of the text.
func after(sql string, from int, end string) int {
	if n := strings.Index(sql[from:], end); n >= 0 {
		return from + n + len(end)
	}
	return len(sql)
}

// commentEnd returns the offset after the comment that begins at from. If nested is true, each comment
// in it has an end of its own.
func commentEnd(sql string, from int, nested bool) int {
	depth := 1
	for i := from + 2; i < len(sql); i++ {
		switch {
		case strings.HasPrefix(sql[i:], "*/"):
			if depth--; depth == 0 {
				return i + 2
			}
			i++
		case nested && strings.HasPrefix(sql[i:], "/*"):
			depth++
			i++
		}
	}
	return len(sql)
}

// quotedEnd returns the offset after a quoted text, in which two quotes stand for one.
func quotedEnd(sql string, from int, backslashes bool) int {
	quote := sql[from]
	for i := from + 1; i < len(sql); i++ {
		switch {
		case backslashes && sql[i] == '\\':
			i++
		case sql[i] == quote && i+1 < len(sql) && sql[i+1] == quote:
			i++
		case sql[i] == quote:
			return i + 1
		}
	}
	return len(sql)
}

func unquote(text string, quote byte) string {
	q := string(quote)
	return strings.ReplaceAll(strings.TrimSuffix(text[1:], q), q+q, q)
}

// dollarTag returns the quote $tag$ at the beginning of a text, "" if there is none.
func dollarTag(text string) string {
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '$':
			return text[:i+1]
		case !isWordByte(text[i]) || i == 1 && text[i] >= '0' && text[i] <= '9':
			return ""
		}
	}
	return ""
}

// statements returns the tokens of each statement. nested is that of tokens.
func statements(sql string, nested bool) (list [][]token) {
	var one []token
	for _, t := range tokens(sql, nested) {
		if t.text != ";" || t.quoted {
			one = append(one, t)
			continue
		}
		if len(one) > 0 {
			list = append(list, one)
		}
		one = nil
	}
	if len(one) > 0 {
		list = append(list, one)
	}
	return list
}
