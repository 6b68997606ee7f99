// The SQL dialect of SQLite.

package sqlite

import (
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

// Dialect generates SQL for SQLite.
type Dialect struct{}

var _ store.Dialect = Dialect{}

// Each implements store.Dialect. It protects json_each from text that is not JSON, on which it
// would fail. NULL yields no row.
func (Dialect) Each(list, alias string) string {
	return "json_each(CASE WHEN json_valid(" + list + ") THEN " + list + " WHEN " + list + " IS NOT NULL THEN json_array(" + list + ") END) AS " + alias
}

// Items implements store.Dialect by json_each of the parameter.
func (Dialect) Items(param, alias string) string {
	return "json_each(" + param + ") AS " + alias
}

// Length implements store.Dialect. A value that is not an array counts as one item, unless it is
// empty.
func (Dialect) Length(list string) string {
	return "CASE WHEN json_valid(" + list + ") AND json_type(" + list + ") = 'array' THEN json_array_length(" + list + ")" +
		" WHEN " + list + " <> '' THEN 1 ELSE 0 END"
}

// ItemCount implements store.Dialect by json_array_length, which is 0 for values that are not
// arrays and NULL for missing ones.
func (Dialect) ItemCount(doc string, parts []string) string {
	if len(parts) == 0 {
		return "CASE WHEN json_valid(" + doc + ") THEN json_array_length(" + doc + ") ELSE 0 END"
	}
	return "CASE WHEN json_valid(" + doc + ") THEN COALESCE(json_array_length(" + doc + ", '" + jsonPath(parts) + "'), 0) ELSE 0 END"
}

// EachElement implements store.Dialect by json_each of an array only: for an object json_each
// would return the members.
func (Dialect) EachElement(doc string, parts []string, alias string) string {
	path := jsonPath(parts)
	return "json_each(CASE WHEN json_valid(" + doc + ") THEN CASE json_type(" + doc + ", '" + path + "') WHEN 'array' THEN " + doc +
		" END END, '" + path + "') AS " + alias
}

// Element implements store.Dialect. json_each returns the same value as json_extract.
func (Dialect) Element(value string) string { return value }

// ElementText implements store.Dialect. Numbers are printed by digits.
func (Dialect) ElementText(value string) string { return digits(value) }

// ListText implements store.Dialect by the column itself.
func (Dialect) ListText(list string) string { return list }

// Path implements store.Dialect. Text that is not JSON counts as a JSON string.
func (Dialect) Path(doc string, parts []string) string {
	if len(parts) == 0 {
		return "CASE WHEN json_valid(" + doc + ") THEN json_extract(" + doc + ", '$') ELSE " + doc + " END"
	}
	return "CASE WHEN json_valid(" + doc + ") THEN json_extract(" + doc + ", '" + jsonPath(parts) + "') END"
}

// jsonPath returns the path in SQLite's syntax. A part of digits is the index of an array. Parts
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

// PathText implements store.Dialect. Numbers are printed by digits.
func (d Dialect) PathText(doc string, parts []string) string { return digits(d.Path(doc, parts)) }

// Lift implements store.Dialect. It returns expr: the result of json_extract is an SQL value.
func (Dialect) Lift(expr string, _ store.ColumnKind) string { return expr }

// LiftInteger implements store.Dialect. It returns the parameter: SQLite compares integers
// exactly.
func (Dialect) LiftInteger(param string) string { return param }

// Keep implements store.Dialect. It returns the value: SQLite's columns hold scalars of any kind.
func (Dialect) Keep(value string) string { return value }

// Kept implements store.Dialect. It returns the parameter.
func (Dialect) Kept(v store.Value, bind func(store.Value) string) (string, bool) {
	return bind(v), v.Kind() != store.KindBool
}

// Text implements store.Dialect. LIKE and || convert expr themselves, except for numbers.
func (Dialect) Text(expr string, kind store.ColumnKind) string {
	if kind == store.ColumnNumber {
		return digits(expr)
	}
	return expr
}

// digits prints a number with a fraction with 15 significant digits, as the other engine does.
// SQLite itself prints up to 17, and not always the nearest ones.
func digits(expr string) string {
	return "CASE typeof(" + expr + ") WHEN 'real' THEN format('%.15g', " + expr + ") ELSE " + expr + " END"
}

// Number implements store.Dialect. It returns expr: booleans are 1 and 0.
func (Dialect) Number(expr string, _ store.ColumnKind) string { return expr }

// Mixed implements store.Dialect. SQLite itself compares by this rule if the number has numeric
// affinity.
func (Dialect) Mixed(number, op, text string) string { return number + " " + op + " " + text }

// Param implements store.Dialect. The parameter gets the affinity of a column of the kind.
func (Dialect) Param(param string, kind store.ColumnKind) string {
	switch kind {
	case store.ColumnText:
		return "CAST(" + param + " AS TEXT)"
	case store.ColumnNumber, store.ColumnBool:
		return "CAST(" + param + " AS NUMERIC)"
	}
	return param
}

// Cut implements store.Dialect. It uses substr() for texts only, since substr() converts a number
// to a text.
func (Dialect) Cut(column string, characters int) string {
	return "CASE typeof(" + column + ") WHEN 'text' THEN substr(" + column + ", 1, " + strconv.Itoa(characters) + ") ELSE " + column + " END"
}

// EqualFold implements store.Dialect by the collation NOCASE.
func (Dialect) EqualFold(column, text string) string {
	return column + " = " + text + " COLLATE NOCASE"
}

// Prefix implements store.Dialect. It is 0: indexes hold values of any length.
func (Dialect) Prefix(_, _ string, _ bool) int { return 0 }

// Like implements store.Dialect by LIKE.
func (Dialect) Like(text, pattern string) string { return text + " LIKE " + pattern + ` ESCAPE '\'` }

// LikeCase implements store.Dialect by GLOB, with the translated pattern.
func (Dialect) LikeCase(text, pattern string, bind func(string) string) string {
	return text + " GLOB " + bind(glob(pattern))
}

// glob translates a pattern of LIKE with the escape \ into a pattern of GLOB, which has no escape
// but sets of one character.
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
		// The character after the escape stands for itself, also a % or _.
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

// JoinRows implements store.Dialect. CROSS JOIN makes SQLite keep the order of the join.
func (Dialect) JoinRows(table, inner string) string {
	return " CROSS JOIN " + table + " ON t._rowid_ IN (" + inner + ")"
}

// Nulls implements store.Dialect. It is empty: NULL is the least value.
func (Dialect) Nulls(bool) string { return "" }

// JudgesOnce implements store.Dialect. It is false: a condition with a subquery is evaluated
// last.
func (Dialect) JudgesOnce() bool { return false }

// Explain implements store.Dialect. The text of each step is the last of four columns.
func (Dialect) Explain(sql string) (statement string, column int) {
	return "EXPLAIN QUERY PLAN " + sql, 3
}

// NestsComments implements store.Dialect. The first */ ends a comment.
func (Dialect) NestsComments() bool { return false }

// ForUpdate implements store.Dialect. It is empty: only one writer runs at a time.
func (Dialect) ForUpdate(string) string { return "" }
