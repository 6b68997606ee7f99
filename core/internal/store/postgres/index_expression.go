// Translation of the expressions of indexes, token by token.

package postgres

import (
	"strings"
	"unicode/utf8"
)

// expression copies an expression token by token and translates the spellings of SQLite: quotes
// of names, ==, booleans as numbers. It refuses a collation, which in SQLite extends to the other
// side of a comparison.
func (t translator) expression(sql string) (string, error) {
	var out []string
	for rest := sql; ; {
		token, kind, after := nextToken(rest)
		if kind == tokenEnd {
			return strings.Join(out, " "), nil
		}
		rest = after
		switch kind {
		case tokenBad:
			return "", refuse("unrecognized token: " + strings.TrimSpace(rest))
		case tokenQuoted:
			if name, ok := t.column(token); ok {
				out = append(out, t.typed(name))
			} else { // SQLite takes a name in double quotes that is no column for a text
				out = append(out, literal(token))
			}
		case tokenName:
			if name, ok := t.column(token); ok {
				out = append(out, t.typed(name))
				break
			}
			// A word that is not on the list is refused, also a function: PostgreSQL might not
			// have it, or give it another meaning.
			word, ok := words()[strings.ToUpper(token)]
			if !ok {
				return "", refuse("no such column: " + token)
			}
			out = append(out, word)
		default:
			out = append(out, token)
		}
	}
}

// typed returns a column with the type by which SQLite compares it: booleans are numbers.
func (t translator) typed(column string) string {
	switch t.columns[unquoted(column)] {
	case "boolean":
		return "(" + column + ")::int"
	case "json", "jsonb":
		return "(" + column + ")::text"
	}
	return column
}

// words returns the keywords and functions that both engines have, with their names in
// PostgreSQL.
func words() map[string]string {
	return map[string]string{
		"AND": "AND", "OR": "OR", "NOT": "NOT", "IS": "IS", "NULL": "NULL", "IN": "IN", "BETWEEN": "BETWEEN",
		"LIKE": "ILIKE", "ISNULL": "ISNULL", "NOTNULL": "NOTNULL", "TRUE": "1", "FALSE": "0",
		"CASE": "CASE", "WHEN": "WHEN", "THEN": "THEN", "ELSE": "ELSE", "END": "END",
		"LOWER": "lower", "UPPER": "upper", "LENGTH": "length", "TRIM": "trim", "LTRIM": "ltrim", "RTRIM": "rtrim",
		"SUBSTR": "substr", "SUBSTRING": "substr", "REPLACE": "replace", "ABS": "abs", "ROUND": "round",
		"COALESCE": "COALESCE", "IFNULL": "COALESCE", "NULLIF": "NULLIF",
	}
}

type tokenKind uint8

const (
	tokenEnd    tokenKind = iota
	tokenBad              // none of the following
	tokenName             // an unquoted word
	tokenQuoted           // a quoted name, without its quotes
	tokenOther            // numbers, texts, operators: the same on both engines
)

// nextToken returns the first token of sql and the text after it.
func nextToken(sql string) (token string, kind tokenKind, rest string) {
	sql = strings.TrimLeft(sql, " \t\r\n\f")
	if sql == "" {
		return "", tokenEnd, ""
	}
	switch c := sql[0]; {
	case c == '\'':
		return quotedToken(sql, '\'')
	case c == '"' || c == '`':
		return quotedToken(sql, c)
	case c == '[':
		if end := strings.IndexByte(sql, ']'); end > 0 {
			return sql[1:end], tokenQuoted, sql[end+1:]
		}
		return "", tokenBad, sql
	case isLetter(c):
		n := 1
		for n < len(sql) && (isLetter(sql[n]) || isDigit(sql[n])) {
			n++
		}
		return sql[:n], tokenName, sql[n:]
	// A number is copied as it is; exponents and hexadecimal numbers are refused.
	case isDigit(c) || c == '.':
		return numberToken(sql)
	}
	for _, op := range []string{"==", "!=", "<>", "<=", ">=", "||"} {
		if strings.HasPrefix(sql, op) {
			token = op
			if op == "==" {
				token = "="
			}
			return token, tokenOther, sql[len(op):]
		}
	}
	if strings.IndexByte("=<>+-*/%(),", sql[0]) >= 0 && !strings.HasPrefix(sql, "--") && !strings.HasPrefix(sql, "/*") {
		return sql[:1], tokenOther, sql[1:]
	}
	return "", tokenBad, sql
}

// quotedToken returns a token that ends at the next quote that is not doubled.
func quotedToken(sql string, q byte) (token string, kind tokenKind, rest string) {
	var b strings.Builder
	for i := 1; i < len(sql); i++ {
		if sql[i] != q {
			b.WriteByte(sql[i])
			continue
		}
		if i+1 < len(sql) && sql[i+1] == q {
			b.WriteByte(q)
			i++
			continue
		}
		if q == '\'' {
			return literal(b.String()), tokenOther, sql[i+1:]
		}
		return b.String(), tokenQuoted, sql[i+1:]
	}
	return "", tokenBad, sql
}

// numberToken returns a token of digits and points. A letter after them, or a second point, is
// refused.
func numberToken(sql string) (token string, kind tokenKind, rest string) {
	n := 0
	for n < len(sql) && (isDigit(sql[n]) || sql[n] == '.') {
		n++
	}
	if n < len(sql) && isLetter(sql[n]) || strings.Count(sql[:n], ".") > 1 || sql[:n] == "." {
		return "", tokenBad, sql
	}
	return sql[:n], tokenOther, sql[n:]
}

func isLetter(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
