// Scripts of an administrator.

package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

// run runs a script with usual limits. wrote has the tables of Script.Written, nil if it was not
// called.
func (f fixture) run(sql string) (result store.ScriptResult, wrote []string, err error) {
	result, err = f.Run(f.t.Context(), store.Script{SQL: sql, Rows: 1000, Bytes: 1 << 20, Memory: 32 << 20,
		Written: func(_ store.Tx, tables []string) error {
			wrote = append([]string{}, tables...)
			return nil
		}})
	return result, wrote, err
}

// shown formats a result in one line: columns, rows, and the number of changed rows.
func shown(r store.ScriptResult) string {
	var b strings.Builder
	for _, c := range r.Columns {
		b.WriteString(c.Name + " ")
	}
	for _, row := range r.Rows {
		b.WriteString("|")
		for _, v := range row {
			text := "NULL"
			if v != nil {
				text = *v
			}
			b.WriteString(" " + text)
		}
	}
	return fmt.Sprintf("%s %d", b.String(), r.Changed)
}

func (s *suite) scripts(t *testing.T) {
	f := s.new(t)
	f.insert("one", 7)

	t.Run("results", func(t *testing.T) {
		for _, test := range []struct {
			sql    string
			want   string
			writes bool
		}{
			{`SELECT "id", "n", NULL AS "x" FROM "t"`, "id n x | one 7 NULL 0", false},
			{"-- a comment\n/* and one */ ; SELECT 1 AS a; SELECT 'b;c' AS b; -- the end", "b | b;c 0", false},
			{`UPDATE "t" SET "n" = 8`, " 1", true},
			{`-- a comment that begins with
			/* a read */ UPDATE "t" SET "n" = 9 WHERE "id" = 'one'`, " 1", true},
			{`SELECT 1 AS a; INSERT INTO "t" ("id", "n") VALUES ('two', 2), ('three', 3)`, " 2", true},
			{`DELETE FROM "t" WHERE "id" <> 'one' RETURNING "n"`, "n | 2| 3 2", true},
			{`CREATE TABLE "made" ("a" text NOT NULL, "b" integer); INSERT INTO "made" VALUES ('x', 1); SELECT * FROM "made"`, "a b | x 1 0", true},
			{`EXPLAIN DELETE FROM "t"; SELECT "n" FROM "t"`, "n | 9 0", false},
			{`DROP TABLE "made"`, " 0", true},
		} {
			result, wrote, err := f.run(test.sql)
			if got := shown(result); err != nil || got != test.want || (wrote != nil) != test.writes {
				t.Errorf("%s\ngives %q, written %v, %v; want %q, written: %v", test.sql, got, wrote, err, test.want, test.writes)
			}
		}
	})

	t.Run("columns", func(t *testing.T) {
		result, _, err := f.run(`SELECT "id", "n", "n" + 1 AS "more" FROM "t"`)
		if err != nil || len(result.Columns) != 3 {
			t.Fatalf("%+v, %v", result.Columns, err)
		}
		if c := result.Columns; !strings.EqualFold(c[0].Type, "text") || c[0].Nullable || c[1].Type == "" || c[1].Nullable || !c[2].Nullable {
			t.Errorf("columns %+v", c)
		}
	})

	t.Run("the tables that are written", func(t *testing.T) {
		f.exclusive(func(tx store.Tx) error {
			return f.Catalog().CreateTable(tx, "other", []store.Column{{Name: "id", PrimaryKey: true}})
		})
		for _, test := range []struct{ sql, want, not string }{
			{`UPDATE "t" SET "n" = (SELECT count(*) FROM "other")`, "t", "other"},
			{`INSERT INTO "other" ("id") SELECT "id" FROM "t"`, "other", "t"},
			{`ALTER TABLE "t" ADD COLUMN "more" text`, "t", "other"},
			{`CREATE INDEX "i" ON "other" ("id")`, "other", "t"},
		} {
			if _, wrote, err := f.run(test.sql); err != nil || !slices.Contains(wrote, test.want) || slices.Contains(wrote, test.not) {
				t.Errorf("%s: written %v, %v; want %s", test.sql, wrote, err, test.want)
			}
		}
	})

	t.Run("all or nothing", func(t *testing.T) {
		before := f.text(`SELECT count(*) FROM "t"`)
		for _, sql := range []string{
			`INSERT INTO "t" ("id") VALUES ('a'); INSERT INTO "nope" VALUES (1)`,
			`INSERT INTO "t" ("id") VALUES ('a'); INSERT INTO "t" ("id") VALUES ('a')`,
			`INSERT INTO "t" ("id") VALUES ('a'); not a statement`,
			`INSERT INTO "t" ("id") VALUES ('a'); SELECT $1`,
			`CREATE TABLE "half" ("a" text); INSERT INTO "t" ("id") VALUES ('a'); COMMIT; SELECT 1`,
			`DELETE FROM "t"; ROLLBACK`,
			`BEGIN; DELETE FROM "t"`,
			`SAVEPOINT a; DELETE FROM "t"; RELEASE a`,
		} {
			if _, wrote, err := f.run(sql); err == nil || wrote != nil {
				t.Errorf("%s: written %v, no error", sql, wrote)
			}
		}
		_, err := f.Run(t.Context(), store.Script{SQL: `DELETE FROM "t"`, Rows: 1, Bytes: 1, Memory: 32 << 20,
			Written: func(store.Tx, []string) error { return errors.New("no") }})
		if err == nil || err.Error() != "no" {
			t.Errorf("the error of Written comes as %v", err)
		}
		if got := f.text(`SELECT count(*) FROM "t"`); got != before {
			t.Errorf("%s rows are left, want %s", got, before)
		}
		if got := names(f); strings.Contains(got, "half") {
			t.Errorf("a table of a script that failed: %s", got)
		}
	})

	t.Run("nothing to run", func(t *testing.T) {
		var refused *store.StatementError
		for _, sql := range []string{"", " ; ", "-- nothing", "/* nothing */;", "SELECT '\x00'", "select $1", "SELECT 'no end"} {
			if _, _, err := f.run(sql); !errors.As(err, &refused) {
				t.Errorf("%q: %v, want a StatementError", sql, err)
			}
		}
	})

	t.Run("the result is bounded", func(t *testing.T) {
		const many = `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < %d) SELECT n, '%s' AS pad FROM c`
		for _, test := range []struct {
			count, pad, rows int
			truncated        bool
		}{{1000, 1, 1000, false}, {1001, 1, 1000, true}, {30, 100_000, 10, true}} {
			result, _, err := f.run(fmt.Sprintf(many, test.count, strings.Repeat("x", test.pad)))
			if err != nil || len(result.Rows) != test.rows || result.Truncated != test.truncated {
				t.Errorf("%d rows of %d bytes: %d rows, truncated: %v, %v; want %d, %v",
					test.count, test.pad, len(result.Rows), result.Truncated, err, test.rows, test.truncated)
			}
		}
		// A full result ends a script that only reads.
		result, _, err := f.run(`WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c`)
		if err != nil || len(result.Rows) != 1000 || !result.Truncated {
			t.Errorf("what never ends: %d rows, %v", len(result.Rows), err)
		}
		_, _, err = f.run(`SELECT '` + strings.Repeat("x", 1<<20) + `'||'x'`)
		if !errors.Is(err, store.ErrScriptRow) {
			t.Errorf("a row larger than the result may be: %v", err)
		}
	})

	t.Run("row by row", func(t *testing.T) {
		stream := func(sql string, most int) (list []string, _ store.ScriptResult, err error) {
			full := errors.New("full")
			result, err := f.Run(t.Context(), store.Script{SQL: sql, Bytes: 100, Memory: 32 << 20, Row: func(columns []store.ScriptColumn, row []*string) error {
				if len(list) == most {
					return full
				}
				list = append(list, columns[0].Name+"="+*row[0])
				return nil
			}})
			if errors.Is(err, full) {
				err = nil
			}
			return list, result, err
		}
		const many = `SELECT 'no' AS a; WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 2500) SELECT n FROM c`
		list, result, err := stream(many, -1)
		if err != nil || len(list) != 2500 || list[2499] != "n=2500" || len(result.Rows) != 0 {
			t.Errorf("%d rows, %d in the result, %v", len(list), len(result.Rows), err)
		}
		if list, _, err = stream(strings.ReplaceAll(many, "WHERE n < 2500", ""), 3); err != nil || len(list) != 3 {
			t.Errorf("an endless result that is ended after 3 rows: %v, %v", list, err)
		}
		list, result, err = stream(`SELECT "id" FROM "t" WHERE 1 = 0`, -1)
		if err != nil || len(list) != 0 || len(result.Columns) != 1 {
			t.Errorf("no rows: %v, columns %v, %v", list, result.Columns, err)
		}
		if _, _, err = stream(`SELECT '`+strings.Repeat("x", 1000)+`' AS a`, -1); !errors.Is(err, store.ErrScriptRow) {
			t.Errorf("a row of 1,000 bytes, of which 100 are allowed: %v", err)
		}
		for _, sql := range []string{`DELETE FROM "t" RETURNING "id"`, `SELECT 'a' AS a; DELETE FROM "t"`} {
			before := f.text(`SELECT count(*) FROM "t"`)
			list, _, err := stream(sql, -1)
			if got := f.text(`SELECT count(*) FROM "t"`); !errors.Is(err, store.ErrScriptWrites) || len(list) != 0 || got != before {
				t.Errorf("%s: rows %v, %v; %s rows are left of %s", sql, list, err, got, before)
			}
		}
	})

	// A script that reads holds up no write, and ends with its context.
	t.Run("stopped while reading", func(t *testing.T) {
		over, stop := f.start(endless)
		for n := range 20 {
			f.insert(fmt.Sprint("beside", n), 1)
		}
		if took := stopped(t, over, stop); took > 10*time.Second {
			t.Errorf("it took %v to stop", took)
		}
	})

	// A script that writes holds up other writes until it ends.
	t.Run("stopped while writing", func(t *testing.T) {
		over, stop := f.start(`UPDATE "t" SET "a" = 'changed'; ` + endless)
		for held := false; !held; {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			err := f.Write(ctx, func(store.Tx) error { return nil })
			held = errors.Is(err, store.ErrTimeout)
			cancel()
		}
		stopped(t, over, stop)
		f.insert("behind", 1)
		if got := f.text(`SELECT count(*) FROM "t" WHERE "a" = 'changed'`); got != "0" {
			t.Errorf("%s rows of what was stopped are left", got)
		}
	})
}

// start starts a script. over gets its error, and stop cancels its context.
func (f fixture) start(sql string) (over <-chan error, stop func()) {
	ctx, cancel := context.WithCancel(f.t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := f.Run(ctx, store.Script{SQL: sql, Rows: 1, Bytes: 1 << 20, Memory: 32 << 20,
			Written: func(store.Tx, []string) error { return errors.New("it has ended") }})
		done <- err
	}()
	return done, cancel
}

// stopped stops a script and returns the time until its end.
func stopped(t *testing.T, over <-chan error, stop func()) time.Duration {
	t.Helper()
	began := time.Now()
	stop()
	if err := <-over; !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, want that of the context", err)
	}
	return time.Since(began)
}
