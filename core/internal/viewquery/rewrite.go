// Renames in a view's query: tables and columns that it reads get their new names, its own
// columns keep theirs.

package viewquery

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Renames are the new names of tables, and of columns by table. Keys are the old names, as
// Find knows them.
type Renames struct {
	Tables  map[string]string
	Columns map[Origin]string
	Dropped map[Origin]bool // columns that are no more
}

// edit replaces the text between two places.
type edit struct {
	pos, end int
	text     string
}

// apply makes the edits, no two of which overlap. A blank is put between two quotes that
// come to stand beside each other, as they would be one quote within a name.
func apply(src string, edits []edit) string {
	slices.SortStableFunc(edits, func(a, b edit) int { return a.pos - b.pos })
	var out []byte
	write := func(text string) {
		if strings.HasPrefix(text, `"`) && bytes.HasSuffix(out, []byte{'"'}) {
			out = append(out, ' ')
		}
		out = append(out, text...)
	}
	at := 0
	for _, e := range edits {
		write(src[at:e.pos])
		write(e.text)
		at = e.end
	}
	write(src[at:])
	return string(out)
}

// Rename returns the query after the renames; its result has columns of the same names as
// before. find resolves tables by their old names. It is an error if the query uses a
// column that is dropped, or a name that it cannot give up.
func (q *Query) Rename(find Find, to Renames) (string, error) {
	r := &rewriting{binding: bind(find), to: to}
	for _, c := range q.all {
		if err := r.scope(c); err != nil {
			return "", err
		}
	}
	return apply(q.src, r.edits), nil
}

// rewriting collects the edits of Rename.
type rewriting struct {
	*binding
	to    Renames
	edits []edit
}

// scope rewrites the names of one SELECT.
func (r *rewriting) scope(c *core) error {
	for _, s := range c.from {
		if err := r.source(c, s); err != nil {
			return err
		}
	}
	for _, it := range c.items {
		if it.of != nil {
			r.qualifier(c, nil, *it.of)
		}
	}
	for _, ref := range c.refs {
		if err := r.ref(c, ref); err != nil {
			return err
		}
	}
	return nil
}

// source renames a table in a FROM, and refuses to rename or drop a column by whose name
// tables are joined (USING, NATURAL).
func (r *rewriting) source(c *core, s *source) error {
	t := r.table(c, s)
	if t == nil {
		return nil
	}
	if name, ok := r.to.Tables[t.Name]; ok {
		r.replace(s.name, name)
	}
	for _, column := range t.Columns {
		at := Origin{t.Name, column}
		_, moved := r.to.Columns[at]
		if !moved && !r.to.Dropped[at] {
			continue
		}
		// A join by names takes the columns of both sides: a rename of one would change what is
		// joined.
		joins := slices.ContainsFunc(c.using, func(name token) bool { return fold(name.text) == fold(column) })
		if joins || c.natural {
			return fmt.Errorf("%s.%s is what a join is by", t.Name, column)
		}
	}
	return nil
}

// ref renames a use of a name. A renamed column that is an item without alias gets its old
// name as alias.
func (r *rewriting) ref(c *core, ref *ref) error {
	m := r.resolve(c, ref)
	switch {
	case m.source == nil:
		return nil
	case m.column == nil && len(ref.parts) == 1:
		r.qualifier(c, m.source, ref.parts[0])
		return nil
	}
	if len(ref.parts) > 1 {
		r.qualifier(c, m.source, ref.parts[0])
	}
	// A column under another name, or of several origins, keeps its name where it is used; it
	// is rewritten where it comes from.
	if m.column == nil || !m.column.exact {
		return nil
	}
	origin := m.column.origins[0]
	if r.to.Dropped[origin] {
		return fmt.Errorf("no such column: %s.%s", origin.Table, origin.Column)
	}
	name, ok := r.to.Columns[origin]
	if !ok {
		return nil
	}
	last := ref.last()
	r.replace(last, name)
	if bare(c, ref) { // what it gives keeps its name
		r.edits = append(r.edits, edit{last.end, last.end, " AS " + spell(last, m.column.name)})
	}
	return nil
}

// bare reports whether the ref is an item without an alias.
func bare(c *core, r *ref) bool {
	return slices.ContainsFunc(c.items, func(it *item) bool { return it.plain == r && it.alias == nil }) && !c.values
}

// qualifier renames a table name that qualifies a column, if it stands for a source without
// an alias.
func (r *rewriting) qualifier(c *core, s *source, t token) {
	for in := c; s == nil && in != nil; in = in.around() {
		for _, other := range in.from {
			if fold(other.known()) == fold(t.text) {
				s = other
				break
			}
		}
	}
	if s == nil || s.alias != nil {
		return
	}
	for in := c; in != nil; in = in.around() {
		if !slices.Contains(in.from, s) {
			continue
		}
		if table := r.table(in, s); table != nil {
			if name, ok := r.to.Tables[table.Name]; ok {
				r.replace(t, name)
			}
		}
	}
}

// replace replaces a token by a name.
func (r *rewriting) replace(t token, name string) {
	r.edits = append(r.edits, edit{t.pos, t.end, spell(t, name)})
}

// spell returns a name for the place of a token: in the same quotes, or quoted if it needs
// to be.
func spell(t token, name string) string {
	switch t.quote {
	case '"', '`':
		return string(t.quote) + name + string(t.quote)
	case '[':
		return "[" + name + "]"
	}
	if reserved[fold(name)] || keywords[fold(name)] {
		return `"` + name + `"`
	}
	return name
}

// keywords are words that a renamed table or column is quoted for, to be safe with both
// engines.
var keywords = set(`
abort action add after alter always analyze asymmetric attach authorization autoincrement before begin binary cascade
check column commit concurrently conflict constraint current database default deferrable deferred detach do each exclude
exclusive explain fail filter first following foreign freeze generated groups if ignore immediate index indexed initially
instead key last materialized no nothing nulls of others partition placing plan pragma preceding primary query raise
range recursive references reindex release rename replace restrict rollback row rows savepoint session_user set temp
temporary ties to transaction trigger unbounded unique user vacuum variadic verbose view virtual window within without`)
