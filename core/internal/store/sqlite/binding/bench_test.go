package binding

import (
	"fmt"
	"testing"
)

func benchTable(b *testing.B) *Conn {
	c := open(b, Config{})
	exec(b, c, `PRAGMA journal_mode = WAL`, `PRAGMA synchronous = OFF`,
		`CREATE TABLE "t" ("id" TEXT PRIMARY KEY, "a" TEXT, "b" TEXT, "c" NUMERIC)`, `BEGIN`)
	insert := prepare(b, c, `INSERT INTO "t" VALUES ($1, $2, $2, 7)`)
	for n := range 10_000 {
		if err := insert.BindText(0, fmt.Sprintf("r%014d", n)); err != nil {
			b.Fatal(err)
		}
		if err := insert.BindText(1, "some text of some length"); err != nil {
			b.Fatal(err)
		}
		if _, err := insert.Step(); err != nil {
			b.Fatal(err)
		}
		insert.Reset()
	}
	exec(b, c, `COMMIT`)
	return c
}

// read runs a bound statement and reads every column.
func read(b *testing.B, s *Stmt) (size int) {
	for {
		row, err := s.Step()
		if err != nil {
			b.Fatal(err)
		}
		if !row {
			s.Reset()
			return size
		}
		for col := range 4 {
			size += len(s.Bytes(col))
		}
	}
}

func BenchmarkGet(b *testing.B) {
	c := benchTable(b)
	s := prepare(b, c, `SELECT "id", "a", "b", "c" FROM "t" WHERE "id" = $1`)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.BindText(0, "r00000000004711"); err != nil {
			b.Fatal(err)
		}
		if read(b, s) == 0 {
			b.Fatal("no row")
		}
	}
}

func BenchmarkList30(b *testing.B) {
	c := benchTable(b)
	s := prepare(b, c, `SELECT "id", "a", "b", "c" FROM "t" ORDER BY "_rowid_" LIMIT $1`)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.BindInt(0, 30); err != nil {
			b.Fatal(err)
		}
		if read(b, s) == 0 {
			b.Fatal("no row")
		}
	}
}

func BenchmarkPrepare(b *testing.B) {
	c := benchTable(b)
	for b.Loop() {
		prepare(b, c, `SELECT "id", "a", "b", "c" FROM "t" WHERE "id" = $1`).Close()
	}
}
