package sqlite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

// benchRows is the number of rows in the table of the benchmarks.
const benchRows = 10_000

const (
	benchColumns = `"id", "title", "body", "status", "author", "score", "active", "tags", "created", "updated"`
	benchGet     = `SELECT ` + benchColumns + ` FROM "posts" WHERE "id" = $1`
	benchList    = `SELECT ` + benchColumns + ` FROM "posts" WHERE "status" = $1 ORDER BY "_rowid_" LIMIT $2`
	benchInsert  = `INSERT INTO "posts" (` + benchColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
)

func benchDB(b *testing.B) *DB {
	b.Helper()
	db, err := Open(context.Background(), Config{Dir: b.TempDir(), Serve: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	err = db.Exclusive(context.Background(), func(tx store.Tx) error {
		columns := []store.Column{{Name: "id", PrimaryKey: true}}
		for _, name := range []string{"title", "body", "status", "author"} {
			columns = append(columns, store.Column{Name: name})
		}
		columns = append(columns,
			store.Column{Name: "score", Kind: store.ColumnNumber},
			store.Column{Name: "active", Kind: store.ColumnBool},
			store.Column{Name: "tags", Kind: store.ColumnMulti},
			store.Column{Name: "created"}, store.Column{Name: "updated"})
		if err := db.Catalog().CreateTable(tx, "posts", columns); err != nil {
			return err
		}
		for i := range benchRows {
			if err := insertPost(tx, fmt.Sprintf("r%014d", i), i); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return db
}

func insertPost(tx store.Tx, id string, n int) error {
	status := "draft"
	if n%2 == 0 {
		status = "public"
	}
	_, err := tx.Exec(benchInsert,
		store.Text(id), store.Text("A title of some length"), store.Text(strings.Repeat("text ", 40)), store.Text(status),
		store.Text("r00000000000042"), store.Float(float64(n)+0.5), store.Bool(n%3 == 0), store.Text(`["a","b"]`),
		store.Text("2026-01-01 10:00:00.000Z"), store.Text("2026-01-02 10:00:00.000Z"))
	return err
}

// consume reads every column of every row, like a response with a list.
func consume(rows store.Rows, buf []byte) ([]byte, error) {
	for rows.Next() {
		for col := range 10 {
			buf = append(buf, rows.Bytes(col)...)
		}
	}
	return buf, rows.Close()
}

func BenchmarkGet(b *testing.B) {
	db := benchDB(b)
	ctx := context.Background()
	ids := make([]string, benchRows)
	for i := range ids {
		ids[i] = fmt.Sprintf("r%014d", i)
	}
	var buf []byte
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		err := db.Read(ctx, func(r store.Reader) error {
			rows, err := r.Query(benchGet, store.Text(ids[n*7919%benchRows]))
			if err != nil {
				return err
			}
			buf, err = consume(rows, buf[:0])
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkList30(b *testing.B) {
	db := benchDB(b)
	ctx := context.Background()
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		if err := db.Read(ctx, func(r store.Reader) (err error) {
			buf, err = readList(r, buf)
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
}

func readList(r store.Reader, buf []byte) ([]byte, error) {
	rows, err := r.Query(benchList, store.Text("public"), store.Int(30))
	if err != nil {
		return buf, err
	}
	return consume(rows, buf[:0])
}

func BenchmarkInsert(b *testing.B) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) { benchWriters(b, benchDB(b), writers) })
	}
}

// BenchmarkInsertBesideReaders inserts while 16 readers list without a pause: compare its inserts
// per second with those of BenchmarkInsert.
func BenchmarkInsertBesideReaders(b *testing.B) {
	for _, writers := range []int{1, 16} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			db := benchDB(b)
			ctx, stop := context.WithCancel(context.Background())
			var lists atomic.Int64
			var g sync.WaitGroup
			for range 16 {
				g.Go(func() {
					var buf []byte
					for ctx.Err() == nil {
						_ = db.Read(ctx, func(r store.Reader) (err error) {
							buf, err = readList(r, buf)
							return err
						})
						lists.Add(1)
					}
				})
			}
			var longest int64
			g.Go(func() {
				for ctx.Err() == nil {
					if info, err := os.Stat(filepath.Join(db.cfg.Dir, dataFile+"-wal")); err == nil {
						longest = max(longest, info.Size())
					}
					time.Sleep(5 * time.Millisecond)
				}
			})
			benchWriters(b, db, writers)
			b.ReportMetric(float64(lists.Load())/b.Elapsed().Seconds(), "lists/s")
			stop()
			g.Wait()
			b.ReportMetric(float64(longest)/(1<<20), "log-MB")
		})
	}
}

func benchWriters(b *testing.B, db *DB, writers int) {
	var next atomic.Int64
	var g sync.WaitGroup
	b.ResetTimer()
	for range writers {
		g.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				err := db.Write(context.Background(), func(tx store.Tx) error {
					return insertPost(tx, fmt.Sprintf("w%014d", n), int(n))
				})
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	g.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "inserts/s")
}
