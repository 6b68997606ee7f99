//go:build unix

package sqlite

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

// processTime returns the processor time that this process has used.
func processTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkReadsAtOnce measures gets and lists by 16 callers at a time, alone and beside 200
// writes per second. On a busy machine compare cpu-ns/op, and only with figures of the same
// minutes.
func BenchmarkReadsAtOnce(b *testing.B) {
	for _, rows := range []int{benchRows, benchDeepRows} {
		db := benchDB(b)
		growTo(b, db, rows)
		get := func(n int, buf []byte) ([]byte, error) {
			err := db.Read(context.Background(), func(r store.Reader) error {
				found, err := r.Query(benchGet, store.Text(fmt.Sprintf("r%014d", n*7919%rows)))
				if err == nil {
					buf, err = consume(found, buf[:0])
				}
				return err
			})
			return buf, err
		}
		list := func(_ int, buf []byte) ([]byte, error) {
			err := db.Read(context.Background(), func(r store.Reader) (err error) {
				buf, err = readList(r, buf)
				return err
			})
			return buf, err
		}
		b.Run(fmt.Sprintf("get/rows=%d", rows), func(b *testing.B) { benchReads(b, get) })
		b.Run(fmt.Sprintf("list/rows=%d", rows), func(b *testing.B) { benchReads(b, list) })
		b.Run(fmt.Sprintf("get+writes/rows=%d", rows), func(b *testing.B) {
			ctx, stop := context.WithCancel(context.Background())
			var writing sync.WaitGroup
			writing.Go(func() { writeSteadily(ctx, b, db) })
			benchReads(b, get)
			stop()
			writing.Wait()
		})
	}
}

var steadyWrites atomic.Int64

func writeSteadily(ctx context.Context, b *testing.B, db *DB) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := db.Write(context.Background(), func(tx store.Tx) error {
			return insertPost(tx, fmt.Sprintf("s%014d", steadyWrites.Add(1)), 1)
		})
		if err != nil {
			b.Error(err)
		}
	}
}

func benchReads(b *testing.B, read func(n int, buf []byte) ([]byte, error)) {
	var next atomic.Int64
	var readers sync.WaitGroup
	before := processTime(b)
	b.ResetTimer()
	for range 16 {
		readers.Go(func() {
			var buf []byte
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				var err error
				if buf, err = read(int(n), buf); err != nil {
					b.Error(err)
				}
			}
		})
	}
	readers.Wait()
	b.StopTimer()
	b.ReportMetric(float64(processTime(b)-before)/float64(b.N), "cpu-ns/op")
}
