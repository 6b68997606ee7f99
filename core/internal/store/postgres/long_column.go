// Which columns a statement assigns long texts to.

package postgres

import (
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

// longParam is the length in bytes from which a parameter is long. A reasonable number of keys
// that are shorter fits into a page.
const longParam = 1000

// assigned returns the table that an INSERT or UPDATE writes to, and the columns to which it
// assigns long texts. PostgreSQL names the index that has no room only if the entry fits into a
// page.
func assigned(sql string, args []store.Value) (table string, columns []string) {
	rest, insert := strings.CutPrefix(sql, "INSERT INTO ")
	if !insert {
		var update bool
		if rest, update = strings.CutPrefix(sql, "UPDATE "); !update {
			return "", nil
		}
	}
	table, kind, rest := nextToken(rest)
	if kind != tokenQuoted {
		return "", nil
	}
	var list []string
	if open, after, ok := strings.Cut(rest, "("); ok && insert && strings.TrimSpace(open) == "" {
		list, rest = nameList(after)
	}
	for i, v := range args {
		if v.Kind() != store.KindText || len(v.AsText()) < longParam {
			continue
		}
		if column := columnOf(rest, "$"+strconv.Itoa(i+1), list); column != "" {
			columns = append(columns, column)
		}
	}
	return table, columns
}

// nameList reads quoted names up to a closing parenthesis.
func nameList(sql string) (names []string, rest string) {
	for {
		token, kind, after := nextToken(sql)
		if kind == tokenEnd || kind == tokenBad || token == ")" && kind == tokenOther {
			return names, after
		}
		if kind == tokenQuoted {
			names = append(names, token)
		}
		sql = after
	}
}

// columnOf returns the column to which the parameter is assigned: the column before "=", or the
// column of the list at the position of the parameter among the values. It is "" if there is
// neither.
func columnOf(sql, param string, list []string) string {
	// at counts the commas inside the outermost parentheses: the position of a value in VALUES.
	// Each row begins anew with its parenthesis.
	column, at, depth := "", 0, 0
	for i := 0; i < len(sql); {
		switch c := sql[i]; {
		case c == '"' || c == '\'':
			token, kind, after := nextToken(sql[i:])
			if kind == tokenBad {
				return ""
			}
			if i = len(sql) - len(after); kind == tokenQuoted && strings.HasPrefix(after, " = ") {
				column = token
			}
			continue
		case c == '(':
			if depth++; depth == 1 {
				at = 0
			}
		case c == ')':
			depth--
		case c == ',' && depth == 1:
			at++
		case c == '$':
			end := i + 1
			for end < len(sql) && isDigit(sql[end]) {
				end++
			}
			switch {
			case sql[i:end] != param:
			case column != "":
				return column
			case at < len(list):
				return list[at]
			}
			i = end
			continue
		}
		i++
	}
	return ""
}
