// Writes: alone, queued behind each other, and at the end of the store.

package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

func (s *suite) write(t *testing.T) {
	// Exec returns the number of changed rows, and the transaction reads its own writes.
	t.Run("rows changed, and read in the transaction", func(t *testing.T) {
		f := s.new(t)
		f.write(func(tx store.Tx) error {
			for i := range 5 {
				if err := insert(tx, fmt.Sprint("r", i), int64(i)); err != nil {
					return err
				}
			}
			n, err := tx.Exec(`UPDATE "t" SET "n" = "n" * 10 WHERE "n" >= $1`, store.Int(2))
			if n != 3 || err != nil {
				t.Errorf("Exec(UPDATE) = %d, %v, want 3 rows", n, err)
			}
			n, err = tx.Exec(`DELETE FROM "t" WHERE "id" = 'nobody'`)
			if n != 0 || err != nil {
				t.Errorf("Exec(DELETE) = %d, %v, want 0 rows", n, err)
			}
			got, err := text(tx, `SELECT CAST("n" AS TEXT) FROM "t" ORDER BY "id"`)
			if got != "0 1 20 30 40" {
				t.Errorf("numbers in the transaction = %q", got)
			}
			return err
		})
		f.wantIDs("r0 r1 r2 r3 r4")
	})

	for _, kind := range []struct {
		name string
		run  func(store.Store) func(context.Context, func(store.Tx) error) error
	}{
		{"Write", func(s store.Store) func(context.Context, func(store.Tx) error) error { return s.Write }},
		{"Exclusive", func(s store.Store) func(context.Context, func(store.Tx) error) error { return s.Exclusive }},
	} {
		// An error and a panic roll back the write. The panic is returned as an error, since
		// others may be waiting behind this write.
		t.Run(kind.name+" that fails leaves nothing", func(t *testing.T) {
			f := s.new(t)
			write := kind.run(f.Store)
			want := errors.New("mine")
			err := write(t.Context(), func(tx store.Tx) error { return errors.Join(insert(tx, "a", 1), want) })
			if !errors.Is(err, want) {
				t.Errorf("error = %v, want the function's", err)
			}
			err = write(t.Context(), func(tx store.Tx) error {
				if err := insert(tx, "b", 1); err != nil {
					return err
				}
				panic("mine")
			})
			if err == nil || !strings.Contains(err.Error(), "mine") {
				t.Errorf("error after a panic = %v, want one that names it", err)
			}
			f.insert("c", 1)
			f.wantIDs("c")
		})

		// A write inside a write would wait for it forever; it is refused instead.
		t.Run(kind.name+" inside a write is an error", func(t *testing.T) {
			f := s.new(t)
			err := f.Write(t.Context(), func(tx store.Tx) error {
				if err := insert(tx, "a", 1); err != nil {
					return err
				}
				err := kind.run(f.Store)(t.Context(), func(store.Tx) error {
					t.Errorf("the inner function was called")
					return nil
				})
				if err == nil {
					t.Errorf("the inner write = nil, want an error")
				}
				return nil
			})
			if err != nil {
				t.Errorf("the outer Write() = %v, want nil", err)
			}
			f.wantIDs("a")
		})

		// A caller whose context ends while it waits in the queue, or before, gets the error of
		// the context, and its function is not called.
		t.Run(kind.name+" is not run for a caller who has gone", func(t *testing.T) {
			f := s.new(t)
			ctx, cancel := context.WithCancel(t.Context())
			over := make(chan error)
			release := f.hold()
			go func() {
				over <- kind.run(f.Store)(ctx, func(tx store.Tx) error { return insert(tx, "a", 1) })
			}()
			cancel()
			if err := <-over; !errors.Is(err, context.Canceled) {
				t.Errorf("error = %v, want context.Canceled", err)
			}
			release()
			if err := kind.run(f.Store)(ctx, func(tx store.Tx) error { return insert(tx, "b", 1) }); !errors.Is(err, context.Canceled) {
				t.Errorf("error = %v, want context.Canceled", err)
			}
			f.insert("c", 1)
			f.wantIDs("c")
		})
	}

	// A write that has begun is finished: it may be one of many that are committed together.
	t.Run("a caller who goes while it runs", func(t *testing.T) {
		f := s.new(t)
		ctx, cancel := context.WithCancel(t.Context())
		err := f.Write(ctx, func(tx store.Tx) error {
			cancel()
			return insert(tx, "a", 1)
		})
		if err != nil {
			t.Errorf("Write() = %v, want nil: it had begun", err)
		}
		f.wantIDs("a")
	})

	// runtime.Goexit, which FailNow of a test calls, must not end the writer.
	t.Run("a function that ends its goroutine", func(t *testing.T) {
		f := s.new(t)
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			_ = f.Write(context.Background(), func(tx store.Tx) error {
				_ = insert(tx, "a", 1)
				exitGoroutine()
				return nil
			})
		}()
		<-gone
		f.insert("b", 1)
		f.wantIDs("b")
	})

	t.Run("nothing works after the call", func(t *testing.T) {
		f := s.new(t)
		var kept store.Tx
		f.write(func(tx store.Tx) error {
			kept = tx
			return nil
		})
		if _, err := kept.Exec(`INSERT INTO "t" ("id") VALUES ('a')`); !errors.Is(err, store.ErrClosed) {
			t.Errorf("Exec() after the call = %v, want ErrClosed", err)
		}
		if _, err := kept.Query(`SELECT 1`); !errors.Is(err, store.ErrClosed) {
			t.Errorf("Query() after the call = %v, want ErrClosed", err)
		}
		if err := kept.Savepoint(func() error { return nil }); !errors.Is(err, store.ErrClosed) {
			t.Errorf("Savepoint() after the call = %v, want ErrClosed", err)
		}
		f.wantIDs("")
	})
}

