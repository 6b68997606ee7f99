// Cursors: rows of one query.

package sqlite

import (
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/sqlite/binding"
)

// rows is the cursor of one query. It uses a statement until it is closed.
type rows struct {
	in  *session
	s   *statement
	err error

	began time.Time
	args  []store.Value
	count int64
}

var _ store.Rows = (*rows)(nil)

// Next steps the statement to its next row.
func (r *rows) Next() bool {
	if r.s == nil || r.err != nil {
		return false
	}
	ok, err := r.s.Step()
	if err != nil {
		r.err = r.in.fail(err)
	}
	// At the end the statement is given back at once: callers read to the end far more often than
	// they close.
	if !ok {
		r.end()
		return false
	}
	r.count++
	return true
}

// end gives the statement back. There are no more rows.
func (r *rows) end() {
	if r.s == nil {
		return
	}
	r.s.meter.Ran(r.in.span, r.began, r.count, r.args, r.err)
	r.in.c.release(r.s)
	r.s, r.args = nil, nil
	r.in.remove(r)
}

func (r *rows) Err() error { return r.err }

func (r *rows) Close() error {
	r.end()
	return r.err
}

// Kind implements store.Rows. It must be called before the value is read in another form, since
// SQLite converts the value in place. A blob counts as a text.
func (r *rows) Kind(col int) store.ValueKind {
	if r.s == nil {
		return store.KindNull
	}
	switch r.s.Type(col) {
	case binding.TypeInt:
		return store.KindInt
	case binding.TypeFloat:
		return store.KindFloat
	case binding.TypeText, binding.TypeBlob:
		return store.KindText
	default:
		return store.KindNull
	}
}

func (r *rows) Bytes(col int) []byte {
	if r.s == nil {
		return nil
	}
	return r.s.Bytes(col)
}

func (r *rows) Text(col int) string { return string(r.Bytes(col)) }

func (r *rows) Int(col int) int64 {
	if r.s == nil {
		return 0
	}
	return r.s.Int(col)
}

func (r *rows) Float(col int) float64 {
	if r.s == nil {
		return 0
	}
	return r.s.Float(col)
}

func (r *rows) Bool(col int) bool { return r.Int(col) != 0 }
