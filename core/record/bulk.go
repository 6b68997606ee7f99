// Bulk inserts for imports, without validation and hooks.

package record

import (
	"errors"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Bulk inserts many records as they are, to fill a new installation. It validates, generates and
// casts nothing, runs no hook, and writes nothing to the change log. It must not be used after the
// end of its transaction.
type Bulk struct {
	tx      store.Tx
	table   string
	columns string
	width   int
	key     int // the column of the id
	rows    int // the number of rows that the statement many inserts
	many    string
	pending []store.Value

	// If a record has no id, or the id of a record that is stored already, the Bulk stores the record
	// under a new id, and calls Renamed with both ids. If Renamed is nil, Add and Flush fail instead
	// with the error of the store.
	Renamed func(was, is string)
}

// rowsAtOnce is the number of records that one statement inserts, unless they need more than
// maxParameters: the engines allow few more parameters.
const (
	rowsAtOnce    = 32
	maxParameters = 8192
)

// NewBulk returns a Bulk for the table of the collection. The values of a record are its
// fields in their order, then the columns of extra.
func NewBulk(tx store.Tx, c *schema.Collection, extra []store.Column) *Bulk {
	names := make([]string, 0, len(c.Fields)+len(extra))
	for _, f := range c.Fields {
		names = append(names, store.Quote(f.Name))
	}
	for _, column := range extra {
		names = append(names, store.Quote(column.Name))
	}
	b := &Bulk{tx: tx, table: store.Quote(c.Name), columns: strings.Join(names, ", "), width: len(names), key: c.FieldIndex("id")}
	b.rows = max(1, min(rowsAtOnce, maxParameters/b.width))
	b.many = b.statement(b.rows)
	return b
}

// statement returns the SQL that inserts the given number of rows.
func (b *Bulk) statement(rows int) string {
	var s strings.Builder
	s.WriteString("INSERT INTO " + b.table + " (" + b.columns + ") VALUES ")
	for n := range rows * b.width {
		switch {
		case n == 0:
			s.WriteByte('(')
		case n%b.width == 0:
			s.WriteString("), (")
		default:
			s.WriteString(", ")
		}
		s.WriteString("$" + strconv.Itoa(n+1))
	}
	s.WriteByte(')')
	return s.String()
}

// Add inserts a record, at once or together with later records.
func (b *Bulk) Add(values []store.Value) error {
	b.pending = append(b.pending, values...)
	if len(b.pending) < b.width*b.rows {
		return nil
	}
	return b.insert(b.many)
}

// Flush inserts the records that Add has kept.
func (b *Bulk) Flush() error {
	if len(b.pending) == 0 {
		return nil
	}
	return b.insert(b.statement(len(b.pending) / b.width))
}

// insert inserts all pending records: in one statement or, if an id is missing or taken, each in
// its own statement.
func (b *Bulk) insert(sql string) error {
	// The memory is reused for the next rows, even after an error: the transaction is over then.
	defer func() { b.pending = b.pending[:0] }()
	if b.Renamed == nil {
		_, err := b.tx.Exec(sql, b.pending...)
		return err
	}
	for at := b.key; at < len(b.pending); at += b.width {
		if b.pending[at].AsText() == "" {
			return b.insertEach()
		}
	}
	// On PostgreSQL a failed statement makes its transaction useless, unless it is undone to a
	// savepoint.
	err := b.tx.Savepoint(func() error {
		_, err := b.tx.Exec(sql, b.pending...)
		return err
	})
	var taken *store.UniqueError
	if errors.As(err, &taken) {
		return b.insertEach()
	}
	return err
}

// insertEach inserts the pending records one by one. A record without an id, or with the id of
// another record, gets a new id, which is passed to Renamed.
func (b *Bulk) insertEach() error {
	// The first of several rows with the same id keeps the id.
	one := b.statement(1) + ` ON CONFLICT ("id") DO NOTHING`
	for at := 0; at < len(b.pending); at += b.width {
		row := b.pending[at : at+b.width]
		was := row[b.key].AsText()
		if was != "" {
			n, err := b.tx.Exec(one, row...)
			if err != nil {
				return err
			}
			if n > 0 {
				continue
			}
		}
		is := schema.RandomString(schema.IDLength, schema.AlphabetID)
		row[b.key] = store.Text(is)
		if _, err := b.tx.Exec(b.statement(1), row...); err != nil {
			return err
		}
		b.Renamed(was, is)
	}
	return nil
}
