// Stamps: counters of writes by table, which tell whether a cached count is current.

package sqlite

import (
	"strings"
	"sync"
	"sync/atomic"
)

// schemaTable is the table that every change of the schema writes.
const schemaTable = "sqlite_master"

// counter counts the commits that wrote a table: begun is incremented before COMMIT and done
// after it. While they are equal no commit is running, and a transaction that takes its snapshot
// now reads the state of done.
type counter struct{ begun, done atomic.Uint64 }

// stamps has a counter for each table that was written since the database was opened, and a
// counter of commits that may have changed any table.
type stamps struct {
	every  counter
	tables atomic.Pointer[map[string]*counter] // by lower-case name; replaced, never changed
	mu     sync.Mutex                          // held to replace tables
}

// find returns the counter of a table, nil if it was never written.
func (s *stamps) find(table string) *counter {
	m := s.tables.Load()
	if m == nil {
		return nil
	}
	return (*m)[table]
}

// counter returns the counter of a table, and creates it if need be.
func (s *stamps) counter(table string) *counter {
	if table == schemaTable {
		return &s.every
	}
	if c := s.find(table); c != nil {
		return c
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.tables.Load()
	// The map is copied, since readers look into it without a lock. It grows only when a table is
	// written for the first time.
	next := map[string]*counter{}
	if old != nil {
		if c := (*old)[table]; c != nil {
			return c
		}
		for name, c := range *old {
			next[name] = c
		}
	}
	c := &counter{}
	next[table] = c
	s.tables.Store(&next)
	return c
}

// begin is called before a COMMIT that may change the tables.
func (s *stamps) begin(tables []string) {
	for _, t := range tables {
		s.counter(t).begun.Add(1)
	}
}

// end is called when that COMMIT is over, with or without success.
func (s *stamps) end(tables []string) {
	for _, t := range tables {
		s.counter(t).done.Add(1)
	}
}

// bump invalidates every stamp given so far.
func (s *stamps) bump() {
	s.every.begun.Add(1)
	s.every.done.Add(1)
}

// sum returns a number for the present state of the tables: no counter ever decreases, so equal
// sums of the same tables mean equal counters. ok is false while a commit to one of the tables is
// running.
func (s *stamps) sum(tables []string) (sum uint64, ok bool) {
	// done is read before begun: if they are equal then, no commit was running in between.
	done := s.every.done.Load()
	if s.every.begun.Load() != done {
		return 0, false
	}
	sum = done
	for _, t := range tables {
		c := s.find(strings.ToLower(t))
		if c == nil {
			continue
		}
		done := c.done.Load()
		if c.begun.Load() != done {
			return 0, false
		}
		sum += done
	}
	return sum, true
}
