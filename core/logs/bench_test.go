package logs

import (
	"context"
	"testing"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/sqlite"
)

// benchmarked returns a keeper whose database is a file, as in the App.
func benchmarked(b *testing.B) *keeper {
	k := newKeeper(b)
	db, err := sqlite.Open(b.Context(), sqlite.Config{Dir: b.TempDir(), File: "logs.db", Relaxed: true, Shrinks: true, PageSize: 16384, CacheBytes: 16 << 20})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	k.cfg.Open = func(context.Context) (store.Store, error) { return borrowed{db}, nil }
	return k
}

func (k *keeper) request() {
	e := k.Entry(0)
	e.Answered(k.cfg.Now(), 1234*time.Microsecond, 200, "GET", "/api/collections/posts/records/abcdefghijklmno", "abcdefghijklmno")
	e.Text("auth", "users")
	e.Text("userIP", "203.0.113.7")
	e.Text("remoteIP", "203.0.113.7")
	e.Text("referer", "https://app.example.com/posts")
	e.Text("userAgent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36")
	e.Add()
}

// BenchmarkEntry measures the cost of an entry for its request.
func BenchmarkEntry(b *testing.B) {
	k := benchmarked(b)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		k.request()
		if n++; n%batchSize == 0 {
			b.StopTimer()
			batch, _ := k.queue.take()
			k.queue.give(batch, 0)
			b.StartTimer()
		}
	}
}

// BenchmarkWritten measures the cost of an entry until it is in the database.
func BenchmarkWritten(b *testing.B) {
	k := benchmarked(b)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		k.request()
		if n++; n%batchSize == 0 {
			k.flush(b.Context())
		}
	}
	if k.queue.lost > 0 {
		b.Fatalf("%d entries are lost", k.queue.lost)
	}
}
