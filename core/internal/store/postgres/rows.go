// Cursors: rows of one query, decoded as they are read.

package postgres

import (
	"bytes"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loambase/loam/core/internal/store"
)

// rows is the cursor of one query. Next reads each row from the connection; before another statement
// runs on the connection, park keeps the rest of the rows in memory.
type rows struct {
	in     *session
	fields []store.ValueKind
	from   *pgconn.ResultReader // nil when all rows are read from the connection
	row    [][]byte             // the current row; nil before the first and after the last row
	aside  [][][]byte           // rows that park has kept
	err    error

	meter *store.Statement
	began time.Time
	args  []store.Value
	count int64
}

var _ store.Rows = (*rows)(nil)

// Next implements store.Rows: rows that park has kept come before those on the connection.
func (r *rows) Next() bool {
	r.row = nil
	switch {
	case r.err != nil:
		return false
	case len(r.aside) > 0:
		r.row, r.aside = r.aside[0], r.aside[1:]
		return true
	case r.from == nil:
		r.in.remove(r)
		return false
	case r.from.NextRow():
		r.row = r.from.Values()
		r.count++
		return true
	}
	r.finish()
	r.in.remove(r)
	return false
}

// finish reads the rest of the answer, so that the connection can be used again.
func (r *rows) finish() {
	if r.from == nil {
		return
	}
	// Close reads the rest of the rows, and returns the error that ended them.
	_, err := r.from.Close()
	if ended := r.in.endPipeline(); err == nil {
		err = ended
	}
	r.from = nil
	r.in.reading = nil
	if err != nil && r.err == nil {
		r.err = r.in.fail(err)
	}
	r.meter.Ran(r.in.span, r.began, r.count, r.args, err)
}

// park keeps the rest of the rows in memory, so that the connection is free.
func (r *rows) park() {
	if r.row != nil {
		r.row = cloneRow(r.row)
	}
	for r.from.NextRow() {
		r.aside = append(r.aside, cloneRow(r.from.Values()))
		r.count++
	}
	r.finish()
}

// cloneRow copies a row, whose bytes belong to the connection.
func cloneRow(row [][]byte) [][]byte {
	out := make([][]byte, len(row))
	for i, v := range row {
		out[i] = bytes.Clone(v)
	}
	return out
}

func (r *rows) Err() error { return r.err }

func (r *rows) Close() error {
	r.finish()
	r.in.remove(r)
	r.row, r.aside = nil, nil
	return r.err
}

// value returns a column of the current row, nil for NULL and for a column that does not exist.
func (r *rows) value(col int) []byte {
	if col >= len(r.row) {
		return nil
	}
	return r.row[col]
}

func (r *rows) Kind(col int) store.ValueKind {
	if r.value(col) == nil {
		return store.KindNull
	}
	return r.fields[col]
}

// Bytes implements store.Rows. A boolean is 1 or 0, as in SQLite.
func (r *rows) Bytes(col int) []byte {
	v := r.value(col)
	if v != nil && r.fields[col] == store.KindBool {
		if truth(v) {
			return []byte("1")
		}
		return []byte("0")
	}
	return v
}

func truth(v []byte) bool { return len(v) == 1 && v[0] == 't' }

func (r *rows) Text(col int) string { return string(r.Bytes(col)) }

// Int returns a number as an integer, without its fraction.
func (r *rows) Int(col int) int64 {
	v := r.Bytes(col)
	// ParseInt refuses a fraction and an exponent.
	n, err := strconv.ParseInt(string(v), 10, 64)
	if err != nil {
		return int64(r.Float(col))
	}
	return n
}

func (r *rows) Float(col int) float64 {
	f, _ := strconv.ParseFloat(string(r.Bytes(col)), 64) // a text that is not a number is 0
	return f
}

func (r *rows) Bool(col int) bool { return r.Float(col) != 0 }
