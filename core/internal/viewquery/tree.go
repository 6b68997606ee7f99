// The tree of a parsed query: queries, SELECTs as scopes, items, sources and uses of names.

package viewquery

// query is a SELECT with its WITH, UNION and ORDER BY.
type query struct {
	ctes  []*cte
	cores []*core
	outer *core // the SELECT around it, nil for the outermost query
}

// cte is a query named by WITH.
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
	values  bool    // it is VALUES: items has the items of the first row
}

// item is one column of a SELECT.
type item struct {
	first, end int    // tokens of the expression
	alias      *token // nil if it has none
	star       bool
	of         *token // the qualifier of a star
	plain      *ref   // set if the expression consists of a name
	what       kind
	cast       string // the type of a cast, in lower case, without its parentheses
}

// kind is the kind of an item's expression.
type kind uint8

const (
	kindOther kind = iota
	kindCount
	kindTotal
	kindCast
)

// sourceKind is the kind of a source.
type sourceKind uint8

const (
	fromTable sourceKind = iota // or a query named by WITH
	fromQuery
	fromCall // a function: its columns are unknown
)

// source is an item of a FROM.
type source struct {
	kind    sourceKind
	name    token
	query   *query
	alias   *token
	columns []token // the names of its columns in its alias
}

// ref is a use of a name that is not a call, qualified or not.
type ref struct {
	parts   []token
	first   int  // its first token
	ordered bool // it is a whole term of ORDER BY: names of items come first
	row     bool // it is all columns of a source: name.* inside a call
	listed  bool // it is part of an item, where names of items are not visible
}

// last returns the name itself, without its qualifier.
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

// cte returns the WITH query to which a name refers in the scope, nil if it refers to a table.
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
