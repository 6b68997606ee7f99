// Renames of columns in index definitions, including expressions and conditions.

package sqlindex

import (
	"strings"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/check"
)

// RenameColumns renames the columns of an index (renamed maps old to new names), also in its
// expressions and its condition, and reports whether it has changed the index. ix is changed in
// place.
func RenameColumns(ix *store.Index, renamed map[string]string) bool {
	before := ix.String()
	for i := range ix.Columns {
		name := &ix.Columns[i].Name
		if is, ok := renamedColumn(*name, renamed); ok {
			*name = is
		} else if !check.IsWord(*name) {
			*name = renameInExpression(*name, renamed)
		}
	}
	ix.Where = renameInExpression(ix.Where, renamed)
	return ix.String() != before
}

// Mentions reports whether an index column, a name or an SQL expression, contains the column.
func Mentions(indexColumn, column string) bool {
	if strings.EqualFold(indexColumn, column) {
		return true
	}
	// No expression can contain this name: the text differs if and only if the column was found.
	const other = "\x00"
	return renameInExpression(indexColumn, map[string]string{column: other}) != indexColumn
}

// renamedColumn looks a column up in any letter case, as the engines do.
func renamedColumn(name string, renamed map[string]string) (string, bool) {
	if is, ok := renamed[name]; ok {
		return is, true
	}
	for was, is := range renamed {
		if strings.EqualFold(was, name) {
			return is, true
		}
	}
	return "", false
}

// renameInExpression renames columns in an SQL expression and keeps the rest unchanged. Text
// literals, function names, collations and keywords are not columns.
func renameInExpression(sql string, renamed map[string]string) string {
	var b strings.Builder
	previous := "" // the word before, in lower case
	for i := 0; i < len(sql); {
		end, quoted := sqlToken(sql, i)
		token := sql[i:end]
		name := token
		if quoted {
			name = token[1 : len(token)-1]
		}
		is, ok := renamedColumn(name, renamed)
		switch {
		case !ok || token[0] == '\'' || !check.IsWord(name):
		case quoted:
			token = token[:1] + is + token[len(token)-1:]
		// An unquoted word is a column unless it is a keyword, a collation, the type of a cast,
		// or a function, which is followed by a parenthesis.
		case !sqlKeywords[strings.ToLower(name)] && previous != "collate" && previous != "as" &&
			!strings.HasPrefix(strings.TrimLeft(sql[end:], " \t\r\n"), "("):
			if token = is; sqlKeywords[strings.ToLower(is)] || reservedWords[strings.ToLower(is)] {
				token = "`" + is + "`"
			}
		}
		if strings.TrimSpace(token) != "" {
			previous = strings.ToLower(name)
		}
		b.WriteString(token)
		i = end
	}
	return b.String()
}

// sqlToken returns the end of the token at i: a word, a quoted text or a single character.
func sqlToken(sql string, i int) (end int, quoted bool) {
	if closing := closingQuote(sql[i]); closing != 0 {
		if n := strings.IndexByte(sql[i+1:], closing); n >= 0 {
			return i + n + 2, true
		}
	}
	for end = i; end < len(sql) && check.IsWord(sql[end:end+1]); end++ {
	}
	return max(end, i+1), false
}

// sqlKeywords are words in expressions that are not columns unless they are quoted.
var sqlKeywords = words("and as between case cast collate distinct else end escape exists false from glob in is " +
	"isnull like match not notnull null or regexp select table then true when where")

// reservedWords are the other words that one of the engines accepts as a column only if they are
// quoted.
var reservedWords = words("add all alter analyse analyze any array asc asymmetric autoincrement both check column commit " +
	"constraint create current_catalog current_date current_role current_time current_timestamp current_user default " +
	"deferrable delete desc do drop except fetch for foreign grant group having index initially insert intersect into join " +
	"lateral leading limit localtime localtimestamp nothing offset on only order placing primary references returning " +
	"session_user set some symmetric to trailing transaction union unique update user using values variadic window with")

func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(list) {
		set[word] = true
	}
	return set
}
