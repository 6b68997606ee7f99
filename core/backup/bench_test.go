package backup_test

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/record"
)

// BenchmarkWriteDuringBackup measures the latency of writes with and without a backup, in turns.
// It reports the 50th and 99th percentiles in milliseconds, and the ratio of the 99th
// percentiles.
func BenchmarkWriteDuringBackup(b *testing.B) {
	if enginetest.Postgres() {
		b.Skip("of SQLite")
	}
	for _, megabytes := range []int{300, 1000} {
		b.Run(fmt.Sprintf("%dMB", megabytes), func(b *testing.B) {
			app := filled(b, megabytes)
			var idle, during []time.Duration
			for i := range b.N {
				calm := time.After(10 * time.Second)
				idle = append(idle, latencies(b, app, func() { <-calm })...)
				during = append(during, latencies(b, app, func() {
					if _, err := app.Backups().Create(b.Context(), root, fmt.Sprintf("%d.zip", i)); err != nil {
						b.Error(err)
					}
				})...)
			}
			b.ReportMetric(percentile(idle, 50), "idle-p50-ms")
			b.ReportMetric(percentile(during, 50), "backup-p50-ms")
			b.ReportMetric(percentile(idle, 99), "idle-p99-ms")
			b.ReportMetric(percentile(during, 99), "backup-p99-ms")
			b.ReportMetric(percentile(during, 99)/percentile(idle, 99), "p99-ratio")
		})
	}
}

// filled returns an app with that many megabytes of texts that hardly compress.
func filled(b *testing.B, megabytes int) *core.App {
	app := coretest.Open(b, core.Config{Dir: b.TempDir()})
	coretest.Collection(b, app, `{"name":"docs","type":"base","fields":[{"name":"title","type":"text","max":5000000}]}`)
	random := make([]byte, 768<<10)
	for range megabytes {
		if _, err := rand.Read(random); err != nil {
			b.Fatal(err)
		}
		create(b, app, base64.StdEncoding.EncodeToString(random))
	}
	return app
}

func create(b *testing.B, app *core.App, title string) {
	_, err := app.Records().Create(b.Context(), record.Root(), "docs", record.Input{Body: map[string]any{"title": title}})
	if err != nil {
		b.Error(err)
	}
}

// latencies returns the latencies of the writes of four writers, which pause between two writes,
// while fn runs.
func latencies(b *testing.B, app *core.App, fn func()) (all []time.Duration) {
	var mu sync.Mutex // guards all
	var writers sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		writers.Go(func() {
			pause := time.NewTicker(10 * time.Millisecond)
			defer pause.Stop()
			for {
				select {
				case <-done:
					return
				case <-pause.C:
				}
				began := time.Now()
				create(b, app, "short")
				took := time.Since(began)
				mu.Lock()
				all = append(all, took)
				mu.Unlock()
			}
		})
	}
	fn()
	close(done)
	writers.Wait()
	return all
}

func percentile(all []time.Duration, p int) float64 {
	slices.Sort(all)
	return float64(all[len(all)*p/100].Microseconds()) / 1000
}
