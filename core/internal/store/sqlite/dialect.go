// The SQL dialect of SQLite.

package sqlite

import (
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

// Dialect is SQLite's SQL.
type Dialect struct{}

var _ store.Dialect = Dialect{}

// Each guards json_each against text that is no JSON, on which it would fail. NULL
// yields no row.
func (Dialect) Each(list, alias string) string {
	return "json_each(CASE WHEN json_valid(" + list + ") THEN " + list + " WHEN " + list + " IS NOT NULL THEN json_array(" + list + ") END) AS " + alias
}

// Items is json_each of the parameter.
func (Dialect) Items(param, alias string) string {
	return "json_each(" + param + ") AS " + alias
}

// Length counts a value that is no array as one item, unless it is empty.
func (Dialect) Length(list string) string {
	return "CASE WHEN json_valid(" + list + ") AND json_type(" + list + ") = 'array' THEN json_array_length(" + list + ")" +
		" WHEN " + list + " <> '' THEN 1 ELSE 0 END"
}

// ItemCount is json_array_length, which is 0 for all that is no array and NULL for what
// is not there.
func (Dialect) ItemCount(doc string, parts []string) string {
	if len(parts) == 0 {
		return "CASE WHEN json_valid(" + doc + ") THEN json_array_length(" + doc + ") ELSE 0 END"
	}
	return "CASE WHEN json_valid(" + doc + ") THEN COALESCE(json_array_length(" + doc + ", '" + jsonPath(parts) + "'), 0) ELSE 0 END"
}

// EachElement is json_each of an array only: of an object it would give the members.
func (Dialect) EachElement(doc string, parts []string, alias string) string {
	path := jsonPath(parts)
	return "json_each(CASE WHEN json_valid(" + doc + ") THEN CASE json_type(" + doc + ", '" + path + "') WHEN 'array' THEN " + doc +
		" END END, '" + path + "') AS " + alias
}

// Element is the value: json_each gives what json_extract does.
func (Dialect) Element(value string) string { return value }

// ElementText has numbers as digits says.
func (Dialect) ElementText(value string) string { return digits(value) }

// ListText is the column.
func (Dialect) ListText(list string) string { return list }

// Path takes text that is no JSON for a JSON string.
func (Dialect) Path(doc string, parts []string) string {
	if len(parts) == 0 {
		return "CASE WHEN json_valid(" + doc + ") THEN json_extract(" + doc + ", '$') ELSE " + doc + " END"
	}
	return "CASE WHEN json_valid(" + doc + ") THEN json_extract(" + doc + ", '" + jsonPath(parts) + "') END"
}

// jsonPath returns the path in SQLite's spelling. Digits alone are the index of a list. Parts
// are words, so none needs quotes.
func jsonPath(parts []string) string {
	var b strings.Builder
	b.WriteByte('$')
	for _, part := range parts {
		if strings.Trim(part, "0123456789") == "" {
			b.WriteString("[" + part + "]")
		} else {
			b.WriteString("." + part)
		}
	}
	return b.String()
}

// PathText is Path, its numbers as digits says.
func (d Dialect) PathText(doc string, parts []string) string { return digits(d.Path(doc, parts)) }

// Lift is expr: what json_extract yields is an SQL value.
func (Dialect) Lift(expr string, _ store.ColumnKind) string { return expr }

// LiftInteger is the parameter: SQLite compares integers as such.
func (Dialect) LiftInteger(param string) string { return param }

// Keep is the value: SQLite's columns hold scalars of any kind.
func (Dialect) Keep(value string) string { return value }

// Kept is the parameter.
func (Dialect) Kept(v store.Value, bind func(store.Value) string) (string, bool) {
	return bind(v), v.Kind() != store.KindBool
}

// Text is expr, which LIKE and || convert by themselves, but for numbers.
func (Dialect) Text(expr string, kind store.ColumnKind) string {
	if kind == store.ColumnNumber {
		return digits(expr)
	}
	return expr
}

// digits prints a number with a fraction with 15 digits, on which the engines agree.
// SQLite by itself prints up to 17, and not always the nearest ones.
func digits(expr string) string {
	return "CASE typeof(" + expr + ") WHEN 'real' THEN format('%.15g', " + expr + ") ELSE " + expr + " END"
}

// Number is expr: booleans are 1 and 0.
func (Dialect) Number(expr string, _ store.ColumnKind) string { return expr }

// Mixed leaves it to SQLite, whose rule it is, given a number of numeric affinity.
func (Dialect) Mixed(number, op, text string) string { return number + " " + op + " " + text }

// Param gives the parameter the affinity of a column of that kind.
func (Dialect) Param(param string, kind store.ColumnKind) string {
	switch kind {
	case store.ColumnText:
		return "CAST(" + param + " AS TEXT)"
	case store.ColumnNumber, store.ColumnBool:
		return "CAST(" + param + " AS NUMERIC)"
	}
	return param
}

// Cut uses substr() for texts only, since substr() converts a number to a text.
func (Dialect) Cut(column string, characters int) string {
	return "CASE typeof(" + column + ") WHEN 'text' THEN substr(" + column + ", 1, " + strconv.Itoa(characters) + ") ELSE " + column + " END"
}

// EqualFold gives the comparison the collation.
func (Dialect) EqualFold(column, text string) string {
	return column + " = " + text + " COLLATE NOCASE"
}

// Prefix is 0: indexes hold values of any length.
func (Dialect) Prefix(_, _ string, _ bool) int { return 0 }

// Like is LIKE.
func (Dialect) Like(text, pattern string) string { return text + " LIKE " + pattern + ` ESCAPE '\'` }

// LikeCase is GLOB, with the pattern in its spelling.
func (Dialect) LikeCase(text, pattern string, bind func(string) string) string {
	return text + " GLOB " + bind(glob(pattern))
}

// glob is a pattern of LIKE, with the escape \, in the spelling of GLOB, which has no
// escape but sets of one character.
func glob(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case c == '%':
			b.WriteByte('*')
			continue
		case c == '_':
			b.WriteByte('?')
			continue
		// What follows the escape stands for itself, also a % or _.
		case c == '\\' && i+1 < len(pattern):
			i++
			c = pattern[i]
		}
		if strings.IndexByte("*?[", c) >= 0 {
			b.WriteString("[" + string(c) + "]")
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// JoinRows keeps the order of the join: CROSS JOIN is how SQLite is told so.
func (Dialect) JoinRows(table, inner string) string {
	return " CROSS JOIN " + table + " ON t._rowid_ IN (" + inner + ")"
}

// Nulls is empty: NULL is the least value.
func (Dialect) Nulls(bool) string { return "" }

// JudgesOnce is false: what has a subquery comes last.
func (Dialect) JudgesOnce() bool { return false }

// Explain asks for the steps, whose words are the last of four columns.
func (Dialect) Explain(sql string) (statement string, column int) {
	return "EXPLAIN QUERY PLAN " + sql, 3
}

// ForUpdate is empty: one writer runs at a time.
func (Dialect) ForUpdate(string) string { return "" }
