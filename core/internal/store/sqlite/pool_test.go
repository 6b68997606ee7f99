package sqlite

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/budget"
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

// lendAll takes all connections that the pool lends, slow ones included.
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
	if err := db.Read(t.Context(), func(store.Reader) error { return nil }); !errors.Is(err, store.ErrBusy) {
		t.Errorf("Read() when every connection is taken = %v, want ErrBusy", err)
	}
	db.readers.timeout = time.Minute
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	if err := db.Read(ctx, func(store.Reader) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Read() of a caller who goes = %v, want context.Canceled", err)
	}
	release()
	if got := countT(t, db); got != 0 {
		t.Errorf("rows = %d, want 0", got)
	}
	db.readers.mu.Lock()
	defer db.readers.mu.Unlock()
	if kept := len(db.readers.idle); kept > db.readers.size {
		t.Errorf("%d connections are kept, want %d at most", kept, db.readers.size)
	}
	if db.readers.running != [store.Lanes]int{} || len(db.readers.lent) != 0 || len(db.readers.waiting) != 0 {
		t.Errorf("running %d, lent %d, waiting %d, want none", db.readers.running, len(db.readers.lent), len(db.readers.waiting))
	}
}

func TestPoolKeepsSpareConnectionsForAWhile(t *testing.T) {
	db := openTest(t, Config{})
	defer mustClose(t, db)
	createT(t, db)
	p := db.readers
	count := func() (idle, spare int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.idle), len(p.spare)
	}
	lendAll(t, p)()
	lendAll(t, p)() // from the kept connections
	if idle, spare := count(); idle != p.size || spare != p.slowest {
		t.Errorf("%d and %d spare connections are kept after slow reads, want %d and %d", idle, spare, p.size, p.slowest)
	}
	p.closeSpare()
	if idle, spare := count(); idle != p.size || spare != 0 {
		t.Errorf("%d and %d spare connections are kept after a calm, want %d and 0", idle, spare, p.size)
	}
	lendAll(t, p)()
	if idle, spare := count(); idle != p.size || spare != p.slowest {
		t.Errorf("%d and %d spare connections after the calm, want %d and %d", idle, spare, p.size, p.slowest)
	}
}

// TestPoolOpensAnewWhatFailed also checks that a failed connection is not counted.
func TestPoolOpensAnewWhatFailed(t *testing.T) {
	db := openTest(t, Config{})
	defer mustClose(t, db)
	createT(t, db)
	p := db.readers
	open := p.open
	p.open = func(role) (*conn, error) { return nil, store.ErrUnavailable }
	for range 2 * p.size {
		if _, err := p.acquire(t.Context()); !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("acquire() = %v, want ErrUnavailable", err)
		}
	}
	p.open = open
	for range 2 * p.size {
		l, err := p.acquire(t.Context())
		if err != nil {
			t.Fatalf("acquire() = %v, want a connection", err)
		}
		if l.role != roleRead {
			t.Errorf("a lone read got a spare connection")
		}
		l.c.failed = true
		p.release(l)
	}
	if p.kept != 0 || len(p.idle) != 0 {
		t.Errorf("kept %d, idle %d, want none of the failed ones", p.kept, len(p.idle))
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
	if len(p.lent) != 0 || len(p.waiting) != 0 || p.running != [store.Lanes]int{} || len(p.idle) > p.size {
		t.Errorf("lent %d, waiting %d, running %d, idle %d", len(p.lent), len(p.waiting), p.running, len(p.idle))
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

// asGuest returns the context of a guest. The same name is the same guest.
func asGuest(t *testing.T, name string, limit time.Duration) context.Context {
	return store.WithCaller(t.Context(), limit, budget.Anonymous(name), store.Work{Shape: store.ShapeOf(name)})
}

// TestSlowReadsOfOneCaller: a guest who repeats slow reads endlessly has only a few running, and
// others read by id at once.
func TestSlowReadsOfOneCaller(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{})
	defer mustClose(t, db)
	createT(t, db)
	const limit = 400 * time.Millisecond
	ctx, end := context.WithCancel(asGuest(t, "192.0.2.1", limit))
	var storm sync.WaitGroup
	var busy, over atomic.Int64
	for range 24 {
		storm.Go(func() {
			for ctx.Err() == nil {
				switch err := db.Read(ctx, runEndless); {
				case errors.Is(err, store.ErrBusy):
					busy.Add(1)
				case errors.Is(err, store.ErrTimeout):
					over.Add(1)
				}
			}
		})
	}
	for over.Load() == 0 || busy.Load() == 0 { // some reach the limit, the others wait as long
		runtime.Gosched()
	}
	worst := time.Duration(0)
	for range 20 {
		began := time.Now()
		err := db.Read(asGuest(t, "192.0.2.2", limit), func(r store.Reader) error {
			_, err := readT(r)
			return err
		})
		if err != nil {
			t.Errorf("a quick read: %v", err)
		}
		worst = max(worst, time.Since(began))
		db.readers.mu.Lock()
		running := 0
		for _, l := range db.readers.lent {
			if l.caller.Name == "192.0.2.1" {
				running++
			}
		}
		db.readers.mu.Unlock()
		if most := db.readers.size + slowOfCaller; running > most {
			t.Errorf("%d slow reads of one caller, want %d at most", running, most)
		}
	}
	t.Logf("the worst quick read took %v", worst)
	end()
	storm.Wait()
}

// TestReadsAreRevoked: if the slow reads of many callers, each of another shape, leave no room,
// the next ones end before their limit.
func TestReadsAreRevoked(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{})
	defer mustClose(t, db)
	createT(t, db)
	ctx, end := context.WithCancel(t.Context())
	var storm sync.WaitGroup
	p := db.readers
	p.revokeAfter = 50 * time.Millisecond
	for i := range p.size + p.slowest {
		storm.Go(func() {
			c := budget.Anonymous(fmt.Sprint("192.0.2.", i))
			for ctx.Err() == nil {
				_ = db.Read(store.WithCaller(ctx, time.Hour, c, store.Work{Shape: store.Shape(i)}), runEndless)
			}
		})
	}
	taken := func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.lent) >= p.size
	}
	for !taken() {
		runtime.Gosched()
	}
	for _, c := range []budget.Caller{budget.Anonymous("198.51.100.1"), {Class: budget.Known, Group: "users", Name: "ann"}} {
		err := db.Read(store.WithCaller(t.Context(), time.Minute, c, store.Work{Shape: 1 << 20}), func(store.Reader) error { return nil })
		if err != nil {
			t.Errorf("a quick read of %v: %v", c, err)
		}
	}
	end()
	storm.Wait()
}