// group tests writes that queue up behind a running write and then commit together.
func (s *suite) group(t *testing.T) {
	ended := errors.New("ended with its goroutine")
	// enqueue starts writes that queue up together, if they come in time, and returns their
	// errors in the order of fns.
	enqueue := func(f fixture, fns ...func(store.Tx) error) []error {
		errs := make([]error, len(fns))
		over := make(chan struct{})
		release := f.hold()
		for i, fn := range fns {
			go func() {
				defer func() { over <- struct{}{} }()
				errs[i] = ended
				errs[i] = f.Write(context.Background(), fn)
			}()
		}
		release()
		for range fns {
			<-over
		}
		return errs
	}

	// Writes that are committed together fail separately: an error or a panic rolls back only its
	// own write.
	t.Run("one that fails harms nobody", func(t *testing.T) {
		f := s.new(t)
		mine := errors.New("mine")
		var fns []func(store.Tx) error
		for i := range 30 {
			fns = append(fns, func(tx store.Tx) error {
				if err := insert(tx, fmt.Sprintf("r%02d", i), 1); err != nil {
					return err
				}
				switch i % 3 {
				case 1:
					return mine
				case 2:
					panic("mine")
				}
				return nil
			})
		}
		var want []string
		for i, err := range enqueue(f, fns...) {
			if i%3 == 0 {
				want = append(want, fmt.Sprintf("r%02d", i))
			}
			if ok := err == nil; ok != (i%3 == 0) {
				t.Errorf("write %d = %v", i, err)
			}
			if i%3 == 1 && err != mine {
				t.Errorf("write %d = %v, want its own error", i, err)
			}
		}
		f.wantIDs(strings.Join(want, " "))
	})

	// Exclusive writes take their turn in the queue like any other; none is lost, and none waits
	// forever.
	t.Run("an exclusive one among others", func(t *testing.T) {
		f := s.new(t)
		over := make(chan error)
		release := f.hold()
		for i := range 20 {
			go func() {
				write := f.Write
				if i%5 == 0 {
					write = f.Exclusive
				}
				over <- write(context.Background(), func(tx store.Tx) error { return insert(tx, fmt.Sprintf("r%02d", i), 1) })
			}()
		}
		release()
		for range 20 {
			if err := <-over; err != nil {
				t.Errorf("write = %v, want nil", err)
			}
		}
		if got := f.text(`SELECT count(*) FROM "t"`); got != "20" {
			t.Errorf("rows = %s, want 20", got)
		}
	})

	// Each write beside the one that ended its goroutine is stored or returns an error.
	t.Run("one that ends its goroutine", func(t *testing.T) {
		f := s.new(t)
		fns := []func(store.Tx) error{
			func(tx store.Tx) error { return insert(tx, "a", 1) },
			func(tx store.Tx) error { exitGoroutine(); return nil },
			func(tx store.Tx) error { return insert(tx, "c", 1) },
		}
		errs := enqueue(f, fns...)
		if errs[1] == nil {
			t.Errorf("the write that ended its goroutine = nil, want an error")
		}
		var want []string
		for i, id := range []string{"a", "", "c"} {
			if errs[i] == nil {
				want = append(want, id)
			}
		}
		f.wantIDs(strings.Join(want, " "))
		f.insert("d", 1)
	})
}

