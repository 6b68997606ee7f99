// The SQL dialect of an engine: everything that the planner spells differently for SQLite
// and PostgreSQL.

package store

// Dialect spells in SQL what the engines spell differently. What both accept in
// one spelling is not in here: $1 placeholders, quoted names, TRUE and FALSE,
// IS [NOT] DISTINCT FROM, EXISTS, row values, ON CONFLICT, RETURNING, CTEs.
//
// Arguments are SQL expressions of the caller's making, never a client's text.
type Dialect interface {
	// Each is a FROM item of one row for each item of a list column, as
	// alias."value" (text) with alias."key" in stored order. What is not a list
	// (old data) counts as a list of itself, NULL as an empty one.
	Each(list, alias string) string

	// Items is Each for a bound parameter that is a JSON array of texts.
	Items(param, alias string) string

	// Length is the number of items of a list column, 0 for NULL.
	Length(list string) string

	// ListText is the text of a list column as a compact JSON array.
	ListText(list string) string

	// Path is the value at a path in a JSON document, for comparing: a text, a
	// number (of a boolean 1 or 0), the JSON text of what has members, NULL when
	// there is none. Parts hold letters, digits and _; those that are numbers are
	// array indexes. No parts: the document itself.
	Path(doc string, parts []string) string

	// PathText is Path as text.
	PathText(doc string, parts []string) string

	// Lift makes an expression of that kind comparable with what Path yields.
	// Kinds are those of scalars: ColumnText, ColumnNumber, ColumnBool.
	Lift(expr string, kind ColumnKind) string

	// Text and Number convert a scalar of that kind. A text is the number that it
	// looks like, else NULL.
	Text(expr string, kind ColumnKind) string
	Number(expr string, kind ColumnKind) string

	// Mixed compares a number with a text: as numbers if the text looks like
	// one, else every number is below every text. op is =, <, <=, > or >=.
	Mixed(number, op, text string) string

	// Param is a parameter of a kind in a place that does not tell its type.
	Param(param string, kind ColumnKind) string

	// EqualFold compares a text column with a text, ASCII letters in any case, as
	// an index on the column COLLATE NOCASE can.
	EqualFold(column, text string) string

	// Cut reads the first characters of a text or JSON column as text. On SQLite, whose columns
	// hold values of any type, a value that is not a text, such as a number, stays unchanged.
	Cut(column string, characters int) string

	// Prefix is how many characters of a text column indexes of the table begin with, if
	// they do not hold whole values: a comparison that they are to serve compares
	// left(column, n) first, then the column. Else it is 0. fold asks for indexes on the
	// column COLLATE NOCASE.
	Prefix(table, column string, fold bool) int

	// Like matches text, ASCII letters in any case; \ escapes.
	Like(text, pattern string) string

	// LikeCase is Like that tells upper from lower case. The pattern is one of Like;
	// bind makes a parameter of a text.
	LikeCase(text, pattern string, bind func(string) string) string

	// JoinRows joins the rows of table, a FROM item with the alias t, whose _rowid_ the
	// SELECT inner gives as r. For each row of what stands before it inner runs once,
	// and may refer to it.
	JoinRows(table, inner string) string

	// Distance is the distance in kilometres between two points in degrees.
	Distance(lonA, latA, lonB, latB string) string

	// ItemCount is the number of elements of the list at a path in a JSON document (see
	// Path); 0 where there is none.
	ItemCount(doc string, parts []string) string

	// EachElement is a FROM item of one row for each element of that list, as
	// alias."value" with alias."key" in stored order; no row where there is none. Element
	// makes of the value what Path yields, ElementText what PathText does.
	EachElement(doc string, parts []string, alias string) string
	Element(value string) string
	ElementText(value string) string

	// LiftInteger is Lift of a parameter that is an integer of 64 bits, all of whose
	// digits count.
	LiftInteger(param string) string

	// Keep makes a value of Path one that can be read, as a text or a number, and given
	// back to Kept. NULL stays NULL.
	Keep(value string) string

	// Kept is the value that Keep made v of, as Path yields it. Values that Keep does
	// not make are not ok.
	Kept(v Value, bind func(Value) string) (sql string, ok bool)

	// Strftime formats a time (a text, or a number of that kind) after applying
	// modifiers; NULL when the time is not one.
	Strftime(format, time string, kind ColumnKind, modifiers []string) string

	// Nulls follows a nullable sort key: NULL is the least value.
	Nulls(descending bool) string

	// JudgesOnce says whether the engine judges what AND joins to a WHERE and what reads no
	// row of its FROM once, before it looks for a row. An engine that does not may judge it
	// for each row, and after conditions on that row.
	JudgesOnce() bool

	// Explain is a statement that tells how the engine runs sql, a step a row, in the words of
	// that column.
	Explain(sql string) (statement string, column int)

	// ForUpdate ends a SELECT whose rows of that alias are to be locked.
	ForUpdate(alias string) string
}
