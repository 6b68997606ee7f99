// The tables: how they are made, and how entries are written to _logs.

package logs

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

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

// makeTables makes the tables that are not there: that of entries and that of samples.
func makeTables(ctx context.Context, db store.Store) error {
	missing := func(r store.Reader) (list []string, err error) {
		names, err := db.Catalog().Names(r)
		for _, name := range []string{table, sampleTable} {
			if !slices.ContainsFunc(names, func(n store.CatalogName) bool { return n.Name == name }) {
				list = append(list, name)
			}
		}
		return list, err
	}
	var list []string
	err := db.Read(ctx, func(r store.Reader) (err error) {
		list, err = missing(r)
		return err
	})
	if err != nil || len(list) == 0 {
		return err
	}
	return db.Exclusive(ctx, func(tx store.Tx) error {
		list, err := missing(tx) // another server may have made them just now
		for _, name := range list {
			of := map[string][]store.Column{table: columns, sampleTable: sampleColumns}
			err = errors.Join(err, db.Catalog().CreateTable(tx, name, of[name]))
		}
		return err
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
	w := rowWriter{batch: b, random: schema.RandomString(randomPart, schema.AlphabetID)}
	return db.Write(ctx, func(tx store.Tx) error {
		w.next, w.start = 0, 0 // the store may call this function again
		for left := len(b.items); left > 0; left = len(b.items) - w.next {
			rows := 1
			if left >= rowsAtOnce {
				rows = rowsAtOnce
			}
			if _, err := tx.Exec(inserts[rows], w.values(rows)...); err != nil {
				return err
			}
		}
		return nil
	})
}

// rowWriter makes the parameters of the rows of a batch, for one statement at a time, so that the
// parameters are still in the processor's cache when they are bound.
type rowWriter struct {
	batch *batch
	next  int // index of the first item that is not written
	start int // offset of its text in the text of the batch

	random  string // the part that all ids of the batch share
	created string // the time of the last item, in the stored form
	at      int64  // the time of the last item, in milliseconds of Unix time
	list    []store.Value
}

// values returns the parameters of the next rows. The slice is valid until the next call.
func (w *rowWriter) values(rows int) []store.Value {
	items := w.batch.items[w.next : w.next+rows]
	base := w.start
	text, ids := string(w.batch.text[base:items[rows-1].end]), w.ids(items)
	w.list = w.list[:0]
	for i, it := range items {
		if w.created == "" || it.at != w.at {
			w.created, w.at = schema.FormatTime(time.UnixMilli(it.at)), it.at
		}
		w.list = append(w.list, store.Text(ids[i*idLength:(i+1)*idLength]), store.Float(float64(it.level)),
			store.Text(text[w.start-base:it.message-base]), store.Text(text[it.message-base:it.end-base]), store.Text(w.created))
		w.start = it.end
	}
	w.next += rows
	return w.list
}

// An id has 15 letters and digits: the time in milliseconds, a random part that the batch
// shares, and the number in the batch. So ids sort as their entries do.
const (
	idLength   = 15
	timeDigits = 8
	randomPart = 4
	itemDigits = idLength - timeDigits - randomPart
)

// ids returns the ids of the next items, concatenated.
func (w *rowWriter) ids(items []item) string {
	list := make([]byte, 0, rowsAtOnce*idLength)
	for i, it := range items {
		list = appendBase36(list, it.at, timeDigits)
		list = append(list, w.random...)
		list = appendBase36(list, int64(w.next+i), itemDigits)
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
