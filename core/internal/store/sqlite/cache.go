// The cache of prepared statements of a connection.

package sqlite

import (
	"slices"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/sqlite/binding"
	"github.com/loambase/loam/internal/cache"
)

// cacheSize is how many prepared statements a connection keeps at most. A plan's
// text does not depend on its values, so a busy server uses some hundreds.
const cacheSize = 512

// statement is a prepared statement and what the authorizer learned about it.
type statement struct {
	*binding.Stmt
	writes []string // tables, in lower case
	meter  *store.Statement

	inUse  bool // by a caller: it must be neither given to another one nor closed
	cached bool
}

// countsRows reports that the statement changes rows, not the schema: only then
// does SQLite's count of changed rows belong to it.
func (s *statement) countsRows() bool {
	return len(s.writes) > 0 && !slices.Contains(s.writes, schemaTable)
}

// statements is the cache of a connection's prepared statements by their text. A
// text that is asked for while its statement is in use gets a second statement,
// which lives for that use only, unless the first one is still in use at its end. A
// statement that is evicted while it is in use is closed when it is released.
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

// take is the idle statement of this text, now in use; nil if there is none.
func (c *statements) take(sql string) *statement {
	s, ok := c.byText.Get(sql)
	if !ok || s.inUse {
		return nil
	}
	s.inUse = true
	return s
}

// keep caches a new statement, unless there is one of its text.
func (c *statements) keep(s *statement) {
	if _, ok := c.byText.Get(s.SQL()); !ok {
		s.cached = true
		c.byText.Put(s.SQL(), s)
	}
}

// clear forgets every statement. Those in use are closed when they are released.
func (c *statements) clear() { c.byText.Clear() }

// release ends the use of a statement, which has been reset.
func (c *statements) release(s *statement) {
	s.inUse = false
	if s.cached {
		return
	}
	// Two of the same text were in use: the one that ends first while the other is idle is not
	// needed any more.
	if other, ok := c.byText.Get(s.SQL()); ok && !other.inUse {
		s.Close()
		return
	}
	s.cached = true
	c.byText.Put(s.SQL(), s)
}
