package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/disktest"
)

// fill creates a table of about the given size, with the version in each row, and a counter with
// the same version.
func fill(t *testing.T, db store.Store, megabytes, version int) {
	t.Helper()
	err := db.Exclusive(t.Context(), func(tx store.Tx) error {
		for _, sql := range []string{
			`CREATE TABLE IF NOT EXISTS "big" ("id" INTEGER PRIMARY KEY, "version" INTEGER, "s" TEXT)`,
			`CREATE TABLE IF NOT EXISTS "counter" ("version" INTEGER)`,
			`DELETE FROM "big"`,
			`DELETE FROM "counter"`,
			fmt.Sprintf(`INSERT INTO "counter" VALUES (%d)`, version),
			fmt.Sprintf(`WITH RECURSIVE "n"("i") AS (SELECT 1 UNION ALL SELECT "i" + 1 FROM "n" WHERE "i" < %d)
				INSERT INTO "big" SELECT "i", %d, hex(randomblob(1000)) FROM "n"`, megabytes*500, version),
		} {
			if _, err := tx.Exec(sql); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// bump adds 1 to the version in one row and in the counter.
func bump(t *testing.T, db store.Store, id int) {
	t.Helper()
	err := db.Write(t.Context(), func(tx store.Tx) error {
		if _, err := tx.Exec(`UPDATE "big" SET "version" = "version" + 1 WHERE "id" = $1`, store.Int(int64(id))); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE "counter" SET "version" = "version" + 1`)
		return err
	})
	if err != nil {
		t.Errorf("Write() = %v", err)
	}
}

// versions returns the version of the counter, and the sum of the versions of the rows.
func versions(t *testing.T, r store.Reader) (counter, sum int64) {
	t.Helper()
	rows, err := r.Query(`SELECT (SELECT "version" FROM "counter"), (SELECT sum("version") FROM "big")`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if !rows.Next() {
		t.Fatalf("no versions: %v", rows.Err())
	}
	return rows.Int(0), rows.Int(1)
}

func versionOf(t *testing.T, db store.Store) (counter int64) {
	t.Helper()
	if err := db.Read(t.Context(), func(r store.Reader) error { counter, _ = versions(t, r); return nil }); err != nil {
		t.Fatal(err)
	}
	return counter
}

// filesOf returns the files whose names begin with the path.
func filesOf(t *testing.T, path string) []string {
	t.Helper()
	names, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestCopyIsOfOneStateWhileWritesGoOn(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{})
	defer mustClose(t, db)
	fill(t, db, 6, 0)
	var writing sync.WaitGroup
	done := make(chan struct{})
	for w := range 4 {
		writing.Go(func() {
			for i := w; ; i += 4 {
				select {
				case <-done:
					return
				default:
					bump(t, db, 1+i%3000)
				}
			}
		})
	}
	for versionOf(t, db) == 0 {
		bump(t, db, 1)
	}
	path := filepath.Join(t.TempDir(), "copy.db")
	var last, of int64
	err := db.Copy(t.Context(), path, func(copied, total int64) {
		if copied < last || copied > total {
			t.Errorf("progress(%d, %d) after %d", copied, total, last)
		}
		last, of = copied, total
	})
	before := versionOf(t, db)
	bump(t, db, 1)
	close(done)
	writing.Wait()
	if err != nil {
		t.Fatalf("Copy() = %v", err)
	}
	if last == 0 || of < 5<<20 {
		t.Errorf("the last progress was %d of %d bytes", last, of)
	}
	if got := filesOf(t, path); len(got) != 1 {
		t.Errorf("after the copy there is %v", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy has the mode %v, %v, want 0600", info.Mode(), err)
	}
	source, err := OpenSource(path)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	if notes, err := source.Check(t.Context()); err != nil || len(notes) > 0 {
		t.Errorf("the copy is damaged: %v, %v", notes, err)
	}
	err = source.Read(t.Context(), func(r store.Reader) error {
		counter, sum := versions(t, r)
		if counter != sum || counter < 1 || counter > before {
			t.Errorf("the copy has the counter %d and the sum %d, want the same, up to %d", counter, sum, before)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCopyThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{})
	fill(t, db, 4, 0)
	path := filepath.Join(t.TempDir(), "copy.db")

	ctx, cancel := context.WithCancel(t.Context())
	if err := db.Copy(ctx, path, func(int64, int64) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("Copy() that is cancelled = %v, want %v", err, context.Canceled)
	}
	closed := make(chan struct{})
	var once sync.Once
	err := db.Copy(t.Context(), path, func(int64, int64) {
		once.Do(func() {
			go func() { defer close(closed); mustClose(t, db) }()
			<-db.closing
		})
	})
	if !errors.Is(err, store.ErrClosed) {
		t.Errorf("Copy() while the store is closed = %v, want ErrClosed", err)
	}
	<-closed
	if err := db.Copy(t.Context(), path, nil); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Copy() of a closed store = %v, want ErrClosed", err)
	}
	if got := filesOf(t, path); len(got) != 0 {
		t.Errorf("failed copies left %v", got)
	}
}

func TestCopyKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{})
	defer mustClose(t, db)
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(path, []byte("a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := db.Copy(t.Context(), path, nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Copy() to a file that exists = %v, want %v", err, fs.ErrExist)
	}
	if got, _ := os.ReadFile(path); string(got) != "a file" {
		t.Errorf("Copy() has changed a file that exists")
	}
}

// copyOf makes a copy of the database and returns its path.
func copyOf(t *testing.T, db *DB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := db.Copy(t.Context(), path, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReplaceUnderReadersAndWriters(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := openTest(t, Config{Dir: dir})
	fill(t, db, 2, 7)
	path := copyOf(t, db)
	fill(t, db, 3, 100)
	stampOf := func() (stamp uint64) {
		if err := db.Read(t.Context(), func(r store.Reader) error {
			stamp, _ = r.Stamp("big")
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return stamp
	}
	stamp := stampOf()

	// A reader that has begun before the replacement, and writers during it.
	reading, replaced := make(chan struct{}), make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() {
		err := db.Read(t.Context(), func(r store.Reader) error {
			if counter, _ := versions(t, r); counter < 100 {
				t.Errorf("before: version %d, want the present one", counter)
			}
			close(reading)
			<-replaced
			if counter, _ := versions(t, r); counter < 100 {
				t.Errorf("a reader in progress sees version %d: another state than before", counter)
			}
			return nil
		})
		if err != nil {
			t.Errorf("Read() = %v", err)
		}
	})
	<-reading
	for w := range 4 {
		work.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-replaced:
					return
				default:
					bump(t, db, 1+w*200+i%200)
				}
			}
		})
	}
	called := 0
	err := db.Replace(t.Context(), path, func() {
		called++
		if got := versionOf(t, db); got != 7 {
			t.Errorf("when the caller is told the version is %d, want 7", got)
		}
	})
	close(replaced)
	work.Wait()
	if err != nil || called != 1 {
		t.Fatalf("Replace() = %v, and told %d times", err, called)
	}
	if got := versionOf(t, db); got < 7 || got > 99 {
		t.Errorf("after: version %d, want that of the copy and what was written on it", got)
	}
	if stampOf() == stamp {
		t.Errorf("the stamp of a table is the same before and after")
	}
	if got := integrity(t, db); got != "ok" {
		t.Errorf("integrity: %s", got)
	}
	bump(t, db, 1)
	last := versionOf(t, db)
	mustClose(t, db)
	again := openTest(t, Config{Dir: dir})
	defer mustClose(t, again)
	if got := versionOf(t, again); got != last {
		t.Errorf("after a restart: version %d, want %d", got, last)
	}
}

func TestReplaceThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{})
	defer mustClose(t, db)
	fill(t, db, 4, 1)
	path := copyOf(t, db)
	fill(t, db, 4, 2)
	never := func() { t.Error("told of a replacement that failed") }
	if err := db.Replace(t.Context(), path+".none", never); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Replace() by no file = %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Replace(ctx, path, never); !errors.Is(err, context.Canceled) {
		t.Errorf("Replace() that is cancelled = %v", err)
	}
	// Cancelled in the middle.
	err := db.writer.do(t.Context(), &op{alone: true, service: func(c *conn) error {
		source, err := OpenSource(path)
		if err != nil {
			return err
		}
		defer source.Close()
		steps := 0
		return copyPagesOf(c.Conn, source.c.Conn, func(int, int, time.Duration) error {
			if steps++; steps == 2 {
				return context.Canceled
			}
			return nil
		})
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a copy over the database that is cancelled = %v", err)
	}
	damaged, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 6 * pageSize {
		damaged[20*pageSize+i] ^= 0x55
	}
	if err := os.WriteFile(path, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	var damage *store.DamageError
	if err := db.Replace(t.Context(), path, never); !errors.As(err, &damage) && !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Replace() by a damaged file = %v, want a DamageError", err)
	}
	if got := versionOf(t, db); got != 2 {
		t.Errorf("after failures the version is %d, want 2", got)
	}
	bump(t, db, 1)
	if got := integrity(t, db); got != "ok" {
		t.Errorf("integrity: %s", got)
	}
}

// A write by the function that Replace calls would wait for itself.
func TestReplaceRefusesWritesOfTheFunction(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{})
	defer mustClose(t, db)
	fill(t, db, 1, 1)
	path := copyOf(t, db)
	var err error
	if e := db.Replace(t.Context(), path, func() {
		err = db.Write(context.Background(), func(store.Tx) error { return nil })
	}); e != nil {
		t.Fatal(e)
	}
	if !errors.Is(err, errNested) {
		t.Errorf("Write() of the function = %v, want %v", err, errNested)
	}
}

// After a power cut at any moment, the database is the old one or the new one.
func TestPowerCutDuringReplace(t *testing.T) {
	t.Parallel()
	other := openTest(t, Config{})
	fill(t, other, 1, 2)
	path := copyOf(t, other)
	mustClose(t, other)

	disk := disktest.New(t)
	db := openTest(t, Config{at: place{vfs: disk.Name(), syncFolder: disk.SyncFolder}})
	fill(t, db, 1, 1)
	before := disk.Len()
	if err := db.Replace(t.Context(), path, func() { disk.Note("replaced") }); err != nil {
		t.Fatal(err)
	}
	bump(t, db, 1)
	mustClose(t, db)
	rng := rand.New(rand.NewPCG(5, 5))
	seen := map[int64]int{}
	for range cutsOf(60) + 6 {
		dir := t.TempDir()
		notes, err := disk.Cut(before+rng.IntN(disk.Len()-before+1), rng, dir)
		if err != nil {
			t.Fatal(err)
		}
		left := openTest(t, Config{Dir: dir, at: place{synchronous: "OFF", syncFolder: func(string) error { return nil }}})
		if got := integrity(t, left); got != "ok" {
			t.Errorf("after a power cut: %s", got)
		}
		err = left.Read(t.Context(), func(r store.Reader) error {
			counter, sum := versions(t, r)
			old, now := counter == 1 && sum == 500, counter == 2 && sum == 1000 || counter == 3 && sum == 1001
			if !old && !now || old && len(notes) > 0 {
				t.Errorf("after a power cut: counter %d, sum %d, notes %v", counter, sum, notes)
			}
			seen[counter]++
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		mustClose(t, left)
	}
	if seen[1] == 0 || seen[2]+seen[3] == 0 {
		t.Errorf("the cuts left %v: want some before the replacement and some after", seen)
	}
}

func TestSecondDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data := openTest(t, Config{Dir: dir, Serve: true})
	defer mustClose(t, data)
	logs := openTest(t, Config{Dir: dir, File: "logs.db", Relaxed: true})
	fill(t, data, 1, 1)
	fill(t, logs, 1, 2)
	if a, b := versionOf(t, data), versionOf(t, logs); a != 1 || b != 2 {
		t.Errorf("the versions are %d and %d, want 1 and 2", a, b)
	}
	for name, want := range map[string]struct {
		db    *DB
		level int64
	}{"data": {data, 2}, "logs": {logs, 1}} {
		onWriter(t, want.db, func(c *conn) error {
			c.own = true
			defer func() { c.own = false }()
			s, err := c.prepare(`PRAGMA synchronous`)
			if err != nil {
				return err
			}
			defer c.release(s)
			if _, err := s.Step(); err != nil || s.Int(0) != want.level {
				t.Errorf("%s: synchronous is %d, %v, want %d", name, s.Int(0), err, want.level)
			}
			return nil
		})
	}
	mustClose(t, logs)
	again := openTest(t, Config{Dir: dir, File: "logs.db", Relaxed: true})
	defer mustClose(t, again)
	if got := versionOf(t, again); got != 2 {
		t.Errorf("after a restart the version is %d, want 2", got)
	}
}
