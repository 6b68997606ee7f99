package sqlite

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/loambase/loam/core/store"
)

func runEndless(r store.Reader) error {
	rows, err := r.Query(endlessSelect)
	if err != nil {
		return err
	}
	rows.Next()
	return rows.Close()
}

func TestReadHasADefaultDeadline(t *testing.T) {
	db := openTest(t, Config{ReadTimeout: 50 * time.Millisecond})
	defer mustClose(t, db)
	if err := db.Read(t.Context(), runEndless); !errors.Is(err, store.ErrTimeout) {
		t.Errorf("Read() = %v, want ErrTimeout", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := db.Read(ctx, runEndless); !errors.Is(err, store.ErrTimeout) {
		t.Errorf("Read() with a deadline = %v, want ErrTimeout", err)
	}
	if took := time.Since(began); took < 140*time.Millisecond {
		t.Errorf("Read() was stopped after %v, want the deadline of its context", took)
	}
}

// lendAll takes every connection that the pool lends, slow ones included.
func lendAll(t *testing.T, p *pool) (release func()) {
	t.Helper()
	var loans []*loan
	for range p.size + p.slowest {
		l, err := p.acquire(t.Context())
		if err != nil {
			t.Errorf("acquire() = %v, want a connection", err)
			break
		}
		loans = append(loans, l)
	}
	return func() {
		for _, l := range loans {
			p.release(l)
		}
	}
}

func TestPoolHasALimit(t *testing.T) {
	db := openTest(t, Config{})
	defer mustClose(t, db)
	createT(t, db)
	release := lendAll(t, db.readers)
	db.readers.timeout = 60 * time.Millisecond
	if err := db.Read(t.Context(), func(store.Reader) error { return nil }); !errors.Is(err, store.ErrTimeout) {
		t.Errorf("Read() when every connection is taken = %v, want ErrTimeout", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	if err := db.Read(ctx, func(store.Reader) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Read() of a caller who goes = %v, want context.Canceled", err)
	}
	release()
	db.readers.timeout = time.Minute
	if got := countT(t, db); got != 0 {
		t.Errorf("rows = %d, want 0", got)
	}
	db.readers.mu.Lock()
	defer db.readers.mu.Unlock()
	if kept := len(db.readers.idle); kept > db.readers.size {
		t.Errorf("%d connections are kept, want %d at most", kept, db.readers.size)
	}
	if db.readers.slow != 0 || len(db.readers.lent) != 0 || len(db.readers.waiting) != 0 {
		t.Errorf("slow %d, lent %d, waiting %d, want none", db.readers.slow, len(db.readers.lent), len(db.readers.waiting))
	}
}

func TestPoolUnderPressureKeepsCount(t *testing.T) {
	db := openTest(t, Config{})
	defer mustClose(t, db)
	createT(t, db)
	var g sync.WaitGroup
	for n := range 32 {
		g.Go(func() {
			for i := range 100 {
				ctx, cancel := context.WithCancel(t.Context())
				if (n+i)%7 == 0 {
					go cancel()
				}
				err := db.Read(ctx, func(r store.Reader) error {
					_, err := readT(r)
					return err
				})
				cancel()
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("Read() = %v", err)
				}
			}
		})
	}
	g.Wait()
	p := db.readers
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.lent) != 0 || len(p.waiting) != 0 || p.slow != 0 || len(p.idle) > p.size {
		t.Errorf("lent %d, waiting %d, slow %d, idle %d", len(p.lent), len(p.waiting), p.slow, len(p.idle))
	}
}

func readT(r store.Reader) (n int, err error) {
	rows, err := r.Query(`SELECT "n" FROM "t"`)
	if err != nil {
		return 0, err
	}
	for rows.Next() {
		n++
	}
	return n, rows.Close()
}

func TestReadInsideAWriteSeesTheOldState(t *testing.T) {
	db := openTest(t, Config{})
	defer mustClose(t, db)
	createT(t, db)
	err := db.Write(t.Context(), func(tx store.Tx) error {
		if err := insertN(tx, 1, ""); err != nil {
			return err
		}
		if got := countT(t, db); got != 0 {
			t.Errorf("rows = %d, want those before the write", got)
		}
		return nil
	})
	if err != nil {
		t.Errorf("Write() = %v, want nil", err)
	}
}
