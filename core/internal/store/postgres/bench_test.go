package postgres

import (
	"fmt"
	"testing"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/pgtest"
)

// newBench returns a database with the table "t" of 10,000 rows.
func newBench(b *testing.B) *DB {
	b.Helper()
	db, err := Open(b.Context(), Config{URL: pgtest.URL(b)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	err = db.Exclusive(b.Context(), func(tx store.Tx) error {
		err := db.Catalog().CreateTable(tx, "t", []store.Column{
			{Name: "id", PrimaryKey: true}, {Name: "a"}, {Name: "n", Kind: store.ColumnNumber},
		})
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO "t" ("id", "a", "n") SELECT 'r' || i, 'text ' || i, i FROM generate_series(1, 10000) AS i`)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return db
}

func BenchmarkGet(b *testing.B) {
	db := newBench(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		readRows(b, db, `SELECT "id", "a", "n" FROM "t" WHERE "id" = $1`, store.Text(fmt.Sprint("r", i%10000+1)))
	}
}

func BenchmarkList(b *testing.B) {
	db := newBench(b)
	b.ReportAllocs()
	for b.Loop() {
		readRows(b, db, `SELECT "id", "a", "n" FROM "t" ORDER BY "_rowid_" LIMIT $1`, store.Int(30))
	}
}

func readRows(b *testing.B, db *DB, sql string, args ...store.Value) {
	err := db.Read(b.Context(), func(r store.Reader) error {
		rows, err := r.Query(sql, args...)
		if err != nil {
			return err
		}
		for rows.Next() {
			_, _, _ = rows.Bytes(0), rows.Bytes(1), rows.Float(2)
		}
		return rows.Close()
	})
	if err != nil {
		b.Fatal(err)
	}
}

func BenchmarkInsert(b *testing.B) {
	for _, writers := range []int{1, 8, 32} {
		b.Run(fmt.Sprint(writers, " writers"), func(b *testing.B) {
			db := newBench(b)
			b.SetParallelism(max(1, writers/2)) // for two processors
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					err := db.Write(b.Context(), func(tx store.Tx) error {
						_, err := tx.Exec(`INSERT INTO "t" ("a", "n") VALUES ($1, $2)`, store.Text("some text"), store.Int(5))
						return err
					})
					if err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// BenchmarkUpdateOneRow measures concurrent updates of the same row.
func BenchmarkUpdateOneRow(b *testing.B) {
	db := newBench(b)
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			err := db.Write(b.Context(), func(tx store.Tx) error {
				_, err := tx.Exec(`UPDATE "t" SET "n" = "n" + 1 WHERE "id" = 'r1'`)
				return err
			})
			if err != nil {
				b.Error(err)
			}
		}
	})
}
