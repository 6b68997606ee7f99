// Scripts: texts of several statements, and the properties of the statements.

package binding

import (
	"strings"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// PrepareNext compiles the first statement in sql, which may contain any number of them, and
// returns the text after it. s is nil if there is none. It does not bind parameters.
func (c *Conn) PrepareNext(sql string) (s *Stmt, rest string, err error) {
	if c.db == 0 {
		return nil, "", ErrClosed
	}
	if strings.IndexByte(sql, 0) >= 0 {
		return nil, "", &Error{Code: lib.SQLITE_ERROR, Message: "a NUL byte in the statement"}
	}
	text, err := cstring(c.tls, sql)
	if err != nil {
		return nil, "", err
	}
	defer libc.Xfree(c.tls, text)
	out := c.tls.Alloc(16)
	defer c.tls.Free(16)
	for at := 0; at < len(sql); {
		rc := lib.Xsqlite3_prepare_v3(c.tls, c.db, text+uintptr(at), int32(len(sql)-at)+1, 0, out, out+8)
		if rc != lib.SQLITE_OK {
			failure := &Error{Code: int(rc), Message: libc.GoString(lib.Xsqlite3_errmsg(c.tls, c.db))}
			if offset := int(lib.Xsqlite3_error_offset(c.tls, c.db)); offset >= 0 {
				failure.At = at + offset + 1
			}
			return nil, "", failure
		}
		end := int(*(*uintptr)(pointer(out + 8)) - text)
		if p := *(*uintptr)(pointer(out)); p != 0 {
			s = &Stmt{c: c, p: p, sql: sql[at:end]}
			c.stmts[s] = struct{}{}
			return s, sql[end:], nil
		}
		at = end // it was white space or a comment
	}
	return nil, "", nil
}

// TakesParameters reports whether the statement has parameters.
func (s *Stmt) TakesParameters() bool {
	return s.p != 0 && lib.Xsqlite3_bind_parameter_count(s.c.tls, s.p) > 0
}

// Reads reports whether the statement writes nothing to the database file. An EXPLAIN of any
// statement only reads.
func (s *Stmt) Reads() bool {
	return s.p != 0 && (lib.Xsqlite3_stmt_readonly(s.c.tls, s.p) != 0 || lib.Xsqlite3_stmt_isexplain(s.c.tls, s.p) != 0)
}

// Column describes a column of a statement's rows.
type Column struct {
	Name string
	Type string // declared type of the table's column; empty for an expression
	Null bool   // the value may be NULL
}

// Columns returns the columns of the statement's rows, nil if it returns no rows.
func (s *Stmt) Columns() []Column {
	if s.p == 0 {
		return nil
	}
	list := make([]Column, lib.Xsqlite3_column_count(s.c.tls, s.p))
	for i := range list {
		list[i] = Column{
			Name: libc.GoString(lib.Xsqlite3_column_name(s.c.tls, s.p, int32(i))),
			Type: libc.GoString(lib.Xsqlite3_column_decltype(s.c.tls, s.p, int32(i))),
			Null: !s.notNull(int32(i)),
		}
	}
	return list
}

// notNull reports whether the column is a table's column that is declared NOT NULL.
func (s *Stmt) notNull(col int32) bool {
	tls := s.c.tls
	table, column := lib.Xsqlite3_column_table_name(tls, s.p, col), lib.Xsqlite3_column_origin_name(tls, s.p, col)
	if table == 0 || column == 0 {
		return false
	}
	out := tls.Alloc(8)
	defer tls.Free(8)
	result := (*int32)(pointer(out))
	*result = 0
	if lib.Xsqlite3_table_column_metadata(tls, s.c.db, 0, table, column, 0, 0, out, 0, 0) != lib.SQLITE_OK {
		return false
	}
	return *result != 0
}
