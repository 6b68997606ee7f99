// The cache of prepared statements of a connection.

package sqlite

import (
	"slices"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/sqlite/binding"
	"github.com/loambase/loam/internal/cache"
)

// cacheSize is the maximum number of prepared statements of a connection. The text of a plan does
// not depend on its values, so a busy server uses some hundreds.
const cacheSize = 512

// statement is a prepared statement, with the tables that it writes.
type statement struct {
	*binding.Stmt
	writes []string // names in lower case, as the authorizer reported them
	meter  *store.Statement

	inUse  bool // by a caller: it must neither be given to another caller nor closed
	cached bool
}

// countsRows reports whether the statement changes rows, not the schema: only then does SQLite's
// count of changed rows belong to it.
func (s *statement) countsRows() bool {
	return len(s.writes) > 0 && !slices.Contains(s.writes, schemaTable)
}

// statements caches the prepared statements of a connection by their text. If the statement of a
// text is in use, the text gets a second statement, which is closed after that use unless the
// first one is then still in use. A statement that is evicted while it is in use is closed when
// it is released.
type statements struct {
	byText *cache.Cache[string, *statement]
}

func newStatements() *statements {
	return &statements{cache.NewEvicting(cacheSize, func(_ string, s *statement) {
		s.cached = false
		if !s.inUse {
			s.Close()
		}
	})}
}

// take returns the idle statement of the text and marks it as in use; nil if there is none.
func (c *statements) take(sql string) *statement {
	s, ok := c.byText.Get(sql)
	if !ok || s.inUse {
		return nil
	}
	s.inUse = true
	return s
}

// keep caches a new statement, unless the cache has a statement of its text.
func (c *statements) keep(s *statement) {
	if _, ok := c.byText.Get(s.SQL()); !ok {
		s.cached = true
		c.byText.Put(s.SQL(), s)
	}
}

// clear drops every statement. Those in use are closed when they are released.
func (c *statements) clear() { c.byText.Clear() }

// release ends the use of a statement, which must have been reset.
func (c *statements) release(s *statement) {
	s.inUse = false
	if s.cached {
		return
	}
	// Two statements of the same text were in use. This one is not needed any more if the other is
	// idle; otherwise it takes the place of the other in the cache.
	if other, ok := c.byText.Get(s.SQL()); ok && !other.inUse {
		s.Close()
		return
	}
	s.cached = true
	c.byText.Put(s.SQL(), s)
}
