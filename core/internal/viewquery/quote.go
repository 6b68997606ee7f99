package viewquery

import "github.com/loambase/loam/core/internal/store"

// Quoted is the query with every name in quotes that means a table, a column or an
// alias, spelled as that is. An engine that makes unquoted names lower-case, or that
// has more reserved words than another, reads it as the other one reads the query.
func (q *Query) Quoted(find Find) string {
	w := &quoting{binding: bind(find), edits: q.blanks(find)}
	blank := map[int]bool{} // where tables stand that are read without their secrets
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

type quoting struct {
	*binding
	edits []edit
	blank map[int]bool
}

func (w *quoting) put(t token, name string) {
	w.edits = append(w.edits, edit{t.pos, t.end, store.Quote(name)})
}

func (w *quoting) alias(t *token, columns []token) {
	if t != nil {
		w.put(*t, t.text)
	}
	for _, column := range columns {
		w.put(column, column.text)
	}
}

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

func (w *quoting) ref(c *core, r *ref) {
	m := w.resolve(c, r)
	switch {
	case m.item != nil:
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

// spelled is the name of a source's table, or of the query that it means.
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

// qualifier is the name of the source that a token names.
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

// joined is the name of a column that tables are joined by.
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
