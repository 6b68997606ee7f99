// Statements on the table of a collection: read, insert, update, and before-images for the
// change log.

package record

import (
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/cache"
)

// table holds the data that all writes to a collection share: the statements by id, and the
// positions of the fields that every write reads. Only updates and indexed are ever changed.
type table struct {
	collection *schema.Collection
	blank      *Record

	load, lock, exists, insert, remove string // SQL
	updates                            *cache.Cache[uint64, string]

	id        int   // the positions of fields
	all       []int // of every field
	files     []int
	onCreate  []int // autodate fields
	onUpdate  []int
	generated []int // text fields that are filled if they are empty

	mixedCase bool        // ids may differ in letter case alone
	otherCase string      // the query for an id that differs in letter case alone
	indexed   atomic.Bool // the index for otherCase exists
}

// table returns the table of the collection, from the cache.
func (s *Service) table(snapshot *schema.Snapshot, c *schema.Collection) *table {
	return s.caches.tables.Of(snapshot).Get(c, func() *table { return newTable(s.cfg.Store.Dialect(), c) })
}

// newTable prepares the statements of a collection, and finds the fields that every write reads.
func newTable(d store.Dialect, c *schema.Collection) *table {
	t := &table{collection: c, blank: Blank(c), id: c.FieldIndex("id"), otherCase: otherCaseSQL(c),
		updates: cache.New[uint64, string](keptUpdates)}
	t.mixedCase = mixedCase(c.Fields[t.id])
	for i, f := range c.Fields {
		t.all = append(t.all, i)
		switch kind := f.Kind.(type) {
		case *schema.File:
			t.files = append(t.files, i)
		case *schema.Autodate:
			if kind.OnCreate {
				t.onCreate = append(t.onCreate, i)
			}
			if kind.OnUpdate {
				t.onUpdate = append(t.onUpdate, i)
			}
		case *schema.Text:
			if kind.AutogeneratePattern != "" {
				t.generated = append(t.generated, i)
			}
		}
	}
	name, columns := store.Quote(c.Name), columnNames(c)
	marks := make([]string, len(c.Fields))
	for i := range marks {
		marks[i] = "$" + strconv.Itoa(i+1)
	}
	const byID = ` WHERE "id" = $1`
	t.load = "SELECT " + columns + " FROM " + name + " AS t" + byID
	t.lock = t.load + d.ForUpdate("t")
	t.exists = "SELECT 1 FROM " + name + byID
	t.insert = "INSERT INTO " + name + " (" + columns + ") VALUES (" + strings.Join(marks, ", ") + ")"
	t.remove = "DELETE FROM " + name + byID
	return t
}

// read returns the stored record with that id, nil if there is none. In a write transaction it
// locks the row.
func (t *table) read(r store.Reader, id string) (*Record, error) {
	sql := t.load
	// The lock makes writes of one record wait for each other, so that a modifier applies to the
	// result of the write before.
	if _, writes := r.(store.Tx); writes {
		sql = t.lock
	}
	rows, err := r.Query(sql, store.Text(id))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found *Record
	if rows.Next() {
		found = load(t.collection, rows)
	}
	return found, rows.Close()
}

// has reports whether there is a record with that id.
func (t *table) has(r store.Reader, id string) (bool, error) {
	return hasRow(r, t.exists, store.Text(id))
}

