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

// columns of the table, by what the planner knows of them.
var columns = []store.Column{
	{Name: "id", Kind: store.ColumnText, PrimaryKey: true},
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
	// One string for all texts: the rows are parts of it.
	text := string(b.text)
	values := values(b, text)
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
func values(b *batch, text string) []store.Value {
	list := make([]store.Value, 0, len(b.items)*len(columns))
	id := newIDs()
	start := 0
	for i, it := range b.items {
		list = append(list, store.Text(id(i, it)), store.Float(float64(it.level)), store.Text(text[start:it.message]),
			store.Text(text[it.message:it.end]), store.Text(schema.FormatTime(it.at)))
		start = it.end
	}
	return list
}

// idLength is how long ids are.
const idLength = 15

// newIDs makes the ids of a batch: 15 letters and digits that begin with the time. So they sort as the
// entries do, and their index grows at its end.
func newIDs() func(i int, it item) string {
	random := schema.RandomString(4, schema.AlphabetID)
	return func(i int, it item) string {
		at := strconv.FormatInt(it.at.UnixMilli(), 36)
		n := strconv.FormatInt(int64(i)%(36*36*36), 36)
		return pad(at, 8) + random + pad(n, 3)
	}
}

func pad(s string, width int) string {
	if len(s) >= width {
		return s[len(s)-width:]
	}
	return "00000000"[:width-len(s)] + s
}
