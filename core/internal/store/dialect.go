// The SQL dialect of an engine: the SQL that differs between SQLite and PostgreSQL.

package store

// Dialect generates the SQL that differs between the engines. It does not have the SQL that both
// accept in the same form: $1 placeholders, quoted names, TRUE and FALSE, IS [NOT] DISTINCT FROM,
// EXISTS, row values, ON CONFLICT, RETURNING, CTEs.
//
// Arguments are SQL expressions made by the caller, never the text of a client.
type Dialect interface {
	// Each returns a FROM item with one row for each item of a list column: alias."value" (text)
	// and alias."key" in stored order. A value that is not a list (old data) counts as a list of
	// itself, NULL as an empty list.
	Each(list, alias string) string

	// Items is Each for a bound parameter that is a JSON array of texts.
	Items(param, alias string) string

	// Length returns the number of items of a list column, 0 for NULL.
	Length(list string) string

	// ListText returns the text of a list column as a compact JSON array.
	ListText(list string) string

	// Path returns the value at a path in a JSON document, for comparisons: a text, a number (1
	// or 0 for a boolean), the JSON text of an array or object, NULL if there is no value. Parts
	// have letters, digits and _; numbers are array indexes. Without parts it is the document
	// itself.
	Path(doc string, parts []string) string

	// PathText is Path with a text as its value.
	PathText(doc string, parts []string) string

	// Lift makes an expression of the kind comparable with the values of Path. The kind is that
	// of a scalar: ColumnText, ColumnNumber, ColumnBool.
	Lift(expr string, kind ColumnKind) string

	// Text and Number convert a scalar of the kind. Number of a text is the number that the text
	// has the form of, otherwise NULL.
	Text(expr string, kind ColumnKind) string
	Number(expr string, kind ColumnKind) string

	// Mixed compares a number with a text: as numbers if the text has the form of a number;
	// otherwise every number is below the text. op is =, <, <=, > or >=.
	Mixed(number, op, text string) string

	// Param is a parameter of the kind at a position that does not determine its type.
	Param(param string, kind ColumnKind) string

	// EqualFold compares a text column with a text and ignores the case of ASCII letters. An
	// index on the column COLLATE NOCASE can serve the comparison.
	EqualFold(column, text string) string

	// Cut reads the first characters of a text or JSON column as text. On SQLite, whose columns
	// hold values of any type, a value that is not a text, such as a number, stays unchanged.
	Cut(column string, characters int) string

	// Prefix returns the number of characters n by which indexes of the table contain a text
	// column, if they do not contain whole values: a comparison that they can serve must compare
	// left(column, n) first, then the column. It returns 0 if they contain whole values. fold
	// asks for indexes on the column COLLATE NOCASE.
	Prefix(table, column string, fold bool) int

	// Like matches text and ignores the case of ASCII letters; \ escapes.
	Like(text, pattern string) string

	// LikeCase is Like with regard to letter case. The pattern is a pattern of Like; bind returns
	// a parameter with a text.
	LikeCase(text, pattern string, bind func(string) string) string

	// JoinRows joins the rows of table, a FROM item with the alias t, whose _rowid_ the SELECT
	// inner returns as r. inner runs once for each row of the FROM items before it, and may refer
	// to it.
	JoinRows(table, inner string) string

	// Distance returns the distance in kilometres between two points in degrees.
	Distance(lonA, latA, lonB, latB string) string

	// ItemCount returns the number of elements of the array at a path in a JSON document (see
	// Path), 0 if there is no array.
	ItemCount(doc string, parts []string) string

	// EachElement returns a FROM item with one row for each element of that array, alias."value"
	// and alias."key" in stored order; no row if there is no array. Element converts the value as
	// Path does, ElementText as PathText does.
	EachElement(doc string, parts []string, alias string) string
	Element(value string) string
	ElementText(value string) string

	// LiftInteger is Lift of a parameter that is an integer of 64 bits, without loss of digits.
	LiftInteger(param string) string

	// Keep converts a value of Path to a text or number that can be read and passed to Kept. NULL
	// stays NULL.
	Keep(value string) string

	// Kept returns the value from which Keep made v, as a value of Path. ok is false for values
	// that Keep does not make.
	Kept(v Value, bind func(Value) string) (sql string, ok bool)

	// Strftime formats a time (a text, or a number of the kind) after applying modifiers; NULL if
	// it is not a time.
	Strftime(format, time string, kind ColumnKind, modifiers []string) string

	// Nulls returns the order of NULL after a nullable sort key: NULL is the least value.
	Nulls(descending bool) string

	// JudgesOnce reports whether the engine evaluates an AND condition of a WHERE that reads no
	// row of its FROM only once, before it looks for rows. Another engine may evaluate it for
	// each row, and after the conditions on that row.
	JudgesOnce() bool

	// Explain returns a statement for the query plan of sql, with one step per row; its text is
	// in the given column.
	Explain(sql string) (statement string, column int)

	// NestsComments reports whether a comment /* … */ may contain other such comments.
	NestsComments() bool

	// ForUpdate ends a SELECT and locks its rows of the alias.
	ForUpdate(alias string) string
}
