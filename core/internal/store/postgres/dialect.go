// Package postgres is the PostgreSQL side of the store.
package postgres

import (
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

// Dialect is PostgreSQL's SQL. Text columns are TEXT COLLATE "C", numbers double
// precision, list columns jsonb, json and geo columns json.
type Dialect struct {
	db *DB // of which Prefix knows the indexes; nil: none are prefix indexes
}

var _ store.Dialect = Dialect{}

// Each unnests the jsonb array. NULL yields no row. The items sort by their bytes,
// like the texts that they were.
func (Dialect) Each(list, alias string) string {
	return `LATERAL (SELECT x."value" COLLATE "C" AS "value", x."key" FROM ` + unnest(list, "x") + ") AS " + alias
}

// Items unnests the parameter.
func (Dialect) Items(param, alias string) string { return unnest(param+"::jsonb", alias) }

func unnest(list, alias string) string {
	return "jsonb_array_elements_text(" + list + `) WITH ORDINALITY AS ` + alias + `("value", "key")`
}

// Length is the array's length.
func (Dialect) Length(list string) string { return "COALESCE(jsonb_array_length(" + list + "), 0)" }

// ItemCount is json_array_length of an array.
func (Dialect) ItemCount(doc string, parts []string) string {
	list := pathOf(doc, parts)
	return "CASE json_typeof(" + list + ") WHEN 'array' THEN json_array_length(" + list + ") ELSE 0 END"
}

// EachElement unnests the array. NULL yields no row.
func (Dialect) EachElement(doc string, parts []string, alias string) string {
	list := pathOf(doc, parts)
	return "LATERAL json_array_elements(CASE json_typeof(" + list + ") WHEN 'array' THEN " + list +
		` END) WITH ORDINALITY AS ` + alias + `("value", "key")`
}

// Element is a loam_scalar (see functions).
func (Dialect) Element(value string) string { return "loam_value(" + value + ")" }

// ElementText is loam_text of functions.
func (Dialect) ElementText(value string) string { return "loam_text(" + value + `) COLLATE "C"` }

// ListText prints as schema.AppendStrings does, without the spaces of jsonb.
func (Dialect) ListText(list string) string {
	return "(CASE WHEN " + list + " IS NOT NULL THEN array_to_json(ARRAY(SELECT jsonb_array_elements_text(" + list +
		`)))::text END COLLATE "C")`
}

// Path is a loam_scalar (see functions).
func (Dialect) Path(doc string, parts []string) string {
	return "loam_value(" + pathOf(doc, parts) + ")"
}

// PathText is loam_text of functions.
func (Dialect) PathText(doc string, parts []string) string {
	return "loam_text(" + pathOf(doc, parts) + `) COLLATE "C"`
}

// pathOf is the JSON at a path. A number is the index of an array and never the name
// of a member.
func pathOf(doc string, parts []string) string {
	// Names that follow each other are one #> path. An index ends the path, since #> would take
	// it for a name of a member as well.
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

// Lift makes a loam_scalar.
func (d Dialect) Lift(expr string, kind store.ColumnKind) string {
	if kind == store.ColumnText {
		return "loam_lift((" + expr + ")::text)"
	}
	return "loam_lift(" + d.Number(expr, kind) + ")"
}

// LiftInteger makes a loam_scalar of all digits.
func (Dialect) LiftInteger(param string) string {
	return "ROW(0, " + param + "::bigint::numeric, '')::loam_scalar"
}

// Keep is a text: # and a number, or T and a text.
func (Dialect) Keep(value string) string {
	return "CASE (" + value + ").rank WHEN 0 THEN '#' || (" + value + ").number::text WHEN 1 THEN 'T' || (" + value + ").text END"
}

// Kept takes a number with the digits of a double precision number at most.
func (Dialect) Kept(v store.Value, bind func(store.Value) string) (string, bool) {
	// The value comes from a cursor, which a client can have written: everything that is not
	// the form of Keep is refused, also numbers too long to be a double.
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

// isDecimal says whether the text is digits with a sign or a point.
func isDecimal(text string) bool {
	whole, fraction, point := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	return whole != "" && isIndex(whole) && isIndex(fraction) && (!point || fraction != "")
}

// Text prints a number by loam_print of functions; booleans are 1 and 0.
func (d Dialect) Text(expr string, kind store.ColumnKind) string {
	switch kind {
	case store.ColumnText:
		return expr
	case store.ColumnBool:
		return "(" + expr + `)::int::text COLLATE "C"`
	}
	return "loam_print(" + d.Number(expr, kind) + `) COLLATE "C"`
}

// Number is 1 and 0 for booleans, and loam_number of functions for texts.
func (Dialect) Number(expr string, kind store.ColumnKind) string {
	switch kind {
	case store.ColumnText:
		return "loam_number(" + expr + ")"
	case store.ColumnBool:
		return "(" + expr + ")::int::double precision"
	}
	return "(" + expr + ")::double precision"
}

// Mixed compares with loam_number of functions, which is NULL for other texts.
func (Dialect) Mixed(number, op, text string) string {
	// SQLite orders every number before every text. A text that is a number is compared as one;
	// any other is greater than each number, so < and <= hold, and the rest does not.
	number = "(" + number + ")::double precision"
	other := "FALSE"
	if op[0] == '<' {
		other = "TRUE"
	}
	return "CASE WHEN " + number + " IS NULL OR " + text + " IS NULL THEN NULL" +
		" ELSE COALESCE(" + number + " " + op + " loam_number(" + text + "), " + other + ") END"
}

// Param casts.
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

// Cut uses left(). Of a compressed text PostgreSQL decompresses only the beginning.
func (Dialect) Cut(column string, characters int) string {
	return "left(" + column + "::text, " + strconv.Itoa(characters) + ")"
}

// EqualFold compares what an index COLLATE NOCASE is made on (translateIndex).
func (d Dialect) EqualFold(column, text string) string {
	return "lower(" + column + ") = lower(" + d.Param(text, store.ColumnText) + ")"
}

// Like is ILIKE, which under the C collation folds ASCII only.
func (Dialect) Like(text, pattern string) string { return text + " ILIKE " + pattern + ` ESCAPE '\'` }

// LikeCase is LIKE.
func (Dialect) LikeCase(text, pattern string, bind func(string) string) string {
	return text + " LIKE " + bind(pattern) + ` ESCAPE '\'`
}

// JoinRows is a lateral join.
func (Dialect) JoinRows(table, inner string) string {
	return " CROSS JOIN LATERAL (" + inner + ") AS s JOIN " + table + " ON t._rowid_ = s.r"
}

// Distance is loam_distance of functions, which works its arguments out once.
func (Dialect) Distance(lonA, latA, lonB, latB string) string {
	return "loam_distance(" + lonA + ", " + latA + ", " + lonB + ", " + latB + ")"
}

// Strftime is loam_strftime of functions.
func (d Dialect) Strftime(format, time string, kind store.ColumnKind, modifiers []string) string {
	return "loam_strftime(" + strings.Join(append([]string{format, d.Text(time, kind)}, modifiers...), ", ") + `) COLLATE "C"`
}

// Nulls overrides PostgreSQL's order, in which NULL is the greatest value.
func (Dialect) Nulls(descending bool) string {
	if descending {
		return " NULLS LAST"
	}
	return " NULLS FIRST"
}

// JudgesOnce is true: such a condition becomes the one-time filter of the plan, for which
// nothing below runs.
func (Dialect) JudgesOnce() bool { return true }

// Explain asks for the steps, a line each.
func (Dialect) Explain(sql string) (statement string, column int) { return "EXPLAIN " + sql, 0 }

// ForUpdate locks the rows until the transaction ends.
func (Dialect) ForUpdate(alias string) string { return " FOR UPDATE OF " + alias }
