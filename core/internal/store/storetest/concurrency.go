// Readers and writers at the same time.

package storetest

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

func (s *suite) concurrency(t *testing.T) {
	t.Run("no increment is lost", s.concurrencyNoIncrementIsLost)
	t.Run("readers never see half a write", s.concurrencyReadersNeverSeeHalfAWrite)
	t.Run("a write is seen by the read that follows", s.concurrencyAWriteIsSeenByTheReadThatFollows)
}

// A write that computes a value from a read value loses no other write: each sees the commit
// before it.
func (s *suite) concurrencyNoIncrementIsLost(t *testing.T) {
	f := s.new(t)
	f.insert("c", 0)
	const writers, each = 16, 25
	var g sync.WaitGroup
	for range writers {
		g.Go(func() {
			for range each {
				err := f.Write(t.Context(), func(tx store.Tx) error {
					n, err := text(tx, `SELECT "n" FROM "t"`)
					if err != nil {
						return err
					}
					_, err = tx.Exec(`UPDATE "t" SET "n" = CAST($1 AS INTEGER) + 1`, store.Text(n))
					return err
				})
				if err != nil {
					t.Errorf("Write() = %v", err)
				}
			}
		})
	}
	g.Wait()
	if got, want := f.text(`SELECT "n" FROM "t"`), fmt.Sprint(writers*each); got != want {
		t.Errorf("counter = %s, want %s", got, want)
	}
}

// Each write moves 1 from one row to another in two statements, so the sum is the same in every
// state that is committed.
func (s *suite) concurrencyReadersNeverSeeHalfAWrite(t *testing.T) {
	f := s.new(t)
	f.insert("a", 100)
	f.insert("b", 0)
	move := func(tx store.Tx) error {
		_, err := tx.Exec(`UPDATE "t" SET "n" = "n" - 1 WHERE "id" = 'a'`)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE "t" SET "n" = "n" + 1 WHERE "id" = 'b'`)
		return err
	}
	var done atomic.Bool
	var readers, writers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for !done.Load() {
				if got := f.text(`SELECT sum("n") FROM "t"`); got != "100" {
					t.Errorf("sum = %s, want 100", got)
					return
				}
			}
		})
	}
	for range 4 {
		writers.Go(func() {
			for range 25 {
				if err := f.Write(t.Context(), move); err != nil {
					t.Errorf("Write() = %v", err)
				}
			}
		})
	}
	writers.Wait()
	done.Store(true)
	readers.Wait()
}

// A caller whose write was answered reads the written row, on any connection.
func (s *suite) concurrencyAWriteIsSeenByTheReadThatFollows(t *testing.T) {
	f := s.new(t)
	var g sync.WaitGroup
	for w := range 8 {
		g.Go(func() {
			for i := range 20 {
				id := fmt.Sprintf("%d-%d", w, i)
				f.insert(id, 1)
				if got := f.text(`SELECT "id" FROM "t" WHERE "id" = $1`, store.Text(id)); got != id {
					t.Errorf("read after the write of %s = %q", id, got)
				}
			}
		})
	}
	g.Wait()
}

// counting returns "1 2 … n".
func counting(n int) string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprint(i+1))
	}
	return strings.Join(out, " ")
}

// exitGoroutine ends its goroutine, like testing.T.FailNow.
func exitGoroutine() { runtime.Goexit() }
