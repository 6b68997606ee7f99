// The creation of the tables, and the writing of batches.

package logs

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

const table = "_logs"

// columns are the columns of the plain form, which PostgreSQL uses. The id has no index: see rowOf.
var columns = []store.Column{
	{Name: "id", Kind: store.ColumnText},
	{Name: "level", Kind: store.ColumnNumber},
	{Name: "message", Kind: store.ColumnText},
	{Name: "data", Kind: store.ColumnJSON},
	{Name: "created", Kind: store.ColumnText},
}

// makeTable creates a table with the columns, if the table does not exist.
func makeTable(ctx context.Context, db store.Store, name string, columns []store.Column) error {
	var names []store.CatalogName
	read := func(r store.Reader) (err error) {
		names, err = db.Catalog().Names(r)
		return err
	}
	isTable := func(n store.CatalogName) bool { return n.Name == name }
	if err := db.Read(ctx, read); err != nil || slices.ContainsFunc(names, isTable) {
		return err
	}
	return db.Exclusive(ctx, func(tx store.Tx) error {
		if err := read(tx); err != nil || slices.ContainsFunc(names, isTable) { // another server has just made the table
			return err
		}
		return db.Catalog().CreateTable(tx, name, columns)
	})
}

// rowsAtOnce is the number of rows that one statement inserts.
const rowsAtOnce = 100

// inserts maps a number of rows, 1 or rowsAtOnce, to the statement that inserts that many rows.
type inserts map[int]string

var (
	// insertPlain takes id, level, message, data and created of each row.
	insertPlain = newInserts(`INSERT INTO "_logs"`, `"id", "level", "message", "data", "created"`)
	// insertCompact takes at, level, text and body of each row. Without OR FAIL SQLite would copy
	// each page that a statement changes, to roll back the statement alone if it fails at a later
	// row. The copies are not needed, since the whole write is rolled back.
	insertCompact = newInserts(`INSERT OR FAIL INTO "_log_entries"`, `"at", "level", "text", "body"`)
	// insertBare takes at and body of each row; the level is 0, and the message is derived.
	insertBare = newInserts(`INSERT OR FAIL INTO "_log_entries"`, `"at", "body"`)
)

func newInserts(insert, columns string) inserts {
	count := strings.Count(columns, ",") + 1
	list := inserts{}
	for _, rows := range []int{1, rowsAtOnce} {
		var values []string
		for row := range rows {
			var params []string
			for n := range count {
				params = append(params, "$"+strconv.Itoa(row*count+n+1))
			}
			values = append(values, "("+strings.Join(params, ", ")+")")
		}
		list[rows] = insert + ` (` + columns + `) VALUES ` + strings.Join(values, ", ")
	}
	return list
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

func writeTo(ctx context.Context, db *database, b *batch) error {
	w := rowWriter{batch: b, text: string(b.text), random: schema.RandomString(randomPart, schema.AlphabetID)}
	return db.Write(ctx, func(tx store.Tx) error {
		w.next, w.start = 0, 0 // the store may call this function again
		for w.next < len(b.items) {
			sql, values := w.rows(db.compact)
			if _, err := tx.Exec(sql, values...); err != nil {
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
	text  string // the text of the batch
	next  int    // index of the first item that is not written
	start int    // offset of the message of item next in text

	random  string // the part that all ids of the batch share
	created string // the time of the last item, in the stored form
	at      int64  // the time of the last item, in milliseconds of Unix time
	list    []store.Value
}

// rows returns the statement for the next rows and its parameters, which are valid until the next call.
func (w *rowWriter) rows(compact bool) (sql string, values []store.Value) {
	items := w.batch.items[w.next:]
	if len(items) >= rowsAtOnce {
		items = items[:rowsAtOnce]
	} else {
		items = items[:1]
	}
	w.list = w.list[:0]
	var columns inserts
	switch {
	case !compact:
		columns = insertPlain
		w.plain(items)
	case slices.ContainsFunc(items, func(it item) bool { return it.level != 0 || !it.derived }):
		columns = insertCompact
		w.compact(items)
	default:
		columns = insertBare
		w.bare(items)
	}
	w.next += len(items)
	return columns[len(items)], w.list
}

func (w *rowWriter) plain(items []item) {
	ids := w.ids(items)
	for i, it := range items {
		if w.created == "" || it.at != w.at {
			w.created, w.at = schema.FormatTime(time.UnixMilli(it.at)), it.at
		}
		message := w.text[w.start:it.message]
		if it.derived {
			message = derivedMessage(w.text[it.message:it.end])
		}
		data := string(expand(nil, w.batch.text[it.message:it.end]))
		w.list = append(w.list, store.Text(ids[i*idLength:(i+1)*idLength]), store.Float(float64(it.level)),
			store.Text(message), store.Text(data), store.Text(w.created))
		w.start = it.end
	}
}

func (w *rowWriter) compact(items []item) {
	for _, it := range items {
		message := store.Null
		if !it.derived {
			message = store.Text(w.text[w.start:it.message])
		}
		w.list = append(w.list, store.Int(it.at), store.Int(int64(it.level)), message, store.Text(w.text[it.message:it.end]))
		w.start = it.end
	}
}

func (w *rowWriter) bare(items []item) {
	for _, it := range items {
		w.list = append(w.list, store.Int(it.at), store.Text(w.text[it.message:it.end]))
		w.start = it.end
	}
}

// An id in the plain form has 15 letters and digits: the time in milliseconds, a random part that
// all ids of the batch share, and the number of the entry in the batch. So ids sort as their
// entries do.
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
