package query_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// clock is the time of every test.
var clock = time.Date(2024, 2, 29, 12, 34, 56, 789e6, time.UTC)

// fixture is a database with some collections.
type fixture struct {
	t        testing.TB
	db       store.Store
	snapshot *schema.Snapshot
	planner  *query.Planner
}

func open(t testing.TB, collections ...*schema.Collection) *fixture {
	t.Helper()
	return openOn(t, enginetest.Open(t), collections...)
}

// reference returns a SQLite database, with whose answers every engine must agree.
func reference(t testing.TB, collections ...*schema.Collection) *fixture {
	t.Helper()
	return openOn(t, enginetest.OpenAt(t, t.TempDir(), ""), collections...)
}

// openOn creates the collections in the database.
func openOn(t testing.TB, db store.Store, collections ...*schema.Collection) *fixture {
	t.Helper()
	f := &fixture{t: t, db: db, snapshot: schema.NewSnapshot(1, collections), planner: query.New(db.Dialect())}
	err := db.Exclusive(context.Background(), func(tx store.Tx) error {
		for _, c := range collections {
			if c.IsView() {
				if _, err := tx.Exec(`CREATE VIEW "` + c.Name + `" AS ` + c.View.Query); err != nil {
					return err
				}
				continue
			}
			columns := make([]store.Column, len(c.Fields))
			for i, field := range c.Fields {
				columns[i] = field.Column()
			}
			if err := db.Catalog().CreateTable(tx, c.Name, columns); err != nil {
				return err
			}
			for _, ix := range c.ParsedIndexes() {
				if err := db.Catalog().CreateIndex(tx, ix); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// in returns the fixture for another test.
func (f *fixture) in(t testing.TB) *fixture {
	other := *f
	other.t = t
	return &other
}

// row has the values of a record by field; missing fields have their zero values.
type row map[string]any

func (f *fixture) insert(collection string, rows ...row) {
	f.t.Helper()
	c := f.snapshot.Find(collection)
	err := f.db.Write(context.Background(), func(tx store.Tx) error {
		for _, r := range rows {
			var names, params []string
			for i, field := range c.Fields {
				names = append(names, `"`+field.Name+`"`)
				params = append(params, "$"+itoa(i+1))
			}
			_, err := tx.Exec(`INSERT INTO "`+c.Name+`" (`+strings.Join(names, ", ")+`) VALUES (`+
				strings.Join(params, ", ")+`)`, f.values(c, r)...)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) values(c *schema.Collection, r row) []store.Value {
	values := make([]store.Value, len(c.Fields))
	for i, field := range c.Fields {
		v, ok := r[field.Name]
		if !ok {
			v = field.Kind.Zero()
		}
		values[i] = field.Value(v)
	}
	return values
}

// scope returns the scope of a collection and a request.
func (f *fixture) scope(collection string, r *query.Request) query.Scope {
	return query.Scope{Snapshot: f.snapshot, Collection: f.snapshot.Find(collection), Request: r, Now: clock}
}

// run returns the first column of every row, "E" for an expression that is refused.
func (f *fixture) run(sel query.Select) string {
	f.t.Helper()
	if sel.Columns == nil {
		sel.Columns = []string{"id"}
	}
	plan, err := f.planner.Compile(sel)
	var refused *query.Error
	if errors.As(err, &refused) {
		return "E"
	}
	if err != nil {
		f.t.Fatal(err)
	}
	rows := f.query(plan, 1)
	if plan.Empty && len(rows) > 0 {
		f.t.Errorf("an empty plan gives rows: %s", plan.SQL)
	}
	got := make([]string, len(rows))
	for i, r := range rows {
		got[i] = r[0]
	}
	return strings.Join(got, " ")
}

// query runs a plan and returns the first columns of its rows.
func (f *fixture) query(plan *query.Plan, columns int) [][]string {
	f.t.Helper()
	var out [][]string
	err := f.db.Read(context.Background(), func(r store.Reader) error {
		rows, err := r.Query(plan.SQL, plan.Args...)
		if err != nil {
			return err
		}
		for rows.Next() {
			line := make([]string, columns)
			for i := range line {
				line[i] = rows.Text(i)
			}
			out = append(out, line)
		}
		return rows.Close()
	})
	if err != nil {
		f.t.Errorf("%v\n%.2000s", err, plan.SQL)
	}
	return out
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

func field(name string, kind schema.Kind) *schema.Field {
	return &schema.Field{ID: name, Name: name, Kind: kind}
}

func hidden(f *schema.Field) *schema.Field {
	f.Hidden = true
	return f
}

func collection(name string, listRule *string, fields ...*schema.Field) *schema.Collection {
	id := field("id", &schema.Text{PrimaryKey: true})
	return &schema.Collection{ID: name + "_id", Name: name, Type: schema.Base, ListRule: listRule,
		Fields: append([]*schema.Field{id}, fields...)}
}

func rule(s string) *string { return &s }

func one(collection string) *schema.Relation {
	return &schema.Relation{CollectionID: collection + "_id", MaxSelect: 1}
}

func many(collection string) *schema.Relation {
	return &schema.Relation{CollectionID: collection + "_id", MaxSelect: 5}
}
