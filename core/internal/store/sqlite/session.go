// One call's use of a connection: open rows and statements.

package sqlite

import (
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/trace"
)

// session is what one call has of a connection: its open rows, and whether the
// call is over. Whoever keeps a Reader, Tx or Rows beyond the call gets
// store.ErrClosed from it.
type session struct {
	c    *conn
	open []*rows
	over bool
	lost error // why SQLite ended the write transaction before its time
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

// start prepares and binds.
func (s *session) start(sql string, args []store.Value) (*statement, error) {
	switch {
	case s.over:
		return nil, store.ErrClosed
	case s.lost != nil: // outside the transaction each statement would commit by itself
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

// fail is the store's error for one of the binding, and notes what it means for
// the connection and the transaction.
func (s *session) fail(err error) error {
	if broken(err) {
		s.c.failed = true
	}
	out := classify(err)
	if interrupted(err) && s.c.guard.cause != nil {
		out = s.c.guard.cause
	}
	// SQLite has rolled back the transaction by itself. Later statements would run outside of
	// it and be kept.
	if s.tx && s.lost == nil && s.c.Autocommit() {
		s.lost = out
	}
	return out
}

// remove takes closed rows off the list of open ones.
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

// end closes what the call left open.
func (s *session) end() {
	for len(s.open) > 0 {
		r := s.open[len(s.open)-1]
		r.err = store.ErrClosed
		r.end()
	}
	s.over = true
}