// hasRow reports whether the query has a row.
func hasRow(r store.Reader, sql string, args ...store.Value) (bool, error) {
	rows, err := r.Query(sql, args...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	found := rows.Next()
	return found, rows.Close()
}

// add stores a new record.
func (t *table) add(tx store.Tx, r *Record) error {
	_, err := tx.Exec(t.insert, t.parameters(r)...)
	return err
}

// parameters returns the stored values of all fields.
func (t *table) parameters(r *Record) []store.Value {
	values := make([]store.Value, len(r.values))
	for i, f := range t.collection.Fields {
		values[i] = f.Value(r.values[i])
	}
	return values
}

// differ returns the positions of the fields whose stored values differ.
func (t *table) differ(stored, r *Record) []int {
	var list []int
	for i, f := range t.collection.Fields {
		if f.Value(stored.values[i]) != f.Value(r.values[i]) {
			list = append(list, i)
		}
	}
	return list
}

// update stores the fields of the record at the positions, which differ has returned.
func (t *table) update(tx store.Tx, r *Record, differ []int) error {
	if len(differ) == 0 {
		return nil
	}
	values := make([]store.Value, 0, len(differ)+1)
	for _, i := range differ {
		values = append(values, t.collection.Fields[i].Value(r.values[i]))
	}
	_, err := tx.Exec(t.updateSQL(differ), append(values, store.Text(r.ID()))...)
	return err
}

// keptUpdates is the maximum number of cached UPDATE statements of a table. Most updates of a table
// change one of a few sets of fields.
const keptUpdates = 64

// updateSQL returns the UPDATE statement of the fields at the positions, which must ascend: the
// cache knows statements by their set of fields. The parameters are the values of the fields in the
// order of positions, then the id of the record. A statement with a field after the 64th is not
// cached.
func (t *table) updateSQL(positions []int) string {
	var key uint64 // a bit for each position
	for _, i := range positions {
		if i >= 64 {
			return t.newUpdate(positions)
		}
		key |= 1 << i
	}
	sql, ok := t.updates.Get(key)
	if !ok {
		sql = t.newUpdate(positions)
		t.updates.Put(key, sql)
	}
	return sql
}

func (t *table) newUpdate(positions []int) string {
	var set strings.Builder
	for n, i := range positions {
		if n > 0 {
			set.WriteString(", ")
		}
		set.WriteString(store.Quote(t.collection.Fields[i].Name) + " = $" + strconv.Itoa(n+1))
	}
	return "UPDATE " + store.Quote(t.collection.Name) + " SET " + set.String() + ` WHERE "id" = $` + strconv.Itoa(len(positions)+1)
}

// before returns the before-image of a stored record for the change log: a JSON object of the
// fields at those positions, keyed by their ids, without secrets.
func (t *table) before(stored *Record, positions []int) []byte {
	out := []byte{'{'}
	for _, i := range positions {
		f := t.collection.Fields[i]
		if t.secret(f) {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(schema.AppendString(out, f.ID), ':')
		out = schema.AppendValue(out, f, stored.values[i])
	}
	return append(out, '}')
}

// secret reports whether a caller who knows the value of the field could act as the record.
func (t *table) secret(f *schema.Field) bool {
	return f.IsPassword() || t.collection.IsAuth() && f.Name == "tokenKey"
}

// maxMarks is the maximum number of parameters of one statement.
const maxMarks = 256

// count returns the number of records with these ids. Each id is given once.
func (t *table) count(r store.Reader, ids []string) (int, error) {
	total := 0
	for len(ids) > 0 {
		part := ids[:min(len(ids), maxMarks)]
		ids = ids[len(part):]
		n, err := t.countSome(r, part)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// countSome does the work of count for at most maxMarks ids.
func (t *table) countSome(r store.Reader, ids []string) (int, error) {
	if len(ids) == 1 {
		found, err := t.has(r, ids[0])
		if found {
			return 1, err
		}
		return 0, err
	}
	// The number of parameters is a power of two, so that there are few statements to prepare; the
	// last id is repeated.
	size := 2
	for size < len(ids) {
		size *= 2
	}
	marks, values := make([]string, size), make([]store.Value, size)
	for i := range size {
		marks[i] = "$" + strconv.Itoa(i+1)
		values[i] = store.Text(ids[min(i, len(ids)-1)])
	}
	return queryInt(r, "SELECT count(*) FROM "+store.Quote(t.collection.Name)+
		` WHERE "id" IN (`+strings.Join(marks, ", ")+")", values...)
}

// queryInt returns the number in the first column of the first row, 0 if there is none.
func queryInt(r store.Reader, sql string, args ...store.Value) (int, error) {
	n, err := store.Number(r, sql, args...)
	return int(n), err
}
