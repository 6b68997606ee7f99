package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/pgtest"
)

// ownServer starts a server that the test may stop.
func ownServer(t *testing.T) *pgtest.Server {
	t.Helper()
	s, err := pgtest.Start()
	if err != nil {
		pgtest.Missing(t, err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the server: %v", err)
		}
	})
	return s
}

// outcome is the result of a write.
type outcome struct {
	key string
	err error
}

// load is a set of writers and readers that continue after errors.
type load struct {
	t    *testing.T
	db   *DB
	done atomic.Bool
	work sync.WaitGroup

	written  atomic.Int64
	progress chan struct{} // capacity 1; receives a value after a write
	mu       sync.Mutex    // guards all
	all      []outcome
}

// begin starts the load. Every write has its own key and is tried once.
func (l *load) begin(writers, readers int) {
	for w := range writers {
		l.work.Go(func() {
			for i := 0; !l.done.Load(); i++ {
				key := fmt.Sprintf("%d-%d", w, i)
				err := l.db.Write(context.Background(), func(tx store.Tx) error {
					_, err := tx.Exec(`INSERT INTO "t" ("a") VALUES ($1)`, store.Text(key))
					return err
				})
				l.mu.Lock()
				l.all = append(l.all, outcome{key, err})
				l.mu.Unlock()
				if err == nil {
					l.written.Add(1)
					select {
					case l.progress <- struct{}{}:
					default:
					}
				}
			}
		})
	}
	for range readers {
		l.work.Go(func() {
			for !l.done.Load() {
				err := l.db.Read(context.Background(), func(r store.Reader) error {
					_, err := texts(r, `SELECT count(*) FROM "t"`)
					return err
				})
				if err != nil && !errors.Is(err, store.ErrUnavailable) {
					l.t.Errorf("Read() = %v, want ErrUnavailable", err)
				}
			}
		})
	}
}

// wait returns when n more writes have been acknowledged.
func (l *load) wait(n int64) {
	for target := l.written.Load() + n; l.written.Load() < target; {
		<-l.progress
	}
}

func (l *load) end() {
	l.done.Store(true)
	l.work.Wait()
}

// judge compares the results of the writes with the stored rows.
func (l *load) judge() {
	l.t.Helper()
	keys := strings.Fields(value(l.t, l.db, `SELECT "a" FROM "t"`))
	slices.Sort(keys)
	if n := len(keys); n != len(slices.Compact(slices.Clone(keys))) {
		l.t.Errorf("something was written twice")
	}
	var acknowledged, refused, doubtful int
	for _, o := range l.all {
		_, stored := slices.BinarySearch(keys, o.key)
		switch {
		case o.err == nil:
			acknowledged++
			if !stored {
				l.t.Errorf("%s was acknowledged and is lost", o.key)
			}
		case errors.Is(o.err, errInDoubt):
			doubtful++
		case errors.Is(o.err, store.ErrUnavailable):
			refused++
			if stored {
				l.t.Errorf("%s was refused (%v) and is stored", o.key, o.err)
			}
		default:
			l.t.Errorf("Write() = %v, want ErrUnavailable or a commit in doubt", o.err)
		}
	}
	l.t.Logf("%d acknowledged, %d refused, %d in doubt", acknowledged, refused, doubtful)
}

func TestServerIsRestartedUnderLoad(t *testing.T) {
	server := ownServer(t)
	db := newTest(t, Config{URL: server.URL})
	l := &load{t: t, db: db, progress: make(chan struct{}, 1)}
	l.begin(8, 4)
	for i, stop := range []func() error{server.Crash, server.Shutdown, server.Crash, server.Shutdown} {
		l.wait(300)
		if err := stop(); err != nil {
			t.Fatalf("stop the server, time %d: %v", i, err)
		}
		if err := server.Resume(); err != nil {
			t.Fatalf("start the server, time %d: %v", i, err)
		}
	}
	l.wait(300)
	l.end()
	l.judge()
}

func TestServerThatIsNotThere(t *testing.T) {
	_, err := Open(t.Context(), Config{URL: "postgres://me:hush@127.0.0.1:1/nothing"})
	if !errors.Is(err, store.ErrUnavailable) || strings.Contains(err.Error(), "hush") {
		t.Errorf("Open() = %v, want ErrUnavailable without the password", err)
	}
	for _, url := range []string{"postgres://me:hush@[::1/x", "mysql://me:hush@x/y", "postgres://me:hush@x/y?sslmode=hush"} {
		if _, err := Open(t.Context(), Config{URL: url}); err == nil || strings.Contains(err.Error(), "me:hush") {
			t.Errorf("Open(%s) = %v, want an error without the password", url, err)
		}
	}
}
