// The columns of a view's query, with the table columns that they show or are computed from.

package viewquery

// Column is a column of a query's result.
type Column struct {
	Name string // its alias or, for a plain column, its name; "" without both

	// Source is the column that it shows, nil if it is computed. It is set only for a column
	// written as table.column, or for a column of the first table of the FROM.
	Source *Origin

	// Everywhere says that each part of a UNION has a plain column at this position; Also has the
	// columns of the other parts.
	Everywhere bool
	Also       []Origin

	Count, Total bool   // it is count(…) or total(…)
	Cast         string // the type if it is a cast, in lower case

	// Origins are the columns whose values may be in it unchanged, also through inner queries.
	Origins []Origin

	// Kind is the kind of an expression.
	Kind Kind
}

// Columns returns the columns of the result in order. For an unknown table, or a name that
// PostgreSQL would not resolve to a column, it returns an error for the author of the query.
func (q *Query) Columns(find Find) ([]Column, error) {
	b := bind(find)
	b.query = q
	// A missing table is reported first: with it, every name in the query would be unknown.
	if err := b.missing(q); err != nil {
		return nil, err
	}
	if err := bind(find).check(q); err != nil { // a separate binding, since binding caches columns
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

// shown returns the table column that an item shows, nil if it is computed.
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
