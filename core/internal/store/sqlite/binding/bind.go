// Binding of parameters.

package binding

import (
	"math"

	lib "modernc.org/sqlite/lib"
)

// The Bind functions set the parameter at a position of Params for the next
// execution. The statement must be new or reset.

// BindNull binds NULL.
func (s *Stmt) BindNull(pos int) error {
	if s.p == 0 {
		return ErrClosed
	}
	return s.bound(lib.Xsqlite3_bind_null(s.c.tls, s.p, int32(pos+1)))
}

// BindInt binds an integer.
func (s *Stmt) BindInt(pos int, n int64) error {
	if s.p == 0 {
		return ErrClosed
	}
	return s.bound(lib.Xsqlite3_bind_int64(s.c.tls, s.p, int32(pos+1), n))
}

// BindFloat binds a double. SQLite has no NaN and stores NULL instead.
func (s *Stmt) BindFloat(pos int, f float64) error {
	if s.p == 0 {
		return ErrClosed
	}
	return s.bound(lib.Xsqlite3_bind_double(s.c.tls, s.p, int32(pos+1), f))
}

// BindText binds a copy of v, NUL bytes included.
func (s *Stmt) BindText(pos int, v string) error {
	if s.p == 0 {
		return ErrClosed
	}
	if len(v) > math.MaxInt32 {
		return codeError(s.c.tls, lib.SQLITE_TOOBIG)
	}
	// SQLite gets an address of C memory: a Go string may be moved or freed while the statement
	// runs.
	p, err := s.text.put(s.c.tls, v)
	if err != nil {
		return err
	}
	// No destructor: the scratch outlives the execution.
	return s.bound(lib.Xsqlite3_bind_text(s.c.tls, s.p, int32(pos+1), p, int32(len(v)), 0))
}

func (s *Stmt) bound(rc int32) error {
	if rc == lib.SQLITE_OK {
		return nil
	}
	return s.c.failure(rc)
}
