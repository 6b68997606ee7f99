package sqlite

import (
	"slices"

	"github.com/loambase/loam/core/internal/store/sqlite/binding"
)

// cacheSize is how many idle statements a connection keeps. A plan's text does
// not depend on its values, so a busy server uses some hundreds.
const cacheSize = 512

// statement is a prepared statement and what the authorizer learned about it.
type statement struct {
	*binding.Stmt
	writes []string // tables, in lower case

	newer, older *statement // by last use, while it is idle
	same         *statement // another idle one of the same text
}

// countsRows reports that the statement changes rows, not the schema: only then
// does SQLite's count of changed rows belong to it.
func (s *statement) countsRows() bool {
	return len(s.writes) > 0 && !slices.Contains(s.writes, schemaTable)
}

// cache keeps the idle statements of one connection by their text. One that is
// taken is not in the cache until it is put back, so a text that is asked for
// while it is in use gets a second statement, and what runs is never evicted.
type cache struct {
	bySQL          map[string]*statement
	newest, oldest *statement
	size           int
}

// take removes an idle statement of this text and returns it, or nil.
func (c *cache) take(sql string) *statement {
	s := c.bySQL[sql]
	if s != nil {
		c.remove(s)
	}
	return s
}

// put makes a reset statement available and closes the one that was used least
// recently when there are too many.
func (c *cache) put(s *statement) {
	if c.bySQL == nil {
		c.bySQL = map[string]*statement{}
	}
	s.same = c.bySQL[s.SQL()]
	c.bySQL[s.SQL()] = s
	s.older = c.newest
	if c.newest != nil {
		c.newest.newer = s
	} else {
		c.oldest = s
	}
	c.newest = s
	c.size++
	if c.size > cacheSize {
		last := c.oldest
		c.remove(last)
		last.Close()
	}
}

func (c *cache) remove(s *statement) {
	c.unname(s)
	if s.newer != nil {
		s.newer.older = s.older
	} else {
		c.newest = s.older
	}
	if s.older != nil {
		s.older.newer = s.newer
	} else {
		c.oldest = s.newer
	}
	s.newer, s.older, s.same = nil, nil, nil
	c.size--
}

// unname takes s off the list of its text.
func (c *cache) unname(s *statement) {
	head := c.bySQL[s.SQL()]
	switch {
	case head != s:
		for head.same != s {
			head = head.same
		}
		head.same = s.same
	case s.same != nil:
		c.bySQL[s.SQL()] = s.same
	default:
		delete(c.bySQL, s.SQL())
	}
}
