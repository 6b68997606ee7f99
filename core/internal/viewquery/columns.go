// The columns of a view's query, with the table columns that they show or are made of.

package viewquery

// Column is a column that a query gives.
type Column struct {
	Name string // its alias or, of a plain column, that; "" if it has neither

	// Source is the column that it shows, unless it is computed: one that is written
	// as table.column, or that the first table of the FROM has.
	Source *Origin

	// Everywhere: in each part of a UNION there is a plain column in its place; Also
	// has those of the other parts.
	Everywhere bool
	Also       []Origin

	Count, Total bool   // it is count(…) or total(…)
	Cast         string // the type of a cast that it is, in lower case

	// Origins are the columns whose values may come through it unchanged, also
	// through queries inside.
	Origins []Origin

	// Kind is that of an expression.
	Kind Kind
}

// Columns returns the columns of the result in order. An unknown table, or a name that
// PostgreSQL would not take for a column, is an error in words for the author.
func (q *Query) Columns(find Find) ([]Column, error) {
	b := bind(find)
	b.query = q
	// A table that does not exist is told first: with it, every name in the query would be
	// unknown.
	if err := b.missing(q); err != nil {
		return nil, err
	}
	if err := bind(find).check(q); err != nil { // of its own: bind keeps what it meets first
		return nil, err
	}
	outputs := b.outputs(q.top)
	var list []Column
	for i, it := range q.top.cores[0].items {
		col := Column{Name: outputs[i].name, Origins: outputs[i].origins, Kind: outputs[i].kind, Everywhere: true,
			Count: it.what == kindCount, Total: it.what == kindTotal}
		if it.what == kindCast {
			col.Cast = it.cast
		}
		for j, c := range q.top.cores {
			var from *Origin
			if i < len(c.items) {
				from = b.shown(c, c.items[i])
			}
			switch {
			case from == nil:
				col.Everywhere = false
			case j > 0:
				col.Also = append(col.Also, *from)
			}
			if j == 0 {
				col.Source = from
			}
		}
		list = append(list, col)
	}
	return list, nil
}

// shown returns the table column that an item shows; nil if it is computed.
func (b *binding) shown(c *core, it *item) *Origin {
	if it.plain == nil {
		return nil
	}
	m := b.resolve(c, it.plain)
	if m.column == nil || !m.column.exact || b.table(c, m.source) == nil {
		return nil
	}
	// Wire: a name alone is looked up in the first table only (docs/wire/records.md §2.9).
	if len(it.plain.parts) == 1 && m.source != c.from[0] {
		return nil
	}
	origin := m.column.origins[0]
	return &origin
}
