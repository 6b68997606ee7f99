// Quoting: every name of a query in quotes and in its exact case, which PostgreSQL needs.

package viewquery

import "github.com/loambase/loam/core/internal/store"

// Quoted returns the query with every name of a table, a column or an alias in quotes, in its
// exact case. PostgreSQL folds unquoted names to lower case and reserves other words than SQLite,
// so it would read the text differently.
func (q *Query) Quoted(find Find) string {
	w := &quoting{binding: bind(find), edits: q.blanks(find)}
	blank := map[int]bool{} // positions of tables that are replaced by a SELECT without secrets
	for _, e := range w.edits {
		blank[e.pos] = true
	}
	w.blank = blank
	seen := map[*cte]bool{}
	for _, c := range q.all {
		for in := c; in != nil; in = in.around() {
			for _, cte := range in.in.ctes {
				if !seen[cte] {
					seen[cte] = true
					w.alias(&cte.name, cte.columns)
				}
			}
		}
		w.scope(c)
	}
	return apply(q.src, w.edits)
}

// quoting collects the edits of Quoted.
type quoting struct {
	*binding
	edits []edit
	blank map[int]bool
}

// put replaces a token by a quoted name.
func (w *quoting) put(t token, name string) {
	w.edits = append(w.edits, edit{t.pos, t.end, store.Quote(name)})
}

// alias quotes an alias and the column names that it gives.
func (w *quoting) alias(t *token, columns []token) {
	if t != nil {
		w.put(*t, t.text)
	}
	for _, column := range columns {
		w.put(column, column.text)
	}
}

// scope quotes the names of one SELECT.
func (w *quoting) scope(c *core) {
	for _, s := range c.from {
		if s.kind == fromTable && !w.blank[s.name.pos] {
			w.put(s.name, w.spelled(c, s))
		}
		w.alias(s.alias, s.columns)
	}
	for _, name := range c.using {
		w.put(name, w.joined(c, name))
	}
	for _, it := range c.items {
		w.alias(it.alias, nil)
		if it.of != nil {
			w.put(*it.of, w.qualifier(c, *it.of))
		}
	}
	for _, r := range c.refs {
		w.ref(c, r)
	}
}

// ref quotes a use of a name by its meaning. A name without a meaning is unchanged.
func (w *quoting) ref(c *core, r *ref) {
	m := w.resolve(c, r)
	switch {
	case m.item != nil:
		// In ORDER BY, an item has the name that the first SELECT gives to the column of the
		// result.
		w.put(r.last(), w.output(c.in.cores[0], m.item).name)
		return
	case m.source == nil:
		return
	case len(r.parts) > 1 || m.column == nil:
		w.put(r.parts[0], w.qualifier(c, r.parts[0]))
	}
	if m.column != nil {
		w.put(r.last(), m.column.name)
	}
}

// spelled returns the exact name of a source's table, or of its WITH query.
func (b *binding) spelled(c *core, s *source) string {
	if s.kind != fromTable {
		return ""
	}
	if w := c.cte(s.name.text); w != nil {
		return w.name.text
	}
	if t := b.find(s.name.text); t != nil {
		return t.Name
	}
	return s.name.text
}

// qualifier returns the exact name of the source that a token refers to.
func (b *binding) qualifier(c *core, t token) string {
	for in := c; in != nil; in = in.around() {
		for _, s := range in.from {
			if fold(s.known()) != fold(t.text) {
				continue
			}
			if s.alias != nil {
				return s.alias.text
			}
			return b.spelled(in, s)
		}
	}
	return t.text
}

// joined returns the exact name of a column of USING.
func (b *binding) joined(c *core, t token) string {
	for _, s := range c.from {
		for _, column := range b.columns(c, s) {
			if fold(column.name) == fold(t.text) {
				return column.name
			}
		}
	}
	return t.text
}
