package sqlite

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

// benchDeep reads a page far down a table that is larger than a reader's cache.
const (
	benchDeep     = `SELECT ` + benchColumns + ` FROM "posts" ORDER BY "_rowid_" LIMIT 30 OFFSET $1`
	benchDeepRows = 100_000
)

func readDeep(r store.Reader, buf []byte) ([]byte, error) {
	rows, err := r.Query(benchDeep, store.Int(benchDeepRows-90))
	if err != nil {
		return buf, err
	}
	return consume(rows, buf[:0])
}

// BenchmarkDeepPage measures slow reads alone: the cost of one must not grow with their number.
func BenchmarkDeepPage(b *testing.B) {
	for _, readers := range []int{1, 16} {
		b.Run(fmt.Sprintf("readers=%d", readers), func(b *testing.B) {
			db := benchDB(b)
			growTo(b, db, benchDeepRows)
			var left atomic.Int64
			left.Store(int64(b.N))
			var g sync.WaitGroup
			b.ResetTimer()
			for range readers {
				g.Go(func() {
					var buf []byte
					for left.Add(-1) >= 0 {
						err := db.Read(context.Background(), func(r store.Reader) (err error) {
							buf, err = readDeep(r, buf)
							return err
						})
						if err != nil {
							b.Error(err)
						}
					}
				})
			}
			g.Wait()
		})
	}
}

// growTo adds rows to the table of benchDB.
func growTo(b *testing.B, db *DB, rows int) {
	b.Helper()
	err := db.Exclusive(context.Background(), func(tx store.Tx) error {
		for i := benchRows; i < rows; i++ {
			if err := insertPost(tx, fmt.Sprintf("r%014d", i), i); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
