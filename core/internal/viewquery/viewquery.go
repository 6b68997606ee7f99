// Package viewquery reads the SELECT that a view collection is made of: what its
// columns are, which collections it reads, and how it is spelled after one of them
// or one of their fields got another name.
//
// It is not an engine's parser: it knows enough of the grammar that SQLite and
// PostgreSQL share to find names, scopes and calls, and leaves the rest for the engine
// to judge. What the two would cut into other tokens than this package does, it
// refuses, so that nothing can hide from it. The rest that it refuses is what a view
// must not do: write, lock, take parameters, read anything but collections, and call
// functions that are not known to be harmless.
package viewquery

import "fmt"

// Query is a parsed query. It is immutable.
type Query struct {
	src  string // without the semicolon at its end
	toks []token
	top  *query
	all  []*core // every SELECT in it, outer ones before inner ones

	queries map[int]*query // those in parentheses inside of expressions, by their first token

	fields []string // the names that stand behind a parenthesis and a dot
}

// Table is a collection as queries see it.
type Table struct {
	Name    string
	Columns []string
	Kinds   []Kind   // of the columns; nil: all are Other
	Secret  []string // those of Columns whose values no query may see
}

// Find returns the table of a name, in any letter case; nil if there is none.
type Find func(name string) *Table

// maxLength is how long a query may be, in bytes.
const maxLength = 64 << 10

// Parse parses a query. The error says in words for the query's author what is wrong with
// it, or what a view must not do.
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

// Tables returns the names of the tables that the query reads, as they are written, each
// once.
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