func (s *suite) close(t *testing.T) {
	t.Run("waits for what is queued, then refuses", s.closeWaitsForWhatIsQueuedThenRefuses)
	t.Run("waits for a read", s.closeWaitsForARead)
}

// A write beside Close is stored or refused with ErrClosed, and Close waits for it. Afterwards
// all calls are refused, and Close may be called again.
func (s *suite) closeWaitsForWhatIsQueuedThenRefuses(t *testing.T) {
	f := s.new(t)
	const writes = 10
	over := make(chan error)
	queued := make(chan struct{}, writes)
	release := f.hold()
	for i := range writes {
		go func() {
			queued <- struct{}{}
			over <- f.Write(context.Background(), func(tx store.Tx) error { return insert(tx, fmt.Sprint(i), 1) })
		}()
	}
	for range writes {
		<-queued
	}
	closed := make(chan error)
	go func() { closed <- f.Close() }()
	release()
	for range writes {
		if err := <-over; err != nil && !errors.Is(err, store.ErrClosed) {
			t.Errorf("Write() beside Close() = %v, want nil or ErrClosed", err)
		}
	}
	if err := <-closed; err != nil {
		t.Errorf("Close() = %v, want nil", err)
	}
	if err := f.Close(); err != nil {
		t.Errorf("Close() again = %v, want nil", err)
	}
	if err := f.Write(t.Context(), func(store.Tx) error { return nil }); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Write() after Close() = %v, want ErrClosed", err)
	}
	if err := f.Exclusive(t.Context(), func(store.Tx) error { return nil }); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Exclusive() after Close() = %v, want ErrClosed", err)
	}
	if err := f.Read(t.Context(), func(store.Reader) error { return nil }); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Read() after Close() = %v, want ErrClosed", err)
	}
}

// Close waits for a read that has begun.
func (s *suite) closeWaitsForARead(t *testing.T) {
	f := s.new(t)
	f.insert("a", 1)
	begun, over, closed := make(chan struct{}), make(chan error), make(chan error)
	go func() {
		over <- f.Read(context.Background(), func(r store.Reader) error {
			close(begun)
			for { // until Close has begun
				err := f.Write(context.Background(), func(store.Tx) error { return nil })
				if errors.Is(err, store.ErrClosed) {
					break
				}
				if err := f.Read(context.Background(), func(store.Reader) error { return nil }); errors.Is(err, store.ErrClosed) {
					break
				}
			}
			_, err := text(r, `SELECT "id" FROM "t"`)
			return err
		})
	}()
	<-begun
	go func() { closed <- f.Close() }()
	if err := <-over; err != nil {
		t.Errorf("Read() beside Close() = %v, want nil", err)
	}
	if err := <-closed; err != nil {
		t.Errorf("Close() = %v, want nil", err)
	}
}
