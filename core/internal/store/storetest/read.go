// Reads and their time limits.

package storetest

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

func (s *suite) read(t *testing.T) {
	t.Run("values come back as they were bound", s.readValuesComeBackAsTheyWereBound)
	t.Run("one state for all queries", s.readOneStateForAllQueries)
	t.Run("queries may overlap", s.readQueriesMayOverlap)
	t.Run("rows after their end", s.readRowsAfterTheirEnd)
	t.Run("nothing works after the call", s.readNothingWorksAfterTheCall)
	t.Run("errors and panics of the function", s.readErrorsAndPanicsOfTheFunction)
	t.Run("a read does not write", s.readAReadDoesNotWrite)
}

// Values are read back with their kind and every bit: NULL is not the empty text, the greatest
// integers are not rounded, and a long text is complete. $1 is used twice, and parameters out of
// order.
func (s *suite) readValuesComeBackAsTheyWereBound(t *testing.T) {
	f := s.new(t)
	long := strings.Repeat("é", 100_000)
	f.read(func(r store.Reader) error {
		rows, err := r.Query(`SELECT $2, CAST($1 AS TEXT), $3, $4, $5, $6, $7, $1`,
			store.Text(""), store.Null, store.Int(math.MinInt64), store.Int(math.MaxInt64),
			store.Float(-1.25e300), store.Bool(true), store.Text(long))
		if err != nil {
			return err
		}
		if !rows.Next() {
			t.Fatalf("Next() = false, want a row: %v", rows.Err())
		}
		if rows.Kind(0) != store.KindNull || rows.Bytes(0) != nil || rows.Text(0) != "" {
			t.Errorf("NULL = %v %q", rows.Kind(0), rows.Bytes(0))
		}
		if rows.Kind(1) != store.KindText || rows.Bytes(1) == nil || len(rows.Bytes(1)) != 0 {
			t.Errorf("empty text = %v %#v, want an empty slice that is not nil", rows.Kind(1), rows.Bytes(1))
		}
		if rows.Kind(2) != store.KindInt || rows.Int(2) != math.MinInt64 || rows.Int(3) != math.MaxInt64 {
			t.Errorf("integers = %v %d %d", rows.Kind(2), rows.Int(2), rows.Int(3))
		}
		if rows.Kind(4) != store.KindFloat || rows.Float(4) != -1.25e300 {
			t.Errorf("float = %v %v", rows.Kind(4), rows.Float(4))
		}
		if !rows.Bool(5) {
			t.Errorf("bool = false, want true")
		}
		if rows.Text(6) != long {
			t.Errorf("long text of %d bytes came back with %d", len(long), len(rows.Text(6)))
		}
		if rows.Next() {
			t.Errorf("Next() = true after the only row")
		}
		return rows.Close()
	})
}

// A read sees the state at its first query, whatever is committed while it runs.
func (s *suite) readOneStateForAllQueries(t *testing.T) {
	f := s.new(t)
	f.insert("a", 1)
	f.read(func(r store.Reader) error {
		before, err := text(r, `SELECT "id" FROM "t" ORDER BY "id"`)
		if err != nil {
			return err
		}
		f.insert("b", 2)
		after, err := text(r, `SELECT "id" FROM "t" ORDER BY "id"`)
		if before != "a" || after != "a" {
			t.Errorf("queries of one read = %q, %q, want the same state", before, after)
		}
		return err
	})
	f.wantIDs("a b")
}

// The same statement may run again while its rows are being read: a prepared statement that is
// busy must not be used twice.
func (s *suite) readQueriesMayOverlap(t *testing.T) {
	f := s.new(t)
	f.insert("a", 1)
	f.insert("b", 2)
	const sql = `SELECT "id" FROM "t" ORDER BY "id"`
	f.read(func(r store.Reader) error {
		outer, err := r.Query(sql)
		if err != nil {
			return err
		}
		defer outer.Close()
		var seen []string
		for outer.Next() {
			inner, err := text(r, sql)
			if err != nil {
				return err
			}
			seen = append(seen, outer.Text(0)+":"+inner)
		}
		if got := strings.Join(seen, ","); got != "a:a b,b:a b" {
			t.Errorf("outer:inner = %q", got)
		}
		return outer.Err()
	})
}

// Closed rows have no row and may be closed again, so that Close can be deferred and called.
func (s *suite) readRowsAfterTheirEnd(t *testing.T) {
	f := s.new(t)
	f.insert("a", 1)
	f.read(func(r store.Reader) error {
		rows, err := r.Query(`SELECT "id", "n" FROM "t"`)
		if err != nil {
			return err
		}
		rows.Next()
		for range 2 {
			if err := rows.Close(); err != nil {
				t.Errorf("Close() = %v, want nil", err)
			}
		}
		if rows.Next() || rows.Bytes(0) != nil || rows.Int(1) != 0 || rows.Float(1) != 0 || rows.Kind(0) != store.KindNull {
			t.Errorf("closed rows still have a row")
		}
		return nil
	})
}

// A reader and its rows that are kept beyond the call return ErrClosed; the connection may be in
// use by another call by then.
func (s *suite) readNothingWorksAfterTheCall(t *testing.T) {
	f := s.new(t)
	f.insert("a", 1)
	var reader store.Reader
	var rows store.Rows
	f.read(func(r store.Reader) (err error) {
		reader = r
		rows, err = r.Query(`SELECT "id" FROM "t"`)
		return err
	})
	if _, err := reader.Query(`SELECT 1`); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Query() after the call = %v, want ErrClosed", err)
	}
	if rows.Next() || !errors.Is(rows.Err(), store.ErrClosed) {
		t.Errorf("rows after the call: Err() = %v, want ErrClosed", rows.Err())
	}
	if _, ok := reader.Stamp("t"); ok {
		t.Errorf("Stamp() after the call is ok")
	}
}

