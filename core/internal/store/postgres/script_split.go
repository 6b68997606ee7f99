// Statements of an administrator's script, and the kinds of statements that are allowed.

package postgres

import (
	"strings"
	"unicode/utf8"
)

// scriptStatement is one statement of a script.
type scriptStatement struct {
	sql   string
	at    int      // bytes of the script before sql
	names []string // all names in it, as PostgreSQL reads them
}

// splitScript splits a script into its statements and refuses those of kinds that are not
// allowed. It reads the text as PostgreSQL does with the settings of our sessions.
func splitScript(sql string) (list []scriptStatement, err error) {
	switch {
	case !utf8.ValidString(sql):
		return nil, refuse("the statement is not UTF-8")
	case !clean(sql):
		return nil, refuse("a statement with U+0000 in it")
	}
	var words []scriptWord
	begin := 0
	take := func(end int) error {
		if len(words) == 0 {
			return nil
		}
		if err := allowed(words); err != nil {
			return err
		}
		st := scriptStatement{sql: sql[begin:end], at: begin}
		for _, w := range words {
			if w.kind != scriptOther {
				st.names = append(st.names, w.text)
			}
		}
		list = append(list, st)
		words = nil
		return nil
	}
	for at := 0; at < len(sql); {
		w, length := nextWord(sql[at:])
		switch {
		case w.kind == scriptOther && w.text == ";":
			if err := take(at); err != nil {
				return nil, err
			}
			begin = at + length
		case w.kind == scriptEscaped:
			return nil, refuse(`names and texts of the form U&"…" are not allowed here`)
		case w.kind != scriptSpace:
			words = append(words, w)
		}
		at += length
	}
	if err := take(len(sql)); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, refuse("there is no statement")
	}
	return list, nil
}

// allowed refuses a statement unless its kind is known to stay within the database and to keep
// the transaction. It refuses COPY, DO, CALL, SET, COMMIT, and all statements that create code or
// accounts.
func allowed(words []scriptWord) error {
	first := words[0]
	switch {
	case first.kind == scriptOther && first.text == "(": // a SELECT
		return nil
	case first.kind != scriptName:
		return refuse("a statement begins with a word")
	}
	switch first.text {
	case "select", "values", "table", "with", "insert", "update", "delete", "merge", "explain", "show",
		"truncate", "analyze", "analyse", "comment", "refresh", "reindex":
		return nil
	case "begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release", "prepare":
		return refuse("statements of transactions are not allowed here: all statements together are one")
	case "create", "alter", "drop":
		return allowedChange(words)
	}
	return refuse(strings.ToUpper(first.text) + " is not allowed here")
}

// allowedChange is allowed for a statement that changes definitions.
func allowedChange(words []scriptWord) error {
	for _, w := range words[1:] {
		switch w.text {
		case "or", "replace", "unique", "unlogged", "temp", "temporary", "global", "local", "recursive", "materialized":
			continue
		case "table", "index", "view", "sequence", "statistics":
			if w.kind == scriptName {
				return nil
			}
		}
		return refuse(strings.ToUpper(words[0].text+" "+w.text) + " is not allowed here")
	}
	return nil // the statement is incomplete, which the server will report
}

// scriptWord is a word of a script: its kind, and the text of a name, or of one character.
type scriptWord struct {
	kind scriptKind
	text string
}

type scriptKind uint8

const (
	scriptSpace   scriptKind = iota // and comments
	scriptName                      // in lower case
	scriptQuoted                    // a quoted name, without its quotes
	scriptEscaped                   // U&"…" and U&'…'
	scriptOther                     // a text without its content, or one character
)

// nextWord returns the first word and its length. A quote or comment without an end extends to
// the end of sql.
func nextWord(sql string) (w scriptWord, length int) {
	c := sql[0]
	switch {
	case strings.IndexByte(" \t\r\n\f\v", c) >= 0:
		return scriptWord{}, 1
	case strings.HasPrefix(sql, "--"):
		return scriptWord{}, until(sql, strings.IndexAny(sql, "\r\n"), 1)
	case strings.HasPrefix(sql, "/*"):
		return scriptWord{}, commentLength(sql)
	case c == '\'':
		return scriptWord{kind: scriptOther}, quotedLength(sql, '\'', false)
	case c == '"':
		n := quotedLength(sql, '"', false)
		return scriptWord{scriptQuoted, strings.ReplaceAll(strings.TrimSuffix(sql[1:n], `"`), `""`, `"`)}, n
	case (c == 'e' || c == 'E') && strings.HasPrefix(sql[1:], "'"):
		return scriptWord{kind: scriptOther}, 1 + quotedLength(sql[1:], '\'', true)
	case (c == 'u' || c == 'U') && (strings.HasPrefix(sql[1:], `&"`) || strings.HasPrefix(sql[1:], "&'")):
		return scriptWord{kind: scriptEscaped}, 2
	case nameStart(c):
		n := 1
		for n < len(sql) && (nameStart(sql[n]) || sql[n] >= '0' && sql[n] <= '9' || sql[n] == '$') {
			n++
		}
		return scriptWord{scriptName, lower(sql[:n])}, n
	case c == '$':
		return dollarWord(sql)
	}
	return scriptWord{scriptOther, sql[:1]}, 1
}

// nameStart reports whether a name may begin with the byte: letters, and all that is not ASCII.
func nameStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= utf8.RuneSelf
}

// lower folds a name like PostgreSQL: only ASCII letters.
func lower(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// quotedLength returns the length of a quoted text, in which a doubled quote stands for one.
func quotedLength(sql string, quote byte, escapes bool) int {
	for i := 1; i < len(sql); i++ {
		switch {
		case escapes && sql[i] == '\\':
			i++
		case sql[i] == quote && i+1 < len(sql) && sql[i+1] == quote:
			i++
		case sql[i] == quote:
			return i + 1
		}
	}
	return len(sql)
}

// commentLength returns the length of a comment. Comments nest.
func commentLength(sql string) int {
	depth := 0
	for i := 0; i+1 < len(sql); i++ {
		switch sql[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(sql)
}

// dollarWord returns a text between $tag$ and $tag$, or the sign alone, and its length.
func dollarWord(sql string) (scriptWord, int) {
	end := 1
	for end < len(sql) && (nameStart(sql[end]) || end > 1 && sql[end] >= '0' && sql[end] <= '9') {
		end++
	}
	if end == len(sql) || sql[end] != '$' {
		return scriptWord{scriptOther, "$"}, 1
	}
	tag := sql[:end+1]
	return scriptWord{kind: scriptOther}, until(sql, strings.Index(sql[len(tag):], tag), 2*len(tag))
}

// until returns at plus more, or the length of sql if at is negative, since the place was not
// found.
func until(sql string, at, more int) int {
	if at < 0 {
		return len(sql)
	}
	return at + more
}
