// The table _logs: how it is made, and how entries are written to it.

package logs

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

const table = "_logs"

// columns of the table. No index serves the id: see rowOf.
var columns = []store.Column{
	{Name: "id", Kind: store.ColumnText},
	{Name: "level", Kind: store.ColumnNumber},
	{Name: "message", Kind: store.ColumnText},
	{Name: "data", Kind: store.ColumnJSON},
	{Name: "created", Kind: store.ColumnText},
}

// makeTable makes the table, if it is not there.
func makeTable(ctx context.Context, db store.Store) error {
	isTable := func(n store.CatalogName) bool { return n.Name == table }
	var names []store.CatalogName
	err := db.Read(ctx, func(r store.Reader) (err error) {
		names, err = db.Catalog().Names(r)
		return err
	})
	if err != nil || slices.ContainsFunc(names, isTable) {
		return err
	}
	return db.Exclusive(ctx, func(tx store.Tx) error {
		names, err := db.Catalog().Names(tx)
		if err != nil || slices.ContainsFunc(names, isTable) { // by another server just now
			return err
		}
		return db.Catalog().CreateTable(tx, table, columns)
	})
}

// rowsAtOnce is how many rows one statement inserts.
const rowsAtOnce = 50

// inserts are the statements for rowsAtOnce rows and for one.
var inserts = map[int]string{rowsAtOnce: insert(rowsAtOnce), 1: insert(1)}

func insert(rows int) string {
	var s strings.Builder
	s.WriteString(`INSERT INTO "_logs" ("id", "level", "message", "data", "created") VALUES `)
	for n := range rows * len(columns) {
		switch {
		case n == 0:
			s.WriteByte('(')
		case n%len(columns) == 0:
			s.WriteString("), (")
		default:
			s.WriteString(", ")
		}
		s.WriteString("$" + strconv.Itoa(n+1))
	}
	s.WriteByte(')')
	return s.String()
}

// write writes a batch in one transaction. A database that turns out to be damaged is set aside, and
// the batch is the first one of a new database.
func (s *Service) write(ctx context.Context, b *batch) error {
	db, err := s.open(ctx)
	if err != nil {
		return err
	}
	err = writeTo(ctx, db, b)
	if !damaged(err) {
		return err
	}
	s.replace(db, err)
	if db, err = s.open(ctx); err != nil {
		return err
	}
	return writeTo(ctx, db, b)
}

func writeTo(ctx context.Context, db store.Store, b *batch) error {
	values := values(b)
	return db.Write(ctx, func(tx store.Tx) error {
		rest := values
		for len(rest) > 0 {
			rows := 1
			if len(rest) >= rowsAtOnce*len(columns) {
				rows = rowsAtOnce
			}
			n := rows * len(columns)
			if _, err := tx.Exec(inserts[rows], rest[:n]...); err != nil {
				return err
			}
			rest = rest[n:]
		}
		return nil
	})
}

// values are the parameters of all rows.
func values(b *batch) []store.Value {
	// One string for the texts of all rows, one for their ids, one time for all of a millisecond.
	text, ids := string(b.text), ids(b)
	list := make([]store.Value, 0, len(b.items)*len(columns))
	start, created, at := 0, "", int64(-1)
	for i, it := range b.items {
		if ms := it.at.UnixMilli(); created == "" || ms != at {
			created, at = schema.FormatTime(it.at), ms
		}
		list = append(list, store.Text(ids[i*idLength:(i+1)*idLength]), store.Float(float64(it.level)),
			store.Text(text[start:it.message]), store.Text(text[it.message:it.end]), store.Text(created))
		start = it.end
	}
	return list
}

// An id has 15 letters and digits: the time in milliseconds, a random part that the batch
// shares, and the number in the batch. So ids sort as their entries do.
const (
	idLength   = 15
	timeDigits = 8
	randomPart = 4
	itemDigits = idLength - timeDigits - randomPart
)

// ids are the ids of a batch, one after the other.
func ids(b *batch) string {
	list := make([]byte, 0, len(b.items)*idLength)
	random := schema.RandomString(randomPart, schema.AlphabetID)
	for i, it := range b.items {
		list = appendBase36(list, it.at.UnixMilli(), timeDigits)
		list = append(list, random...)
		list = appendBase36(list, int64(i), itemDigits)
	}
	return string(list)
}

// appendBase36 appends the last digits of a number.
func appendBase36(dst []byte, n int64, digits int) []byte {
	dst = append(dst, "00000000"[:digits]...)
	for i := len(dst) - 1; digits > 0; i, digits = i-1, digits-1 {
		dst[i] = "0123456789abcdefghijklmnopqrstuvwxyz"[uint64(n)%36]
		n = int64(uint64(n) / 36)
	}
	return dst
}