// TestSlowShapesStayApart: guests of many addresses repeat one slow read. Once it is known to be
// slow, it gets no connection for quick reads, and only a few of the others.
func TestSlowShapesStayApart(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{})
	defer mustClose(t, db)
	createT(t, db)
	p := db.readers
	const shape = 5
	ctx, end := context.WithCancel(t.Context())
	var storm sync.WaitGroup
	for i := range 30 {
		storm.Go(func() {
			c := store.WithCaller(ctx, 200*time.Millisecond, budget.Anonymous(fmt.Sprint("192.0.2.", i)), store.Work{Shape: shape})
			for ctx.Err() == nil {
				_ = db.Read(c, runEndless)
			}
		})
	}
	count := func() (n [store.Lanes]int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, l := range p.lent {
			if l.work.Shape == shape {
				n[l.lane]++
			}
		}
		return n
	}
	for p.pace.Of(shape, time.Now()) != budget.Slow || count()[store.LaneTrial] > 0 { // began before the shape was known
		runtime.Gosched()
	}
	guest := store.WithCaller(t.Context(), time.Minute, budget.Anonymous("198.51.100.1"), store.Work{Prompt: true, Shape: 6})
	for range 200 {
		if err := db.Read(guest, func(r store.Reader) error { _, err := readT(r); return err }); err != nil {
			t.Errorf("a prompt read: %v", err)
		}
		if n := count(); n[store.LanePrompt]+n[store.LaneQuick] > 0 || n[store.LaneTrial] > 0 || n[store.LaneSlow] > p.slowest {
			t.Errorf("slow reads by lane: %v", n)
		}
	}
	end()
	storm.Wait()
}

// TestQuickShapesAreLearnt: a read of unknown cost waits for other such reads; after it was
// quick, it has the places of quick reads.
func TestQuickShapesAreLearnt(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{})
	defer mustClose(t, db)
	createT(t, db)
	ctx := store.WithCaller(t.Context(), time.Minute, budget.Anonymous("192.0.2.1"), store.Work{Shape: 7})
	for _, want := range []store.Lane{store.LaneTrial, store.LaneQuick} {
		if got := db.readers.visitOf(ctx).lane; got != want {
			t.Errorf("the lane is %d, want %d", got, want)
		}
		if err := db.Read(ctx, func(r store.Reader) error { _, err := readT(r); return err }); err != nil {
			t.Error(err)
		}
	}
}

func TestCachesShareTheirMemory(t *testing.T) {
	t.Parallel()
	for readers, want := range map[int]int{2: 64 << 10, 3: 64 << 10, 4: 48 << 10, 5: 39321, 9: 32 << 10, 65: 32 << 10} {
		for _, limit := range []int64{0, 16 << 30} {
			if writer, reader := cacheSizes(limit, readers); writer != 64<<10 || reader != want {
				t.Errorf("cacheSizes(%d, %d) = %d, %d, want 65536, %d", limit, readers, writer, reader, want)
			}
		}
	}
	for _, test := range []struct {
		limit          int64
		readers        int
		writer, reader int
	}{
		{128 << 20, 3, 32 << 10, 32 << 10},
		{32 << 20, 3, 8 << 10, 8 << 10},
		{16 << 20, 17, 4 << 10, 722},
		{1, 3, 256, 256},
	} {
		if writer, reader := cacheSizes(test.limit, test.readers); writer != test.writer || reader != test.reader {
			t.Errorf("cacheSizes(%d, %d) = %d, %d, want %d, %d", test.limit, test.readers, writer, reader, test.writer, test.reader)
		}
	}
}
