// One call's use of a connection: open rows and statements.

package sqlite

import (
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/trace"
)

// session is the use of a connection by one call, with its open rows. A Reader, Tx or Rows that
// is kept beyond the call returns store.ErrClosed.
type session struct {
	c    *conn
	open []*rows
	over bool
	lost error // the error with which SQLite ended the write transaction early
	tx   bool
	span *trace.Span // parent of the spans of statements; nil without tracing
}

// Query implements store.Reader.
func (s *session) Query(sql string, args ...store.Value) (store.Rows, error) {
	st, err := s.start(sql, args)
	if err != nil {
		return nil, err
	}
	r := &rows{in: s, s: st, began: time.Now(), args: args}
	s.open = append(s.open, r)
	return r, nil
}

// start prepares a statement and binds its arguments.
func (s *session) start(sql string, args []store.Value) (*statement, error) {
	switch {
	case s.over:
		return nil, store.ErrClosed
	case s.lost != nil: // outside the transaction each statement would commit separately
		return nil, s.lost
	case s.c.guard.cause != nil:
		return nil, s.c.guard.cause
	}
	st, err := s.c.prepare(sql)
	if err != nil {
		return nil, s.fail(err)
	}
	if err := bind(st, args); err != nil {
		s.c.release(st)
		return nil, s.fail(err)
	}
	return st, nil
}

// fail translates an error of the binding into an error of the store, and records its effects on
// the connection and the transaction.
func (s *session) fail(err error) error {
	if broken(err) {
		s.c.failed = true
	}
	out := classify(err)
	if interrupted(err) && s.c.guard.cause != nil {
		out = s.c.guard.cause
	}
	// SQLite has rolled back the transaction by itself. Later statements would run outside of it
	// and be committed.
	if s.tx && s.lost == nil && s.c.Autocommit() {
		s.lost = out
	}
	return out
}

// remove removes closed rows from the list of open ones.
func (s *session) remove(r *rows) {
	last := len(s.open) - 1
	for i := last; i >= 0; i-- {
		if s.open[i] == r {
			s.open[i], s.open[last] = s.open[last], nil
			s.open = s.open[:last]
			return
		}
	}
}

// end closes the open rows of the call.
func (s *session) end() {
	for len(s.open) > 0 {
		r := s.open[len(s.open)-1]
		r.err = store.ErrClosed
		r.end()
	}
	s.over = true
}
