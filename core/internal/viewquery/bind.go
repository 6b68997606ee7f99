// Name resolution: the meaning of tables, columns and aliases in a query, scope by scope.

package viewquery

import (
	"fmt"
	"slices"
)

// binding resolves the names of one query against the existing tables. It caches the columns of
// sources and queries, so it is for one query only.
type binding struct {
	find  Find
	query *Query // set if the kinds of its columns are needed
	known map[*query][]column
	open  map[*source][]column
	busy  map[*cte]int // number of running computations of its columns
}

// column is a column of a source or of the result of a query.
type column struct {
	name    string
	origins []Origin // the table columns whose values it contains unchanged
	kind    Kind
	exact   bool // its name is the name of its only origin
}

// Origin is a column of a table.
type Origin struct{ Table, Column string }

// meaning is the result of resolving a ref. The zero meaning is unknown.
type meaning struct {
	source *source // the source of the column, or the whole source
	column *column // nil for the whole source
	item   *item   // set for the alias of an item
}

// bind returns an empty binding.
func bind(find Find) *binding {
	return &binding{find: find, known: map[*query][]column{}, open: map[*source][]column{}, busy: map[*cte]int{}}
}

// missing returns an error that names the first table that does not exist.
func (b *binding) missing(q *Query) error {
	for _, name := range q.Tables() {
		if b.find(name) == nil {
			return fmt.Errorf("no such table: %s", name)
		}
	}
	return nil
}

// table returns the table of a source; nil if the source is a query, a call, or named by
// WITH.
func (b *binding) table(c *core, s *source) *Table {
	if s.kind != fromTable || c.cte(s.name.text) != nil {
		return nil
	}
	return b.find(s.name.text)
}

// columns returns the columns of a source in the FROM of c.
func (b *binding) columns(c *core, s *source) []column {
	if list, ok := b.open[s]; ok {
		return list
	}
	b.open[s] = nil // a LATERAL query may read its own columns
	var list []column
	switch {
	case s.kind == fromQuery:
		list = b.outputs(s.query)
	case s.kind == fromTable:
		if w := c.cte(s.name.text); w != nil {
			list = b.ofCTE(w)
		} else if t := b.find(s.name.text); t != nil {
			for i, name := range t.Columns {
				col := column{name: name, origins: []Origin{{t.Name, name}}, exact: true}
				if t.Kinds != nil {
					col.kind = t.Kinds[i]
				}
				list = append(list, col)
			}
		}
	}
	list = renamed(list, s.columns)
	b.open[s] = list
	return list
}

// ofCTE returns the columns of a query named by WITH. A recursive one has the columns of
// its first part.
func (b *binding) ofCTE(w *cte) []column {
	b.busy[w]++
	defer func() { b.busy[w]-- }()
	// The columns of a recursive query are needed while they are computed. The second time only
	// its first part is used; if that reads the query, too, its columns are unknown.
	switch b.busy[w] {
	case 1:
		return renamed(b.outputs(w.query), w.columns)
	case 2: // it reads itself: its columns are those of its first part
		return renamed(b.of(w.query.cores[0]), w.columns)
	}
	return renamed(nil, w.columns)
}

// renamed gives columns the names of a list, which may be shorter or longer.
func renamed(list []column, names []token) []column {
	if len(names) == 0 {
		return list
	}
	out := append([]column(nil), list...)
	for i, name := range names {
		if i == len(out) {
			out = append(out, column{})
		}
		out[i].name, out[i].exact = name.text, false
	}
	return out
}

// outputs returns the columns of a query's result: names come from its first SELECT,
// origins and kinds from all parts of a UNION.
func (b *binding) outputs(q *query) []column {
	if list, ok := b.known[q]; ok {
		return list
	}
	var list []column
	for i, c := range q.cores {
		of := b.of(c)
		if i == 0 {
			list = of
			continue
		}
		for j := range min(len(list), len(of)) {
			// The array of origins belongs to a column of a source. Clip makes append copy it.
			list[j].origins = append(slices.Clip(list[j].origins), of[j].origins...)
			list[j].kind = common(list[j].kind, of[j].kind)
			list[j].exact = list[j].exact && len(list[j].origins) == 1
		}
	}
	b.known[q] = list
	return list
}

// of returns the columns of the result of one SELECT, stars expanded.
func (b *binding) of(c *core) []column {
	var list []column
	for _, it := range c.items {
		if !it.star {
			list = append(list, b.output(c, it))
			continue
		}
		for _, s := range c.from {
			if it.of == nil || fold(s.known()) == fold(it.of.text) {
				list = append(list, b.columns(c, s)...)
			}
		}
	}
	return list
}

// output returns the column of one item.
func (b *binding) output(c *core, it *item) column {
	var out column
	if it.plain != nil {
		out.name = it.plain.last().text
		if m := b.resolve(c, it.plain); m.column != nil {
			out.name, out.origins = m.column.name, m.column.origins
		}
	}
	if it.alias != nil {
		out.name = it.alias.text
	}
	out.kind = b.kindOf(c, it)
	return out
}

// resolve returns the meaning of a ref: in ORDER BY first an item; then a column of the nearest
// scope that has one of the name, then a source, then an item.
func (b *binding) resolve(c *core, r *ref) meaning {
	first := c.in.cores[0]
	if r.ordered {
		if it := named(first, r.last().text, len(c.in.cores) > 1); it != nil {
			return meaning{item: it}
		}
	}
	// An inner query sees the names of the queries around it, the nearest first.
	for in := c; in != nil; in = in.around() {
		if m := b.inScope(in, r); m.source != nil {
			return m
		}
	}
	// SQLite accepts the alias of an item in WHERE, GROUP BY and HAVING, if no column has that
	// name.
	if len(r.parts) == 1 && !r.listed {
		if it := named(first, r.last().text, false); it != nil {
			return meaning{item: it}
		}
	}
	return meaning{}
}

// inScope resolves a ref in one scope: a column of the named source, or of the first source
// that has it, or a source itself.
func (b *binding) inScope(c *core, r *ref) meaning {
	name := fold(r.last().text)
	for _, s := range c.from {
		if len(r.parts) > 1 && fold(s.known()) != fold(r.parts[0].text) {
			continue
		}
		list := b.columns(c, s)
		for i := range list {
			if fold(list[i].name) == name {
				return meaning{source: s, column: &list[i]}
			}
		}
		if len(r.parts) > 1 {
			return meaning{source: s}
		}
	}
	for _, s := range c.from {
		if len(r.parts) == 1 && fold(s.known()) == name {
			return meaning{source: s}
		}
	}
	return meaning{}
}

// named returns the item with the alias; with plain also an item that consists of the name only.
func named(c *core, name string, plain bool) *item {
	for _, it := range c.items {
		switch {
		case it.alias != nil && fold(it.alias.text) == fold(name):
			return it
		case plain && it.alias == nil && it.plain != nil && fold(it.plain.last().text) == fold(name):
			return it
		}
	}
	return nil
}