// Read returns errors of the function unchanged and does not catch its panics. Neither costs a
// connection.
func (s *suite) readErrorsAndPanicsOfTheFunction(t *testing.T) {
	f := s.new(t)
	want := errors.New("mine")
	if err := f.Read(t.Context(), func(store.Reader) error { return want }); err != want {
		t.Errorf("Read() = %v, want the function's error", err)
	}
	func() {
		defer func() {
			if v := recover(); v != "mine" {
				t.Errorf("recover() = %v, want the function's panic", v)
			}
		}()
		_ = f.Read(t.Context(), func(r store.Reader) error {
			if _, err := r.Query(`SELECT 1`); err != nil {
				return err
			}
			panic("mine")
		})
	}()
	for range 100 { // more than the number of connections
		f.wantIDs("")
	}
}

// A write is refused in a read: the change log would not have it.
func (s *suite) readAReadDoesNotWrite(t *testing.T) {
	f := s.new(t)
	err := f.Read(t.Context(), func(r store.Reader) error {
		_, err := text(r, `INSERT INTO "t" ("id") VALUES ('a') RETURNING "id"`)
		return err
	})
	if err == nil {
		t.Errorf("INSERT in Read() = nil, want an error")
	}
	f.wantIDs("")
}

// endless is a query that never ends.
const endless = `WITH RECURSIVE "c"("i") AS (SELECT 1 UNION ALL SELECT "i" + 1 FROM "c" WHERE "i" > 0)
SELECT count(*) FROM "c"`

func (s *suite) limits(t *testing.T) {
	t.Run("cancelled before", s.limitsCancelledBefore)
	t.Run("cancelled while it runs", s.limitsCancelledWhileItRuns)
	t.Run("past its deadline", s.limitsPastItsDeadline)
	t.Run("past its limit", s.limitsPastItsLimit)
	t.Run("slow reads do not stop quick ones", s.limitsSlowReadsDoNotStopQuickOnes)
}

// If the context has ended, the function is not called at all.
func (s *suite) limitsCancelledBefore(t *testing.T) {
	f := s.new(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := f.Read(ctx, func(store.Reader) error {
		t.Errorf("the function was called")
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Read() = %v, want context.Canceled", err)
	}
}

// The end of the context interrupts a running query, and the connection is usable afterwards.
func (s *suite) limitsCancelledWhileItRuns(t *testing.T) {
	f := s.new(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := f.Read(ctx, func(r store.Reader) error {
		go cancel()
		_, err := text(r, endless)
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Read() = %v, want context.Canceled", err)
	}
	f.wantIDs("")
}

// The error after a deadline is ErrTimeout, not the context's error: before the read begins,
// while a query runs, and for every later query.
func (s *suite) limitsPastItsDeadline(t *testing.T) {
	f := s.new(t)
	ctx, cancel := context.WithTimeout(t.Context(), 1)
	defer cancel()
	if err := f.Read(ctx, func(store.Reader) error { return nil }); !errors.Is(err, store.ErrTimeout) {
		t.Errorf("Read() past its deadline = %v, want ErrTimeout", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 50e6)
	defer cancel()
	err := f.Read(ctx, func(r store.Reader) error {
		if _, err := text(r, endless); !errors.Is(err, store.ErrTimeout) {
			t.Errorf("the query = %v, want ErrTimeout", err)
		}
		_, err := text(r, `SELECT 1`)
		return err
	})
	if !errors.Is(err, store.ErrTimeout) {
		t.Errorf("a query after the deadline = %v, want ErrTimeout", err)
	}
	f.wantIDs("")
}

// WithLimit bounds the time of a read like a deadline; the shorter of the two counts.
func (s *suite) limitsPastItsLimit(t *testing.T) {
	f := s.new(t)
	later, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	for _, ctx := range []context.Context{t.Context(), later} {
		err := f.Read(store.WithLimit(ctx, 50*time.Millisecond), func(r store.Reader) error {
			_, err := text(r, endless)
			return err
		})
		if !errors.Is(err, store.ErrTimeout) {
			t.Errorf("the query = %v, want ErrTimeout", err)
		}
	}
	soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := f.Read(store.WithLimit(soon, time.Hour), func(r store.Reader) error {
		_, err := text(r, endless)
		return err
	})
	if !errors.Is(err, store.ErrTimeout) {
		t.Errorf("the query with a longer limit than its deadline = %v, want ErrTimeout", err)
	}
	f.wantIDs("")
}

// A few endless queries leave connections to other reads.
func (s *suite) limitsSlowReadsDoNotStopQuickOnes(t *testing.T) {
	f := s.new(t)
	ctx, cancel := context.WithCancel(t.Context())
	begun, over := make(chan struct{}), make(chan error)
	const slow = 5
	for range slow {
		go func() {
			over <- f.Read(ctx, func(r store.Reader) error {
				begun <- struct{}{}
				_, err := text(r, endless)
				return err
			})
		}()
	}
	for range slow {
		<-begun
	}
	f.wantIDs("")
	cancel()
	for range slow {
		if err := <-over; !errors.Is(err, context.Canceled) {
			t.Errorf("slow Read() = %v, want context.Canceled", err)
		}
	}
}
