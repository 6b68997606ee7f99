package job

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/migrations"
)

// migration implements migrations.DB on a transaction.
type migration struct {
	store.Tx
	dialect store.Migrator
}

func (m migration) Exec(sql string) error {
	_, err := m.Tx.Exec(m.dialect.Migration(sql))
	return err
}

// counted is a store that counts the writes to it.
type counted struct {
	store.Store
	writes atomic.Int64
}

func (c *counted) Write(ctx context.Context, fn func(store.Tx) error) error {
	c.writes.Add(1)
	return c.Store.Write(ctx, fn)
}

// newStore returns a store with the tables of the system.
func newStore(t *testing.T) *counted {
	t.Helper()
	db := enginetest.Open(t)
	err := db.Exclusive(t.Context(), func(tx store.Tx) error {
		for _, step := range migrations.System() {
			if err := step.Up(migration{tx, db.Migrator()}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return &counted{Store: db}
}

// server is a Service on a store, whose clock stands still until the test moves it.
type server struct {
	*Service
	t   *testing.T
	db  *counted
	now atomic.Pointer[time.Time]
	log buffer
}

// buffer is a log that goroutines write.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// newServer returns a server that has not started.
func newServer(t *testing.T, db *counted, at string) *server {
	h := &server{Service: New(), t: t, db: db}
	h.set(at)
	h.Open(Config{Store: db, Log: slog.New(slog.NewTextHandler(&h.log, nil)), Now: func() time.Time { return *h.now.Load() }})
	return h
}

// set moves the clock: "2026-03-01 10:00:00".
func (h *server) set(at string) {
	h.t.Helper()
	now, err := time.Parse(time.DateTime, at)
	if err != nil {
		h.t.Fatal(err)
	}
	h.now.Store(&now)
}

// start starts the server without a ticking clock. The end of the test stops it.
func (h *server) start() *server {
	h.begin(context.WithCancel(context.Background()))
	h.catchUp()
	h.t.Cleanup(h.Stop)
	return h
}

// at sets the clock to the minute, lets the service start the jobs that are due, and waits
// until they have ended.
func (h *server) at(minute string) {
	h.t.Helper()
	h.set(minute)
	h.tick(minuteOf(h.cfg.Now()))
	h.running.Wait()
}

// add adds a job that counts its runs.
func (h *server) add(j Job) *atomic.Int64 {
	h.t.Helper()
	var runs atomic.Int64
	run := j.Run
	j.Run = func(ctx context.Context) error {
		runs.Add(1)
		if run != nil {
			return run(ctx)
		}
		return nil
	}
	if err := h.AddJob(j); err != nil {
		h.t.Fatal(err)
	}
	return &runs
}

// info returns a job in the list.
func (h *server) info(id string) Info {
	h.t.Helper()
	list, err := h.List(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, info := range list {
		if info.ID == id {
			return info
		}
	}
	h.t.Fatalf("there is no job %s in %v", id, list)
	return Info{}
}
