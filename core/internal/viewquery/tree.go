// The tree of a parsed query: queries, SELECTs as scopes, items, sources and uses of names.

package viewquery

// query is a SELECT with what may stand around it: WITH, UNION, ORDER BY.
type query struct {
	ctes  []*cte
	cores []*core
	outer *core // that it stands in, nil for the outermost
}

// cte is a query that WITH gives a name.
type cte struct {
	name    token
	columns []token
	query   *query
}

// core is one SELECT: a scope of names.
type core struct {
	in      *query
	items   []*item
	from    []*source
	refs    []*ref
	natural bool    // it has a NATURAL JOIN
	using   []token // the names in its USING
	values  bool    // it is VALUES: its items are those of the first row
}

// item is one column of a SELECT.
type item struct {
	first, end int    // tokens of the expression
	alias      *token // nil if it has none
	star       bool
	of         *token // of a star: what stands before it
	plain      *ref   // set if the expression is a name and nothing else
	what       kind
	cast       string // the type of a cast, in lower case, without what stands in parentheses
}

// kind is what an item is computed by, as far as it matters.
type kind uint8

const (
	kindOther kind = iota
	kindCount
	kindTotal
	kindCast
)

// sourceKind is what a source reads.
type sourceKind uint8

const (
	fromTable sourceKind = iota // or a query named by WITH
	fromQuery
	fromCall // a function: its columns are not known
)

// source is an item of a FROM.
type source struct {
	kind    sourceKind
	name    token
	query   *query
	alias   *token
	columns []token // the names that its alias gives to its columns
}

// ref is a use of a name that is no call, qualified or not.
type ref struct {
	parts   []token
	first   int  // its first token
	ordered bool // it is a term of ORDER BY by itself: the name of an item comes first
	row     bool // it is all columns of a source: name.* inside of a call
	listed  bool // it is part of an item: the names of items mean nothing there
}

// last is the name itself, without its qualifier.
func (r *ref) last() token { return r.parts[len(r.parts)-1] }

// known returns the name by which the query refers to the source, "" if it has none.
func (s *source) known() string {
	switch {
	case s.alias != nil:
		return s.alias.text
	case s.kind == fromTable:
		return s.name.text
	}
	return ""
}

// cte returns the WITH query that a name means in the scope; nil if it means a table.
func (c *core) cte(name string) *cte {
	for q := c.in; q != nil; {
		for _, w := range q.ctes {
			if fold(w.name.text) == fold(name) {
				return w
			}
		}
		if q.outer == nil {
			return nil
		}
		q = q.outer.in
	}
	return nil
}

// around returns the scope around the SELECT, nil if there is none.
func (c *core) around() *core { return c.in.outer }
