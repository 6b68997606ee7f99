package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/sqlite/binding"
)

// readReuses reads a row and reports whether the read continued in a kept transaction.
func readReuses(t *testing.T, db *DB) (reused bool) {
	t.Helper()
	err := db.Read(t.Context(), func(r store.Reader) error {
		reused = r.(*reader).c.read.reused
		_, err := readT(r)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return reused
}

// keptNow returns the number of idle connections that keep a transaction.
func keptNow(db *DB) (n int) {
	db.readers.mu.Lock()
	defer db.readers.mu.Unlock()
	for _, c := range db.readers.idle {
		if c.read.kept {
			n++
		}
	}
	return n
}

// keepWarm reads until a read continues in the transaction of the previous one: on a busy machine
// keepFor may pass in between.
func keepWarm(t *testing.T, db *DB) {
	t.Helper()
	for range 1000 {
		if readReuses(t, db) {
			return
		}
	}
	t.Fatal("no read went on in the transaction of the one before")
}

func TestReadsGoOnInAKeptTransaction(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{Serve: true})
	defer mustClose(t, db)
	createT(t, db)
	other := openTest(t, Config{Dir: db.cfg.Dir})
	defer mustClose(t, other)
	for name, between := range map[string]func(){
		"a write":                    func() { insertT(t, db, 1) },
		"a write of another process": func() { insertT(t, other, 2) },
		"a change of the schema": func() {
			err := db.Exclusive(t.Context(), func(tx store.Tx) error {
				_, err := tx.Exec(`ALTER TABLE "t" ADD COLUMN "more" TEXT`)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		},
		"a checkpoint": func() { db.writer.finish(t.Context()) },
		"a while":      db.readers.expire,
	} {
		keepWarm(t, db)
		between()
		if readReuses(t, db) {
			t.Errorf("a read after %s went on in the transaction of the one before", name)
		}
	}
	keepWarm(t, db)
	db.readers.stopKeeping()
	if readReuses(t, db); keptNow(db) != 0 {
		t.Error("a transaction is kept while none may be")
	}
	db.readers.keepAgain()
	keepWarm(t, db)
	for range 20 { // only a server keeps transactions
		if readReuses(t, other); keptNow(other) != 0 {
			t.Fatal("a connection that is no server's keeps its transaction")
		}
	}
}

func TestSpareConnectionsKeepNoTransactions(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{Serve: true})
	defer mustClose(t, db)
	createT(t, db)
	release := lendAll(t, db.readers)
	release()
	db.readers.mu.Lock()
	c := db.readers.spare[0]
	db.readers.mu.Unlock()
	if err := c.beginRead(neverKept); err != nil {
		t.Fatal(err)
	}
	if err := c.endRead(db.readers.now()); err != nil || c.read.kept {
		t.Errorf("endRead() of a spare connection = %v, kept %t", err, c.read.kept)
	}
	keepWarm(t, db)
	if err := db.Copy(t.Context(), filepath.Join(t.TempDir(), "copy.db"), nil); err != nil {
		t.Errorf("Copy() = %v", err)
	}
}

// A transaction whose snapshot is outdated at the end of its call is ended, and so is one whose
// era ends before its loan.
func TestUselessTransactionsAreNotKept(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{Serve: true})
	defer mustClose(t, db)
	createT(t, db)
	err := db.Read(t.Context(), func(r store.Reader) error {
		_, err := readT(r)
		insertT(t, db, 1)
		return err
	})
	if err != nil || keptNow(db) != 0 {
		t.Errorf("Read() beside a write = %v, and %d transactions are kept", err, keptNow(db))
	}
	for {
		l, err := db.readers.acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		l.c.reading.Lock()
		if err := errors.Join(l.c.beginRead(l.era), l.c.endRead(db.readers.now())); err != nil {
			t.Fatal(err)
		}
		kept := l.c.read.kept
		db.readers.expire() // between the end of the call and the end of its loan
		l.c.reading.Unlock()
		db.readers.release(l)
		if keptNow(db) != 0 {
			t.Error("a transaction of an earlier era is kept")
		}
		if kept { // false if the era has ended by itself
			break
		}
	}
}

// A checkpoint copies the whole log, and the log is begun anew, whenever the transaction that is
// kept meanwhile was begun.
func TestKeptTransactionsLetTheLogBeginAnew(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{Serve: true})
	defer mustClose(t, db)
	createT(t, db)
	insertT(t, db, 1)
	for n := range int64(12) {
		keep := func(when int64) {
			if n%4 == when {
				keepWarm(t, db)
			}
		}
		keep(0)
		var lent *loan
		if n%4 == 3 { // to a caller that has not begun to read
			keepWarm(t, db)
			var err error
			if lent, err = db.readers.acquire(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		insertT(t, db, 10+n)
		keep(1)
		db.writer.finish(t.Context())
		keep(2) // its snapshot is completely in the database file
		insertT(t, db, 100+n)
		if frames := db.writer.c.Frames(); frames != 1 {
			t.Errorf("round %d: the log has %d pages after a checkpoint and a write of one", n, frames)
		}
		if lent != nil {
			db.readers.release(lent)
		}
	}
}

// A checkpoint of another process that waits for all readers is not blocked.
func TestKeptTransactionsMakeWayForOthers(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{Serve: true})
	defer mustClose(t, db)
	createT(t, db)
	insertT(t, db, 1)
	other := openTest(t, Config{Dir: db.cfg.Dir})
	defer mustClose(t, other)
	insertT(t, other, 2)
	keepWarm(t, db)
	onWriter(t, other, func(c *conn) error {
		_, _, err := c.Checkpoint(binding.CheckpointTruncate)
		return err
	})
	if size := logSize(t, other); size != 0 {
		t.Errorf("the log has %d bytes after another process has emptied it", size)
	}
	if got := countT(t, db); got != 2 {
		t.Errorf("rows = %d, want 2", got)
	}
}

// Each read finds all writes that were acknowledged before it began, by any process, and nothing
// older than an earlier read did. Equal stamps mean equal snapshots. Meanwhile the schema
// changes, the log is begun anew, and the database is copied and replaced.
func TestKeptTransactionsReadWhatIsThere(t *testing.T) {
	t.Parallel()
	t.Run("alone", func(t *testing.T) { testKept(t, false, Config{Serve: true, checkpointEvery: 50}) })
	t.Run("beside another process", func(t *testing.T) { testKept(t, true, Config{Serve: true, checkpointEvery: 50}) })
	t.Run("with small caches", func(t *testing.T) {
		testKept(t, true, Config{Serve: true, checkpointEvery: 50, at: place{cachePages: 5}})
	})
}

func setCounter(db *DB, n int64) error {
	return db.Write(context.Background(), func(tx store.Tx) error {
		_, err := tx.Exec(`INSERT OR REPLACE INTO "counter" ("id", "n", "filler") VALUES (1, $1, $2)`,
			store.Int(n), store.Text(strings.Repeat("filler ", int(n)%1000)))
		return err
	})
}

func readCounter(r store.Reader) (n int64, err error) {
	rows, err := r.Query(`SELECT "n" FROM "counter"`)
	if err != nil {
		return 0, err
	}
	for rows.Next() {
		n = rows.Int(0)
	}
	return n, rows.Close()
}

// keptRun is a run of TestKeptTransactionsReadWhatIsThere.
type keptRun struct {
	*testing.T
	db, other    *DB
	acknowledged atomic.Int64
	stamps       sync.Map // stamp to counter
	done         chan struct{}
	reads, again atomic.Int64
}

func testKept(t *testing.T, foreign bool, cfg Config) {
	r := &keptRun{T: t, db: openTest(t, cfg), done: make(chan struct{})}
	cfg.Dir, cfg.Serve = r.db.cfg.Dir, false
	r.other = openTest(t, cfg)
	defer mustClose(t, r.db)
	defer mustClose(t, r.other)
	err := r.db.Exclusive(t.Context(), func(tx store.Tx) error {
		_, err := tx.Exec(`CREATE TABLE "counter" ("id" INTEGER PRIMARY KEY, "n" INTEGER, "filler" TEXT)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var readers sync.WaitGroup
	for i := range 6 {
		from := r.db
		if foreign && i == 5 {
			from = r.other
		}
		readers.Go(func() { r.read(from, !foreign) })
	}
	for n := int64(1); n <= int64(40**stress); n++ {
		r.write(n, foreign)
	}
	close(r.done)
	readers.Wait()
	t.Logf("%d reads, %d of them in a kept transaction", r.reads.Load(), r.again.Load())
	if r.again.Load() == 0 {
		t.Error("no read went on in a kept transaction")
	}
	if got := integrity(t, r.db); got != "ok" {
		t.Errorf("integrity_check = %s", got)
	}
	if size, limit := logSize(t, r.db), int64(4<<20); size > limit {
		t.Errorf("the log has %d bytes, want %d at most: it was not begun anew", size, limit)
	}
}

// write sets the counter. After some writes it also adds a column to the table, or replaces the
// database by a copy of itself.
func (r *keptRun) write(n int64, foreign bool) {
	to := r.db
	if foreign && n%3 == 0 {
		to = r.other
	}
	if err := setCounter(to, n); err != nil {
		r.Errorf("Write() = %v", err)
	}
	r.acknowledged.Store(n)
	switch n % 20 {
	case 5:
		err := to.Exclusive(r.Context(), func(tx store.Tx) error {
			_, err := tx.Exec(fmt.Sprintf(`ALTER TABLE "counter" ADD COLUMN "c%d" TEXT DEFAULT 'x'`, n))
			return err
		})
		if err != nil {
			r.Errorf("Exclusive() = %v", err)
		}
	case 15:
		path := filepath.Join(r.TempDir(), "copy.db")
		if err := r.db.Copy(r.Context(), path, nil); err != nil {
			r.Errorf("Copy() = %v", err)
		}
		if err := r.db.Replace(r.Context(), path, func() {}); err != nil {
			r.Errorf("Replace() = %v", err)
		}
	}
}

// read reads until the end of the run.
func (r *keptRun) read(from *DB, stamped bool) {
	var last int64
	for {
		select {
		case <-r.done:
			return
		default:
		}
		before := r.acknowledged.Load()
		err := from.Read(r.Context(), func(tx store.Reader) error {
			stamp, ok := uint64(0), false
			if stamped { // stamps of another process's writes are a second late
				stamp, ok = tx.Stamp("counter")
			}
			n, err := readCounter(tx)
			if err != nil {
				return err
			}
			if n < before || n < last {
				return fmt.Errorf("read %d after %d was acknowledged and %d read", n, before, last)
			}
			last = n
			if r.reads.Add(1); tx.(*reader).c.read.reused {
				r.again.Add(1)
			}
			if was, found := r.stamps.LoadOrStore(stamp, n); ok && found && was.(int64) != n {
				return fmt.Errorf("stamp %d stands for %d and %d", stamp, was, n)
			}
			return nil
		})
		if err != nil {
			r.Error(err)
			return
		}
	}
}

// A call that fails, panics or is cancelled leaves nothing to the next call.
func TestKeptTransactionAfterFailures(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{Serve: true})
	defer mustClose(t, db)
	createT(t, db)
	boom := errors.New("boom")
	for n := range int64(30) {
		keepWarm(t, db)
		if err := db.Read(t.Context(), func(store.Reader) error { return boom }); !errors.Is(err, boom) {
			t.Fatalf("Read() = %v, want the error of its function", err)
		}
		func() {
			defer func() { _ = recover() }()
			_ = db.Read(t.Context(), func(r store.Reader) error {
				if _, err := r.Query(`SELECT * FROM "t"`); err != nil {
					t.Error(err)
				}
				panic("boom")
			})
		}()
		ctx, cancel := context.WithCancel(t.Context())
		err := db.Read(ctx, func(r store.Reader) error {
			cancel()
			return runEndless(r)
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("Read() = %v, want context.Canceled", err)
		}
		_ = db.Read(t.Context(), func(r store.Reader) error {
			_, err := r.Query(`SELECT nonsense`)
			return err
		})
		insertT(t, db, n)
		if got := countT(t, db); got != n+1 {
			t.Fatalf("rows = %d, want %d", got, n+1)
		}
	}
}
