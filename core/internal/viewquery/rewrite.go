// Renames in a view's query: the tables and columns that it reads get their new names, its own
// columns keep theirs.

package viewquery

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Renames has the new names of tables and columns. Keys are the old names, as Find knows them.
type Renames struct {
	Tables  map[string]string
	Columns map[Origin]string
	Dropped map[Origin]bool // columns that no longer exist
}

// edit replaces the text between two positions.
type edit struct {
	pos, end int
	text     string
}

// apply applies the edits, which must not overlap. It inserts a space between two adjacent
// quotes, since they would be one quote within a name.
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

// Rename returns the query after the renames; the columns of its result keep their names. find
// resolves tables by their old names. The error is for a query that uses a dropped column, or a
// name that cannot be changed.
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

// source renames a table in a FROM, and refuses to rename or drop a column by which tables are
// joined (USING, NATURAL).
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
		// A join by names uses the columns of both sides: a rename of one would change the join.
		joins := slices.ContainsFunc(c.using, func(name token) bool { return fold(name.text) == fold(column) })
		if joins || c.natural {
			return fmt.Errorf("%s.%s is what a join is by", t.Name, column)
		}
	}
	return nil
}

// ref renames a use of a name. A renamed column that is an item without alias gets its old name
// as alias.
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
	// A column with another name, or with several origins, keeps its name where it is used; it is
	// renamed where it comes from.
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
	if bare(c, ref) { // its column in the result keeps its name
		r.edits = append(r.edits, edit{last.end, last.end, " AS " + spell(last, m.column.name)})
	}
	return nil
}

// bare reports whether the ref is an item without an alias.
func bare(c *core, r *ref) bool {
	return slices.ContainsFunc(c.items, func(it *item) bool { return it.plain == r && it.alias == nil }) && !c.values
}

// qualifier renames a table name that qualifies a column, if the source has no alias.
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

// spell returns a name in place of a token: in the same quotes, or quoted if necessary.
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

// keywords are words for which a renamed table or column is quoted, for both engines.
var keywords = set(`
abort action add after alter always analyze asymmetric attach authorization autoincrement before begin binary cascade
check column commit concurrently conflict constraint current database default deferrable deferred detach do each exclude
exclusive explain fail filter first following foreign freeze generated groups if ignore immediate index indexed initially
instead key last materialized no nothing nulls of others partition placing plan pragma preceding primary query raise
range recursive references reindex release rename replace restrict rollback row rows savepoint session_user set temp
temporary ties to transaction trigger unbounded unique user vacuum variadic verbose view virtual window within without`)
