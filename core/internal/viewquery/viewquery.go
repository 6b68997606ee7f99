// Package viewquery reads the SELECT of a view collection: its columns, the collections that it
// reads, and its text after a rename of a collection or field.
//
// It is not a complete parser: it knows enough of the grammar that SQLite and PostgreSQL share to
// find names, scopes and calls; the engine checks the rest. It refuses text that the two engines
// would split into other tokens than this package, so that nothing is hidden from it. It also
// refuses everything that a view must not do: write, lock, take parameters, read anything but
// collections, and call functions that are not known to be harmless.
package viewquery

import "fmt"

// Query is a parsed query. It is immutable.
type Query struct {
	src  string // without the semicolon at its end
	toks []token
	top  *query
	all  []*core // every SELECT in it, outer ones before inner ones

	queries map[int]*query // inner queries of expressions, by their first token

	fields []string // the names after a parenthesis and a dot
}

// Table is a collection as queries see it.
type Table struct {
	Name    string
	Columns []string
	Kinds   []Kind   // of the columns; nil: all are Other
	Secret  []string // the columns whose values no query may see
}

// Find returns the table with the name, in any letter case; nil if there is none.
type Find func(name string) *Table

// maxLength is the maximum length of a query in bytes.
const maxLength = 64 << 10

// Parse parses a query. The error tells the query's author what is wrong or not allowed in a
// view.
func Parse(text string) (*Query, error) {
	if len(text) > maxLength {
		return nil, fmt.Errorf("the query has more than %d bytes", maxLength)
	}
	toks, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := &parser{src: text, toks: toks, queries: map[int]*query{}}
	return p.parse()
}

// String returns the query as it was written, without the semicolon at its end.
func (q *Query) String() string { return q.src }

// Tables returns the names of the tables that the query reads, as written, each once.
func (q *Query) Tables() []string {
	var names []string
	seen := map[string]bool{}
	for _, c := range q.all {
		for _, s := range c.from {
			if s.kind != fromTable || c.cte(s.name.text) != nil || seen[fold(s.name.text)] {
				continue
			}
			seen[fold(s.name.text)] = true
			names = append(names, s.name.text)
		}
	}
	return names
}
