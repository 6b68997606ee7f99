// Prepared statements: preparing, stepping, and the numbers of their parameters.

package binding

import (
	"fmt"
	"strconv"
	"strings"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// Stmt is a prepared statement, which can be executed many times.
type Stmt struct {
	c      *Conn
	p      uintptr
	sql    string
	params []int // for each of SQLite's positions, from 0: the number n of its `$n`
	width  int   // the greatest number: how many arguments the statement takes
	text   scratch
}

// Prepare compiles the only statement in sql. No statement or more than one is an error, and so
// are parameters other than `$1`, `$2` ….
func (c *Conn) Prepare(sql string) (*Stmt, error) {
	if c.db == 0 {
		return nil, ErrClosed
	}
	if strings.IndexByte(sql, 0) >= 0 {
		return nil, &Error{Code: lib.SQLITE_ERROR, Message: "a NUL byte in the statement"}
	}
	p, err := c.compile(sql)
	if err != nil {
		return nil, err
	}
	s := &Stmt{c: c, p: p, sql: sql}
	c.stmts[s] = struct{}{}
	if err := s.NameParameters(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// compile returns the handle of the single statement in sql.
func (c *Conn) compile(sql string) (stmt uintptr, err error) {
	text, err := cstring(c.tls, sql)
	if err != nil {
		return 0, err
	}
	defer libc.Xfree(c.tls, text)
	out := c.tls.Alloc(16)
	defer c.tls.Free(16)
	end := text + uintptr(len(sql))
	for at := text; at < end; at = *(*uintptr)(pointer(out + 8)) {
		// PERSISTENT tells SQLite that the statement will be kept, so that it does not use the
		// memory for short-lived ones.
		rc := lib.Xsqlite3_prepare_v3(c.tls, c.db, at, int32(end-at)+1, lib.SQLITE_PREPARE_PERSISTENT, out, out+8)
		next := *(*uintptr)(pointer(out))
		switch {
		case rc != lib.SQLITE_OK:
			err = c.failure(rc)
		case next == 0: // white space or a comment
			continue
		case stmt != 0:
			lib.Xsqlite3_finalize(c.tls, next)
			err = &Error{Code: lib.SQLITE_ERROR, Message: "more than one statement"}
		}
		if err != nil {
			lib.Xsqlite3_finalize(c.tls, stmt)
			return 0, err
		}
		stmt = next
	}
	if stmt == 0 {
		return 0, &Error{Code: lib.SQLITE_ERROR, Message: "no statement"}
	}
	return stmt, nil
}

// NameParameters finds the parameter `$n` at each position of SQLite, for Params and Width.
// Prepare calls it; PrepareNext does not.
func (s *Stmt) NameParameters() error {
	count := int(lib.Xsqlite3_bind_parameter_count(s.c.tls, s.p))
	if count == 0 {
		return nil
	}
	s.params = make([]int, count)
	for i := range s.params {
		// SQLite numbers $2, $1 in the order in which they first appear: they are names to it.
		name := libc.GoString(lib.Xsqlite3_bind_parameter_name(s.c.tls, s.p, int32(i+1)))
		digits, ok := strings.CutPrefix(name, "$")
		n, err := strconv.Atoi(digits)
		if !ok || err != nil || n < 1 || digits[0] == '+' {
			return &Error{Code: lib.SQLITE_ERROR, Message: fmt.Sprintf("parameter %q is not of the form $1", name)}
		}
		s.params[i] = n
		s.width = max(s.width, n)
	}
	return nil
}

// SQL returns the text of the statement.
func (s *Stmt) SQL() string { return s.sql }

// Params returns, for each position, the number n of its `$n`. The first position is 0. The
// caller must not change the slice.
func (s *Stmt) Params() []int { return s.params }

// Width returns the number of arguments that the statement takes: the greatest n of its `$n`.
func (s *Stmt) Width() int { return s.width }

// Step runs to the next row. It returns false at the end and on an error; in both cases the
// statement must be Reset before it is used again.
func (s *Stmt) Step() (row bool, err error) {
	if s.p == 0 {
		return false, ErrClosed
	}
	switch rc := lib.Xsqlite3_step(s.c.tls, s.p); rc {
	case lib.SQLITE_ROW:
		return true, nil
	case lib.SQLITE_DONE:
		return false, nil
	default:
		return false, s.c.failure(rc)
	}
}

// Reset ends an execution and frees its resources. Memory that its columns returned becomes
// invalid. The error of the execution was returned by Step.
func (s *Stmt) Reset() {
	if s.p == 0 {
		return
	}
	lib.Xsqlite3_reset(s.c.tls, s.p)
	if s.text.size > keepScratch {
		lib.Xsqlite3_clear_bindings(s.c.tls, s.p) // they point into memory that reset frees
	}
	s.text.reset(s.c.tls)
}

// Close frees the statement. It may be called again.
func (s *Stmt) Close() {
	if s.p == 0 {
		return
	}
	lib.Xsqlite3_finalize(s.c.tls, s.p)
	s.p = 0
	s.text.free(s.c.tls)
	delete(s.c.stmts, s)
}
