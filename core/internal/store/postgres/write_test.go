package postgres

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/pgtest"
)

// newTest opens a database with the table "t" (id, a text, n number). It is closed when the test
// ends.
func newTest(t *testing.T, cfg Config) *DB {
	t.Helper()
	db := openTest(t, cfg)
	t.Cleanup(func() { db.Close() })
	if err := createT(t, db); err != nil {
		t.Fatal(err)
	}
	return db
}

func createT(t *testing.T, db *DB) error {
	return db.Exclusive(t.Context(), func(tx store.Tx) error {
		return db.Catalog().CreateTable(tx, "t", []store.Column{
			{Name: "id", PrimaryKey: true}, {Name: "a"}, {Name: "n", Kind: store.ColumnNumber},
		})
	})
}

func write(t *testing.T, db *DB, sql string, args ...store.Value) error {
	t.Helper()
	return db.Write(t.Context(), func(tx store.Tx) error {
		_, err := tx.Exec(sql, args...)
		return err
	})
}

func mustWrite(t *testing.T, db *DB, sql string, args ...store.Value) {
	t.Helper()
	if err := write(t, db, sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// value returns the first column of all rows, separated by spaces.
func value(t *testing.T, db *DB, sql string, args ...store.Value) (out string) {
	t.Helper()
	err := db.Read(t.Context(), func(r store.Reader) (err error) {
		out, err = texts(r, sql, args...)
		return err
	})
	if err != nil {
		t.Errorf("%s: %v", sql, err)
	}
	return out
}

func texts(r store.Reader, sql string, args ...store.Value) (string, error) {
	rows, err := r.Query(sql, args...)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		list = append(list, rows.Text(0))
	}
	return strings.Join(list, " "), rows.Close()
}

// Transactions that read a row and write a value computed from it lose no update, with and
// without a lock.
func TestIncrementsOfOneRow(t *testing.T) {
	for _, lock := range []string{"", " FOR UPDATE"} {
		db := newTest(t, Config{})
		mustWrite(t, db, `INSERT INTO "t" ("id") VALUES ('c')`)
		const writers, each = 30, 10
		var g sync.WaitGroup
		for range writers {
			g.Go(func() {
				for range each {
					err := db.Write(t.Context(), func(tx store.Tx) error {
						n, err := texts(tx, `SELECT "n"::int FROM "t" WHERE "id" = 'c'`+lock)
						if err != nil {
							return err
						}
						_, err = tx.Exec(`UPDATE "t" SET "n" = $1::int + 1 WHERE "id" = 'c'`, store.Text(n))
						return err
					})
					if err != nil {
						t.Errorf("Write() = %v", err)
					}
				}
			})
		}
		g.Wait()
		if got, want := value(t, db, `SELECT "n" FROM "t"`), fmt.Sprint(writers*each); got != want {
			t.Errorf("counter with %q = %s, want %s", lock, got, want)
		}
	}
}

// Two writes, each of which deletes its own row only if the row of the other is there: one row
// stays.
func TestWritesAreSerializable(t *testing.T) {
	db := newTest(t, Config{})
	for range 20 {
		mustWrite(t, db, `INSERT INTO "t" ("id") VALUES ('a'), ('b') ON CONFLICT DO NOTHING`)
		var g sync.WaitGroup
		for _, ids := range [][2]string{{"a", "b"}, {"b", "a"}} {
			g.Go(func() {
				err := db.Write(t.Context(), func(tx store.Tx) error {
					other, err := texts(tx, `SELECT "id" FROM "t" WHERE "id" = $1`, store.Text(ids[1]))
					if err != nil || other == "" {
						return err
					}
					_, err = tx.Exec(`DELETE FROM "t" WHERE "id" = $1`, store.Text(ids[0]))
					return err
				})
				if err != nil {
					t.Errorf("Write() = %v", err)
				}
			})
		}
		g.Wait()
		if got := value(t, db, `SELECT count(*) FROM "t"`); got != "1" {
			t.Fatalf("rows left = %s, want 1", got)
		}
	}
}

func TestDeadlocksAreRunAgain(t *testing.T) {
	db := newTest(t, Config{})
	mustWrite(t, db, `INSERT INTO "t" ("id") VALUES ('a'), ('b')`)
	var both sync.WaitGroup
	both.Add(2)
	var g sync.WaitGroup
	for _, order := range [][]string{{"a", "b"}, {"b", "a"}} {
		g.Go(func() {
			var once sync.Once
			err := db.Write(t.Context(), func(tx store.Tx) error {
				for _, id := range order {
					if _, err := tx.Exec(`UPDATE "t" SET "n" = "n" + 1 WHERE "id" = $1`, store.Text(id)); err != nil {
						return err
					}
					once.Do(func() { both.Done(); both.Wait() }) // each holds one row
				}
				return nil
			})
			if err != nil {
				t.Errorf("Write() = %v", err)
			}
		})
	}
	g.Wait()
	if got := value(t, db, `SELECT "n" FROM "t" ORDER BY "id"`); got != "2 2" {
		t.Errorf("counters = %q, want 2 2", got)
	}
}

// A function that ignores the error of a statement does not write.
func TestErrorPassedOver(t *testing.T) {
	db := newTest(t, Config{})
	err := db.Write(t.Context(), func(tx store.Tx) error {
		if _, err := tx.Exec(`INSERT INTO "t" ("id") VALUES ('a')`); err != nil {
			return err
		}
		_, _ = tx.Exec(`INSERT INTO "t" ("id") VALUES ('a')`)
		return nil
	})
	var unique *store.UniqueError
	if !errors.As(err, &unique) {
		t.Errorf("Write() = %v, want the statement's error", err)
	}
	if got := value(t, db, `SELECT count(*) FROM "t"`); got != "0" {
		t.Errorf("rows = %s, want 0", got)
	}
}

// A conflict inside a savepoint is a conflict of the whole transaction.
func TestConflictInSavepoint(t *testing.T) {
	db := newTest(t, Config{})
	mustWrite(t, db, `INSERT INTO "t" ("id") VALUES ('a')`)
	calls := 0
	err := db.Write(t.Context(), func(tx store.Tx) error {
		calls++
		if _, err := texts(tx, `SELECT "n" FROM "t"`); err != nil {
			return err
		}
		if calls == 1 { // another write changes the row after the snapshot of this one
			done := make(chan error)
			go func() { done <- write(t, db, `UPDATE "t" SET "n" = 5`) }()
			if err := <-done; err != nil {
				return err
			}
		}
		_ = tx.Savepoint(func() error {
			_, err := tx.Exec(`UPDATE "t" SET "n" = "n" + 1`)
			return err
		})
		return nil
	})
	if got := value(t, db, `SELECT "n" FROM "t"`); err != nil || calls != 2 || got != "6" {
		t.Errorf("Write() = %v in %d calls, n = %s, want nil in 2, n = 6", err, calls, got)
	}
}

func TestUniqueErrorNamesColumns(t *testing.T) {
	db := newTest(t, Config{})
	err := db.Exclusive(t.Context(), func(tx store.Tx) error {
		c := db.Catalog()
		return errors.Join(
			c.CreateTable(tx, `odd "t"`, []store.Column{{Name: "id", PrimaryKey: true}, {Name: `x")=(`}, {Name: "order"}}),
			c.CreateIndex(tx, store.Index{Name: "Odd", Table: `odd "t"`, Unique: true,
				Columns: []store.IndexColumn{{Name: `x")=(`}, {Name: "ORDER", Collate: "NOCASE"}}}),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	insert := `INSERT INTO "odd ""t""" ("x"")=(", "order") VALUES ('a', $1)`
	mustWrite(t, db, insert, store.Text("é"))
	mustWrite(t, db, insert, store.Text("É")) // only ASCII letters are folded
	mustWrite(t, db, insert, store.Text("z"))
	var unique *store.UniqueError
	if err := write(t, db, insert, store.Text("Z")); !errors.As(err, &unique) {
		t.Fatalf("the same in another letter case = %v, want a UniqueError", err)
	}
	if got := fmt.Sprintf("%q %q", unique.Table, unique.Columns); got != `"odd \"t\"" ["x\")=(" "order"]` {
		t.Errorf("UniqueError = %s", got)
	}
}

func TestLongNamesAreRefused(t *testing.T) {
	db := newTest(t, Config{})
	long := strings.Repeat("é", 32)
	c := db.Catalog()
	for what, fn := range map[string]func(tx store.Tx) error{
		"table":         func(tx store.Tx) error { return c.CreateTable(tx, long, nil) },
		"table column":  func(tx store.Tx) error { return c.CreateTable(tx, "x", []store.Column{{Name: long}}) },
		"rename":        func(tx store.Tx) error { return c.RenameTable(tx, "t", long) },
		"column":        func(tx store.Tx) error { return c.AddColumn(tx, "t", store.Column{Name: long}) },
		"rename column": func(tx store.Tx) error { return c.RenameColumn(tx, "t", "a", long) },
		"index": func(tx store.Tx) error {
			return c.CreateIndex(tx, store.Index{Name: long, Table: "t", Columns: []store.IndexColumn{{Name: "a"}}})
		},
	} {
		var refused *store.StatementError
		if err := db.Exclusive(t.Context(), fn); !errors.As(err, &refused) {
			t.Errorf("a long name of a %s = %v, want a StatementError", what, err)
		}
	}
}

func TestTextsThatPostgresCannotHold(t *testing.T) {
	db := newTest(t, Config{})
	insert := `INSERT INTO "t" ("id") VALUES ($1)`
	var refused *store.StatementError
	if err := write(t, db, insert, store.Text("a\x00b")); !errors.As(err, &refused) {
		t.Errorf("a write of U+0000 = %v, want a StatementError", err)
	}
	mustWrite(t, db, insert, store.Text("a\xff\xfeb"))
	if got := value(t, db, `SELECT "id" FROM "t"`); got != "a\ufffd\ufffdb" {
		t.Errorf("what is no UTF-8 came back as %q", got)
	}
	if got := value(t, db, `SELECT "id" FROM "t" WHERE "id" = $1 OR "id" = $2`, store.Text("a\x00b"), store.Text("\x00")); got != "" {
		t.Errorf("a question with U+0000 = %q, want nothing", got)
	}
}

// More statements than a connection keeps, and a statement whose table changes its type.
func TestPreparedStatements(t *testing.T) {
	db := newTest(t, Config{URL: ""})
	mustWrite(t, db, `INSERT INTO "t" ("id", "n") VALUES ('a', 1)`)
	for i := range maxStatements + 50 {
		if got := value(t, db, fmt.Sprintf(`SELECT %d + $1`, i), store.Int(1)); got != fmt.Sprint(i+1) {
			t.Fatalf("%d + 1 = %s", i, got)
		}
	}
	sql := `SELECT "n" FROM "t" WHERE "id" = $1`
	for _, kind := range []store.ColumnKind{store.ColumnText, store.ColumnBool, store.ColumnMulti, store.ColumnNumber} {
		for range 20 { // until all connections have prepared it
			value(t, db, sql, store.Text("a"))
		}
		err := db.Exclusive(t.Context(), func(tx store.Tx) error {
			c := db.Catalog()
			_, err := texts(tx, sql, store.Text("a"))
			err = errors.Join(err, c.DropColumn(tx, "t", "n"), c.AddColumn(tx, "t", store.Column{Name: "n", Kind: kind}))
			_, again := texts(tx, sql, store.Text("a"))
			return errors.Join(err, again)
		})
		if err != nil {
			t.Errorf("change of the type to %v: %v", kind, err)
		}
		for range 20 {
			value(t, db, sql, store.Text("a"))
		}
		for range 5 {
			if err := db.Write(t.Context(), func(tx store.Tx) error { _, err := texts(tx, sql, store.Text("a")); return err }); err != nil {
				t.Errorf("after a change of the type to %v: %v", kind, err)
			}
		}
	}
}

// A change of a table waits for its readers without holding up others.
func TestChangeOfATableThatIsRead(t *testing.T) {
	db := newTest(t, Config{})
	reading, end, over := make(chan struct{}), make(chan struct{}), make(chan error, 2)
	go func() {
		over <- db.Read(t.Context(), func(r store.Reader) error {
			_, err := texts(r, `SELECT "id" FROM "t"`)
			close(reading)
			<-end
			return err
		})
	}()
	<-reading
	calls := make(chan struct{}, lastTry)
	go func() {
		over <- db.Exclusive(t.Context(), func(tx store.Tx) error {
			calls <- struct{}{}
			return db.Catalog().AddColumn(tx, "t", store.Column{Name: "b"})
		})
	}()
	<-calls
	value(t, db, `SELECT "id" FROM "t"`)
	<-calls // the change gave way
	close(end)
	for range 2 {
		if err := <-over; err != nil {
			t.Error(err)
		}
	}
	value(t, db, `SELECT "b" FROM "t"`)
}

// The settings of a session hold, whatever is set for the user or in the URL.
func TestSettingsOfSessions(t *testing.T) {
	at := pgtest.URL(t) + "&options=" + strings.NewReplacer(" ", "%20", "=", "%3D").Replace("-c synchronous_commit=off -c DateStyle=German -c default_transaction_isolation=serializable")
	db := newTest(t, Config{URL: at})
	err := db.Write(t.Context(), func(tx store.Tx) error {
		for setting, want := range map[string]string{
			"synchronous_commit": "on", "DateStyle": "ISO, DMY", "transaction_isolation": "serializable", "jit": "off",
		} {
			if got, err := texts(tx, `SELECT current_setting($1)`, store.Text(setting)); err != nil || got != want {
				t.Errorf("%s of a writer = %q, %v, want %q", setting, got, err, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if got := value(t, db, `SELECT current_setting('transaction_isolation') || current_setting('transaction_read_only')`); got != "repeatable readon" {
		t.Errorf("settings of a reader = %q", got)
	}
}
