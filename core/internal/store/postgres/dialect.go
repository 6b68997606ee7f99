// Package postgres is the PostgreSQL side of the store.
package postgres

import (
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

// Dialect generates SQL for PostgreSQL. Text columns are TEXT COLLATE "C", numbers double
// precision, list columns jsonb, json and geo columns json.
type Dialect struct {
	db *DB // the database whose prefix indexes Prefix knows; nil: none
}

var _ store.Dialect = Dialect{}

// Each implements store.Dialect. It unnests the jsonb array; NULL yields no row. The items sort
// by their bytes, like text columns.
func (Dialect) Each(list, alias string) string {
	return `LATERAL (SELECT x."value" COLLATE "C" AS "value", x."key" FROM ` + unnest(list, "x") + ") AS " + alias
}

// Items implements store.Dialect. It unnests the parameter.
func (Dialect) Items(param, alias string) string { return unnest(param+"::jsonb", alias) }

func unnest(list, alias string) string {
	return "jsonb_array_elements_text(" + list + `) WITH ORDINALITY AS ` + alias + `("value", "key")`
}

// Length implements store.Dialect.
func (Dialect) Length(list string) string { return "COALESCE(jsonb_array_length(" + list + "), 0)" }

// ItemCount implements store.Dialect. It is json_array_length of an array, 0 of other values.
func (Dialect) ItemCount(doc string, parts []string) string {
	list := pathOf(doc, parts)
	return "CASE json_typeof(" + list + ") WHEN 'array' THEN json_array_length(" + list + ") ELSE 0 END"
}

// EachElement implements store.Dialect. It unnests the array; other values yield no row.
func (Dialect) EachElement(doc string, parts []string, alias string) string {
	list := pathOf(doc, parts)
	return "LATERAL json_array_elements(CASE json_typeof(" + list + ") WHEN 'array' THEN " + list +
		` END) WITH ORDINALITY AS ` + alias + `("value", "key")`
}

// Element implements store.Dialect. The value is a loam_scalar (see functions).
func (Dialect) Element(value string) string { return "loam_value(" + value + ")" }

// ElementText implements store.Dialect by loam_text of functions.
func (Dialect) ElementText(value string) string { return "loam_text(" + value + `) COLLATE "C"` }

// ListText implements store.Dialect. It prints as schema.AppendStrings does, without the spaces
// of jsonb.
func (Dialect) ListText(list string) string {
	return "(CASE WHEN " + list + " IS NOT NULL THEN array_to_json(ARRAY(SELECT jsonb_array_elements_text(" + list +
		`)))::text END COLLATE "C")`
}

// Path implements store.Dialect. The value is a loam_scalar (see functions).
func (Dialect) Path(doc string, parts []string) string {
	return "loam_value(" + pathOf(doc, parts) + ")"
}

// PathText implements store.Dialect by loam_text of functions.
func (Dialect) PathText(doc string, parts []string) string {
	return "loam_text(" + pathOf(doc, parts) + `) COLLATE "C"`
}

// pathOf returns the JSON value at a path. A number is the index of an array, never the name of a
// member.
func pathOf(doc string, parts []string) string {
	// Consecutive names are one #> path. An index ends the path, since #> would also take it for
	// the name of a member.
	for from := 0; from < len(parts); {
		to := from
		for to < len(parts) && !isIndex(parts[to]) {
			to++
		}
		if to > from {
			doc = "(" + doc + " #> '{" + strings.Join(parts[from:to], ",") + "}')"
		}
		if to < len(parts) {
			doc = "loam_item(" + doc + ", '" + parts[to] + "')"
			to++
		}
		from = to
	}
	return doc
}

func isIndex(part string) bool { return strings.Trim(part, "0123456789") == "" }

// Lift implements store.Dialect. The value is a loam_scalar.
func (d Dialect) Lift(expr string, kind store.ColumnKind) string {
	if kind == store.ColumnText {
		return "loam_lift((" + expr + ")::text)"
	}
	return "loam_lift(" + d.Number(expr, kind) + ")"
}

// LiftInteger implements store.Dialect. The value is a loam_scalar with all digits.
func (Dialect) LiftInteger(param string) string {
	return "ROW(0, " + param + "::bigint::numeric, '')::loam_scalar"
}

// Keep implements store.Dialect. The text is # and a number, or T and a text.
func (Dialect) Keep(value string) string {
	return "CASE (" + value + ").rank WHEN 0 THEN '#' || (" + value + ").number::text WHEN 1 THEN 'T' || (" + value + ").text END"
}

// Kept implements store.Dialect. It takes numbers with at most the digits of a double precision
// number.
func (Dialect) Kept(v store.Value, bind func(store.Value) string) (string, bool) {
	// The value comes from a cursor, which a client may have written: everything that has not the
	// form of Keep is refused, and so are numbers too long for a double.
	text := v.AsText()
	switch {
	case v.Kind() != store.KindText || text == "":
		return "", false
	case text[0] == 'T':
		return "loam_lift(" + bind(store.Text(text[1:])) + "::text)", true
	case text[0] == '#' && len(text) < 1500 && isDecimal(text[1:]):
		return "ROW(0, " + bind(store.Text(text[1:])) + "::text::numeric, '')::loam_scalar", true
	}
	return "", false
}

// isDecimal reports whether the text consists of digits, with an optional sign and point.
func isDecimal(text string) bool {
	whole, fraction, point := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	return whole != "" && isIndex(whole) && isIndex(fraction) && (!point || fraction != "")
}

// Text implements store.Dialect. It prints a number by loam_print of functions, and a boolean as
// 1 or 0.
func (d Dialect) Text(expr string, kind store.ColumnKind) string {
	switch kind {
	case store.ColumnText:
		return expr
	case store.ColumnBool:
		return "(" + expr + `)::int::text COLLATE "C"`
	}
	return "loam_print(" + d.Number(expr, kind) + `) COLLATE "C"`
}

// Number implements store.Dialect. Booleans become 1 and 0, texts are converted by loam_number of
// functions.
func (Dialect) Number(expr string, kind store.ColumnKind) string {
	switch kind {
	case store.ColumnText:
		return "loam_number(" + expr + ")"
	case store.ColumnBool:
		return "(" + expr + ")::int::double precision"
	}
	return "(" + expr + ")::double precision"
}

// Mixed implements store.Dialect. It compares by loam_number of functions, which is NULL for a
// text that is not a number.
func (Dialect) Mixed(number, op, text string) string {
	// SQLite orders every number before every text. A text that is a number is compared as that
	// number; any other text is greater than each number, so < and <= are true and the other
	// operators false.
	number = "(" + number + ")::double precision"
	other := "FALSE"
	if op[0] == '<' {
		other = "TRUE"
	}
	return "CASE WHEN " + number + " IS NULL OR " + text + " IS NULL THEN NULL" +
		" ELSE COALESCE(" + number + " " + op + " loam_number(" + text + "), " + other + ") END"
}

// Param implements store.Dialect. It casts the parameter.
func (Dialect) Param(param string, kind store.ColumnKind) string {
	switch kind {
	case store.ColumnNumber:
		return param + "::double precision"
	case store.ColumnBool:
		return param + "::boolean"
	case store.ColumnMulti:
		return param + "::jsonb"
	case store.ColumnJSON, store.ColumnGeo:
		return param + "::json"
	}
	return param + `::text COLLATE "C"`
}

// Cut implements store.Dialect by left(): PostgreSQL decompresses only the beginning of a
// compressed text.
func (Dialect) Cut(column string, characters int) string {
	return "left(" + column + "::text, " + strconv.Itoa(characters) + ")"
}

// EqualFold implements store.Dialect. It compares the expression that an index COLLATE NOCASE is
// created on (translateIndex).
func (d Dialect) EqualFold(column, text string) string {
	return "lower(" + column + ") = lower(" + d.Param(text, store.ColumnText) + ")"
}

// Like implements store.Dialect by ILIKE, which folds only ASCII letters under the C collation.
func (Dialect) Like(text, pattern string) string { return text + " ILIKE " + pattern + ` ESCAPE '\'` }

// LikeCase implements store.Dialect by LIKE.
func (Dialect) LikeCase(text, pattern string, bind func(string) string) string {
	return text + " LIKE " + bind(pattern) + ` ESCAPE '\'`
}

// JoinRows implements store.Dialect by a lateral join.
func (Dialect) JoinRows(table, inner string) string {
	return " CROSS JOIN LATERAL (" + inner + ") AS s JOIN " + table + " ON t._rowid_ = s.r"
}

// Distance implements store.Dialect by loam_distance of functions, which evaluates its arguments
// once.
func (Dialect) Distance(lonA, latA, lonB, latB string) string {
	return "loam_distance(" + lonA + ", " + latA + ", " + lonB + ", " + latB + ")"
}

// Strftime implements store.Dialect by loam_strftime of functions.
func (d Dialect) Strftime(format, time string, kind store.ColumnKind, modifiers []string) string {
	return "loam_strftime(" + strings.Join(append([]string{format, d.Text(time, kind)}, modifiers...), ", ") + `) COLLATE "C"`
}

// Nulls implements store.Dialect. It overrides PostgreSQL's order, in which NULL is the greatest
// value.
func (Dialect) Nulls(descending bool) string {
	if descending {
		return " NULLS LAST"
	}
	return " NULLS FIRST"
}

// JudgesOnce implements store.Dialect. It is true: such a condition becomes the one-time filter
// of the plan, and if that is false, nothing below it runs.
func (Dialect) JudgesOnce() bool { return true }

// Explain implements store.Dialect. The plan has one step per line.
func (Dialect) Explain(sql string) (statement string, column int) { return "EXPLAIN " + sql, 0 }

// NestsComments implements store.Dialect.
func (Dialect) NestsComments() bool { return true }

// ForUpdate implements store.Dialect. It locks the rows until the transaction ends.
func (Dialect) ForUpdate(alias string) string { return " FOR UPDATE OF " + alias }
