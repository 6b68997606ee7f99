// Indexes: the parsed definition and its canonical text.

package store

import "strings"

// Index is a parsed CREATE INDEX statement.
type Index struct {
	Name        string
	Table       string
	Unique      bool
	IfNotExists bool
	Columns     []IndexColumn
	Where       string // without the keyword
}

// IndexColumn is a column name or an expression.
type IndexColumn struct {
	Name    string
	Collate string
	Sort    string // ASC, DESC or empty
}

// String returns the canonical statement (docs/wire/records.md §2.6). Users read it, and an
// engine with that dialect runs it.
func (ix Index) String() string {
	var b strings.Builder
	b.WriteString("CREATE ")
	if ix.Unique {
		b.WriteString("UNIQUE ")
	}
	b.WriteString("INDEX ")
	if ix.IfNotExists {
		b.WriteString("IF NOT EXISTS ")
	}
	b.WriteString(backquote(ix.Name) + " ON " + backquote(ix.Table) + " (")
	for i, c := range ix.Columns {
		if len(ix.Columns) > 1 {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString("\n  ")
		}
		b.WriteString(c.String())
	}
	if len(ix.Columns) > 1 {
		b.WriteByte('\n')
	}
	b.WriteByte(')')
	if ix.Where != "" {
		b.WriteString(" WHERE " + ix.Where)
	}
	return b.String()
}

// String returns the column as it is in the statement: quoted, unless it is an expression.
func (c IndexColumn) String() string {
	s := c.Name
	if isWord(s) {
		s = backquote(s)
	}
	if c.Collate != "" {
		s += " COLLATE " + c.Collate
	}
	if c.Sort != "" {
		s += " " + c.Sort
	}
	return s
}

// isWord reports whether s is a plain name.
func isWord(s string) bool {
	for _, c := range []byte(s) {
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return s != ""
}

func backquote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
