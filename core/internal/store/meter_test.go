package store

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestVerbOf(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]Verb{
		`SELECT "t"."id" FROM "posts" AS "t"`:                   {"select", "posts"},
		`WITH "n" AS (SELECT 1 FROM "posts") SELECT * FROM "n"`: {"select", "posts"},
		`INSERT INTO "posts" ("id") VALUES ($1)`:                {"insert", "posts"},
		`UPDATE "my posts" SET "a" = 1`:                         {"update", "my posts"},
		`DELETE FROM "posts"`:                                   {"delete", "posts"},
		`(SELECT 1)`:                                            {"select", ""},
		`select "from" FROM "posts"`:                            {"select", "posts"},
		`CREATE TABLE "posts" ("id" TEXT)`:                      {"other", ""},
		"":                                                      {"other", ""},
		`SELECT 1 FROM "posts`:                                  {"select", ""},
	} {
		if got := verbOf(sql); got != want {
			t.Errorf("verbOf(%q) = %v, want %v", sql, got, want)
		}
	}
}

func TestMeter(t *testing.T) {
	t.Parallel()
	var slow []Slow
	m := NewMeter(time.Minute, func(s Slow) { slow = append(slow, s) })
	const sql = `SELECT "t"."id" FROM "posts" AS "t" WHERE "t"."id" = $1`
	s := m.Statement(sql)
	if m.Statement(sql) != s {
		t.Error("a statement is known twice")
	}
	args := []Value{Text("a")}
	s.Ran(nil, time.Now(), 1, args, nil)
	s.Ran(nil, time.Now().Add(-time.Hour), 2, args, nil)
	args[0] = Text("b")
	if len(slow) != 1 || slow[0].SQL != sql || slow[0].Rows != 2 || slow[0].Took < time.Hour || slow[0].Args[0] != Text("a") {
		t.Errorf("slow statements are %+v", slow)
	}
	totals := m.Totals()
	if len(totals) != 1 || totals[0].Verb != (Verb{"select", "posts"}) || totals[0].Count != 2 || totals[0].Rows != 3 || totals[0].Time < time.Hour {
		t.Errorf("Totals = %+v", totals)
	}
	m.Statement("SELECT '" + strings.Repeat("long ", keptText) + "'")
	if got := m.Statements(); !slices.Equal(got, []string{sql}) {
		t.Errorf("Statements = %q", got)
	}
}

// BenchmarkRan measures the cost that the Meter adds to a statement.
func BenchmarkRan(b *testing.B) {
	m := NewMeter(time.Minute, func(Slow) {})
	s := m.Statement(`SELECT "t"."id" FROM "posts" AS "t"`)
	b.ReportAllocs()
	for b.Loop() {
		s.Ran(nil, time.Now(), 1, nil, nil)
	}
}
