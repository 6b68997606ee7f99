// The rows of the change log (table _changes): writing and reading changes.

package change

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

// maxInsert is the maximum number of rows that one statement inserts.
const maxInsert = 32

const columns = `"seq", "n", "kind", "collection", "record", "action", "before", "by", "node", "at"`

// insertion returns the statement that inserts the given number of rows; seq is the expression of
// their transaction's number: $1, or an expression that draws a number.
func insertion(seq string, rows int) string {
	var b strings.Builder
	b.WriteString(`INSERT INTO "_changes" (` + columns + ") VALUES ")
	// The parameters are numbered through all rows; $1 is the number of the transaction, if it
	// was drawn before.
	p := 1
	if seq != "$1" {
		p = 0
	}
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("(" + seq)
		for range 9 {
			p++
			b.WriteString(", $" + strconv.Itoa(p))
		}
		b.WriteString(")")
	}
	return b.String()
}

// insert writes the rows. For several rows the number is drawn first, and the statements insert at
// most maxInsert rows each, so that there are few different statements to prepare.
func (l *Log) insert(tx store.Tx, changes []Change) error {
	// Most transactions change one record: its number is drawn by the statement that inserts
	// it, which saves a query.
	if len(changes) == 1 {
		_, err := tx.Exec(l.single, changes[0].row(make([]store.Value, 0, 9))...)
		return err
	}
	seq, err := store.Number(tx, l.next)
	if err != nil {
		return err
	}
	for len(changes) > 0 {
		part := changes[:min(len(changes), maxInsert)]
		changes = changes[len(part):]
		values := append(make([]store.Value, 0, 1+9*len(part)), store.Int(seq))
		for i := range part {
			part[i].Seq = seq
			values = part[i].row(values)
		}
		if _, err := tx.Exec(l.several[len(part)-1], values...); err != nil {
			return err
		}
	}
	return nil
}

// row appends the values of the change's row to values, without its number.
func (c *Change) row(values []store.Value) []store.Value {
	before := store.Null
	if c.Before != nil {
		before = store.Text(string(c.Before))
	}
	return append(values, store.Int(int64(c.N)), store.Text(string(c.Kind)), store.Text(c.Collection), store.Text(c.Record),
		store.Text(string(c.Action)), before, store.Text(c.By), store.Text(c.Node), store.Int(c.At.UnixMilli()))
}

// pageRows is the maximum number of rows that are read at a time.
const pageRows = 1000

// readPage reads the rows after one position up to another, pageRows at most.
func (l *Log) readPage(ctx context.Context, after, to Position) (p page, err error) {
	err = l.cfg.Store.Read(ctx, func(r store.Reader) error {
		if p.running, err = store.Number(r, "SELECT "+l.cfg.Store.Sequences().OldestRunning()); err != nil {
			return err
		}
		if p.rows, err = readRows(r, after, to); err != nil || len(p.rows) < pageRows {
			return err
		}
		last := p.rows[pageRows-1].Position()
		more, err := store.Number(r, `SELECT count(*) FROM "_changes" WHERE "seq" = $1 AND "n" = $2`, store.Int(last.Seq), store.Int(int64(last.N)+1))
		p.cut = more > 0
		return err
	})
	if err != nil {
		return p, fmt.Errorf("read the change log: %w", err)
	}
	return p, nil
}

// readRows reads the rows after one position up to another, in their order. The primary key serves
// the comparison of pairs.
func readRows(r store.Reader, after, to Position) ([]Change, error) {
	rows, err := r.Query(`SELECT `+columns+` FROM "_changes" WHERE ("seq", "n") > ($1, $2) AND ("seq", "n") <= ($3, $4) `+
		`ORDER BY "seq", "n" LIMIT $5`,
		store.Int(after.Seq), store.Int(int64(after.N)), store.Int(to.Seq), store.Int(int64(to.N)), store.Int(pageRows))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Change
	for rows.Next() {
		list = append(list, readRow(rows))
	}
	return list, rows.Close()
}

// readRow returns the change in a row that has the columns of the table.
func readRow(rows store.Rows) Change {
	c := Change{
		Seq: rows.Int(0), N: int(rows.Int(1)), Kind: Kind(rows.Text(2)), Collection: rows.Text(3), Record: rows.Text(4),
		Action: Action(rows.Text(5)), By: rows.Text(7), Node: rows.Text(8), At: time.UnixMilli(rows.Int(9)),
	}
	if rows.Kind(6) != store.KindNull {
		c.Before = append([]byte{}, rows.Bytes(6)...)
	}
	return c
}
