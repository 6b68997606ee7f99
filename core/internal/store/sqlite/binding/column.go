// Columns of the current row.

package binding

import lib "modernc.org/sqlite/lib"

// Type is the storage class of a column's value.
type Type int32

// The storage classes.
const (
	TypeInt   Type = lib.SQLITE_INTEGER
	TypeFloat Type = lib.SQLITE_FLOAT
	TypeText  Type = lib.SQLITE_TEXT
	TypeBlob  Type = lib.SQLITE_BLOB
	TypeNull  Type = lib.SQLITE_NULL
)

// The column functions read the current row. Columns count from 0; a column that does not exist,
// or of a statement without a row, is NULL.

// Type returns the storage class of a value. It must be called before the value is read in
// another form, which may convert it in place.
func (s *Stmt) Type(col int) Type {
	if s.p == 0 {
		return TypeNull
	}
	return Type(lib.Xsqlite3_column_type(s.c.tls, s.p, int32(col)))
}

// Bytes returns the text form of a value: nil for NULL, not nil for an empty text. The memory
// belongs to SQLite and is valid until the next Step, Reset or Close.
func (s *Stmt) Bytes(col int) []byte {
	if s.p == 0 {
		return nil
	}
	p := lib.Xsqlite3_column_text(s.c.tls, s.p, int32(col))
	if p == 0 {
		return nil
	}
	n := lib.Xsqlite3_column_bytes(s.c.tls, s.p, int32(col))
	if n == 0 {
		return []byte{}
	}
	return view(p, int(n))
}

// Int returns a value as an integer, 0 for NULL.
func (s *Stmt) Int(col int) int64 {
	if s.p == 0 {
		return 0
	}
	return lib.Xsqlite3_column_int64(s.c.tls, s.p, int32(col))
}

// Float returns a value as a double, 0 for NULL.
func (s *Stmt) Float(col int) float64 {
	if s.p == 0 {
		return 0
	}
	return lib.Xsqlite3_column_double(s.c.tls, s.p, int32(col))
}
