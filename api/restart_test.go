package api_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/loambase/loam/internal/pgtest"
)

// startPostgres starts a separate PostgreSQL for the test.
func startPostgres(t *testing.T) *pgtest.Server {
	t.Helper()
	server, err := pgtest.Start()
	if err != nil {
		pgtest.Missing(t, err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("close the server: %v", err)
		}
	})
	return server
}

// TestPostgresRestarts crashes and restarts PostgreSQL while the real binary keeps running. Clients
// get clear errors during the outage, no refused write is stored, and no write is stored twice.
func TestPostgresRestarts(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a PostgreSQL again and again")
	}
	server := startPostgres(t)
	p := prepare(t, server.URL)
	p.start()
	p.count()
	l := newLedger()
	var done atomic.Bool
	defer done.Store(true)
	var work sync.WaitGroup
	for c := range 8 {
		work.Go(func() {
			w := &writer{p: p, l: l, name: fmt.Sprint(c), rng: rand.New(rand.NewPCG(5, uint64(c)))}
			for i := 0; !done.Load(); i++ {
				p.clear(w.write(i))
			}
		})
	}
	for range 2 {
		work.Go(func() {
			for !done.Load() {
				p.clear(p.ask("GET", notes+"?perPage=5", ""))
			}
		})
	}
	more := func(n int64) {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		end := time.Now().Add(time.Minute)
		for target := l.acknowledged.Load() + n; l.acknowledged.Load() < target; <-tick.C {
			if time.Now().After(end) {
				t.Fatalf("the server does not recover: %s", &p.stderr)
			}
		}
	}
	for i, stop := range []func() error{server.Crash, server.Shutdown, server.Crash} {
		more(150)
		if err := stop(); err != nil {
			t.Fatalf("stop PostgreSQL, time %d: %v", i, err)
		}
		if a := p.ask("GET", notes, ""); a.status != 503 || a.text != unavailable || a.retry == "" {
			t.Errorf("a list without a database = %v, Retry-After %q", a, a.retry)
		}
		if err := server.Resume(); err != nil {
			t.Fatalf("start PostgreSQL, time %d: %v", i, err)
		}
	}
	more(150)
	done.Store(true)
	work.Wait()
	lost := l.judge(p)
	p.inspect()
	t.Logf("3 restarts, %d acknowledged writes, %d lost, refused by status %v, %d in doubt",
		l.acknowledged.Load(), lost, l.refused, l.unknown)
	p.signal(syscall.SIGTERM)
	if err := p.wait(); err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, &p.stderr)
	}
}

// clear checks that an answer is a success, or the error for an outage, or the error for an unknown
// result.
func (p *program) clear(a answer) {
	p.t.Helper()
	if !a.ok() && (a.status != 503 || a.text != unavailable) && (a.status != 500 || a.text != inDoubt) {
		p.t.Errorf("an answer = %v", a)
	}
}
