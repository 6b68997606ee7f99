package sqlite

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/sqlite/binding"
	"github.com/loambase/loam/internal/disktest"
)

const (
	powerWriters = 8
	powerWrites  = 60 // by each writer
	powerKept    = 5  // rows that each writer leaves: older ones are deleted
)

// powerRun runs all kinds of writes on the disk, from many goroutines, with checkpoints and
// readers in between. With faults some of the syncs fail.
func powerRun(t *testing.T, disk *disktest.Disk, at place, faults bool) {
	t.Helper()
	at.vfs, at.syncFolder = disk.Name(), disk.SyncFolder
	db := openTest(t, Config{Serve: true, at: at, checkpointEvery: 40, retryAfter: time.Millisecond})
	defer mustClose(t, db)
	definePower(t, db)
	disk.Note("ready")
	log := filepath.Join(db.cfg.Dir, dataFile+"-wal")
	var work, reading sync.WaitGroup
	stored := make(chan struct{}, 1)
	reading.Go(func() { readPower(t, db, stored) })
	for w := range powerWriters {
		work.Go(func() {
			for i, try := 0, 0; i < powerWrites; try++ {
				if faults && (w+i)%17 == 3 && try == 0 {
					disk.FailSyncs(1 + i%2)
				}
				if faults && (w+i)%23 == 5 && try == 0 { // sync of a checkpoint
					disk.FailSyncsOf(db.cfg.at.path, 1)
				}
				switch err := writePower(t, db, w, i, try); {
				case err == nil:
					disk.Note(fmt.Sprintf("stored %d %d %d", w, i, try))
					i, try = i+1, -1
					select {
					case stored <- struct{}{}:
					default:
					}
				case faults && errors.Is(err, store.ErrUnavailable):
					disk.Note(fmt.Sprintf("refused %d %d %d", w, i, try))
				case !faults || !errors.Is(err, errInDoubt):
					t.Errorf("Write() = %v", err)
					return
				}
			}
		})
	}
	work.Go(func() {
		for k := 0; k < powerWrites/2; {
			switch err := definePowerTable(t, db, k); {
			case err == nil:
				disk.Note(fmt.Sprintf("defined %d", k))
				k++
			case !faults:
				t.Errorf("Exclusive() = %v", err)
				return
			}
		}
	})
	work.Wait()
	close(stored)
	reading.Wait()
	if got := integrity(t, db); got != "ok" {
		t.Errorf("integrity before any power cut: %s", got)
	}
	disk.FailSyncs(0) // the remaining faults
	finishPower(t, disk, db, log, faults)
	if got := disk.Syncs(log); !faults && got >= powerWriters*powerWrites {
		t.Errorf("%d syncs of the log: writes have to share them", got)
	}
}

// finishPower makes sure that a run has the cases that the tests are about, however its
// goroutines were scheduled: a log that was reused from its beginning and, with faults, a write
// that was refused because the sync of its commit failed.
func finishPower(t *testing.T, disk *disktest.Disk, db *DB, log string, faults bool) {
	t.Helper()
	i := powerWrites
	for ; disk.Begun(log) < 2; i++ { // without readers a checkpoint copies the whole log
		onWriter(t, db, func(c *conn) error { return db.writer.checkpoints.run(c, binding.CheckpointPassive) })
		if err := writePower(t, db, 0, i, 0); err != nil {
			t.Fatalf("Write() = %v", err)
		}
		disk.Note(fmt.Sprintf("stored 0 %d 0", i))
	}
	for try := 0; faults; try++ {
		disk.FailSyncsOf(log, 1)
		switch err := writePower(t, db, 0, i, try); {
		case err == nil: // the sync of a checkpoint failed
			disk.Note(fmt.Sprintf("stored 0 %d %d", i, try))
			i++
		case errors.Is(err, store.ErrUnavailable):
			disk.Note(fmt.Sprintf("refused 0 %d %d", i, try))
			return
		case !errors.Is(err, errInDoubt):
			t.Fatalf("Write() = %v", err)
		}
	}
}

// readPower repeatedly reads one snapshot for a while, so that checkpoints stop before the end of
// the log, until no more writes are stored.
func readPower(t *testing.T, db *DB, stored <-chan struct{}) {
	wait := func(writes int) {
		for range writes {
			<-stored
		}
	}
	for range stored {
		err := db.Read(t.Context(), func(r store.Reader) error {
			rows, err := r.Query(`SELECT 1 FROM "last"`)
			if err != nil {
				return err
			}
			rows.Next()
			wait(4)
			return rows.Close()
		})
		if err != nil {
			t.Errorf("Read() = %v", err)
			return
		}
		wait(40)
	}
}

func definePower(t *testing.T, db *DB) {
	t.Helper()
	err := db.Exclusive(t.Context(), func(tx store.Tx) error {
		for _, sql := range []string{
			`CREATE TABLE "a" ("id" TEXT PRIMARY KEY, "w" INTEGER, "i" INTEGER, "s" TEXT)`,
			`CREATE TABLE "b" ("id" TEXT PRIMARY KEY, "w" INTEGER, "i" INTEGER, "try" INTEGER)`,
			`CREATE INDEX "a_s" ON "a" ("s")`,
			`CREATE TABLE "last" ("w" INTEGER PRIMARY KEY, "i" INTEGER)`,
			`CREATE TABLE "defined" ("k" INTEGER PRIMARY KEY)`,
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

// writePower runs write i of writer w: it inserts a row into each of two tables, deletes their
// oldest rows, sets a counter, and rolls back a part.
func writePower(t *testing.T, db *DB, w, i, try int) error {
	return db.Write(t.Context(), func(tx store.Tx) error {
		id, who, n := store.Text(fmt.Sprintf("%d-%d", w, i)), store.Int(int64(w)), store.Int(int64(i))
		if _, err := tx.Exec(`INSERT INTO "a" VALUES ($1, $2, $3, hex(randomblob(300)))`, id, who, n); err != nil {
			return err
		}
		taken := errors.New("taken back")
		err := tx.Savepoint(func() error {
			if _, err := tx.Exec(`INSERT INTO "b" VALUES ($1, $2, -1, 0)`, id, who); err != nil {
				return err
			}
			return taken
		})
		if err != taken {
			return err
		}
		for _, s := range []struct {
			sql  string
			args []store.Value
		}{
			{`INSERT INTO "b" VALUES ($1, $2, $3, $4)`, []store.Value{id, who, n, store.Int(int64(try))}},
			{`DELETE FROM "a" WHERE "w" = $1 AND "i" <= $2`, []store.Value{who, store.Int(int64(i - powerKept))}},
			{`DELETE FROM "b" WHERE "w" = $1 AND "i" <= $2`, []store.Value{who, store.Int(int64(i - powerKept))}},
			{`INSERT INTO "last" VALUES ($1, $2) ON CONFLICT ("w") DO UPDATE SET "i" = excluded."i"`, []store.Value{who, n}},
		} {
			if _, err := tx.Exec(s.sql, s.args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// definePowerTable creates table k with an index and a row, and drops table k-1.
func definePowerTable(t *testing.T, db *DB, k int) error {
	return db.Exclusive(t.Context(), func(tx store.Tx) error {
		for _, sql := range []string{
			fmt.Sprintf(`CREATE TABLE "d%d" ("n" INTEGER PRIMARY KEY, "s" TEXT)`, k),
			fmt.Sprintf(`INSERT INTO "d%d" VALUES (%d, hex(randomblob(3000)))`, k, k),
			fmt.Sprintf(`CREATE INDEX "d%d_s" ON "d%d" ("s")`, k, k),
			fmt.Sprintf(`DROP TABLE IF EXISTS "d%d"`, k-1),
			`DELETE FROM "defined"`,
			fmt.Sprintf(`INSERT INTO "defined" VALUES (%d)`, k),
		} {
			if _, err := tx.Exec(sql); err != nil {
				return err
			}
		}
		return nil
	})
}

// cutPower cuts the power at random moments of a run and inspects the database. Sometimes it cuts
// the power again while the server starts after the first cut.
func cutPower(t *testing.T, where place, cuts int, faults bool) (d damage) {
	t.Helper()
	disk := disktest.New(t)
	powerRun(t, disk, where, faults)
	rng := rand.New(rand.NewPCG(7, 7))
	for n := range cuts {
		dir := t.TempDir()
		at := disk.Len() // the first cut comes after everything
		if n > 0 {
			at = rng.IntN(disk.Len() + 1)
		}
		notes, err := disk.Cut(at, rng, dir)
		if err != nil {
			t.Fatal(err)
		}
		if n%8 == 0 && where.synchronous == "" {
			dir, notes = cutAgain(t, dir, notes, rng)
		}
		d.inspect(t, dir, notes)
	}
	return d
}

// cutAgain starts on the files that a power cut left, writes a little, and cuts the power at a
// random moment of that.
func cutAgain(t *testing.T, dir string, notes []string, rng *rand.Rand) (string, []string) {
	t.Helper()
	disk := disktest.New(t)
	if err := disk.Adopt(dir); err != nil {
		t.Fatal(err)
	}
	first := disk.Len()
	db := openTest(t, Config{Dir: dir, at: place{vfs: disk.Name(), syncFolder: disk.SyncFolder}, checkpointEvery: 2})
	if known := facts(notes); known.ready {
		for i := range 4 {
			if err := writePower(t, db, powerWriters, i, 0); err != nil {
				t.Errorf("Write() after a power cut = %v", err)
			}
			disk.Note(fmt.Sprintf("stored %d %d 0", powerWriters, i))
			onWriter(t, db, func(c *conn) error {
				return db.writer.checkpoints.run(c, binding.CheckpointPassive)
			})
		}
	}
	mustClose(t, db)
	dir = t.TempDir()
	more, err := disk.Cut(first+rng.IntN(disk.Len()-first+1), rng, dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir, append(notes, more...)
}

func cutsOf(most int) int {
	if testing.Short() {
		return most / 20
	}
	return most
}

func TestPowerCutLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	cuts := cutsOf(400)
	d := cutPower(t, place{}, cuts, false)
	if d.bad() {
		t.Errorf("after %d power cuts: %v, want no damage", cuts, d)
	}
	t.Logf("%d power cuts: %v", cuts, d)
}

// Caches of a few pages, which SQLite writes to the log inside transactions and evicts all the
// time, give the same results.
func TestPowerCutWithSmallCaches(t *testing.T) {
	t.Parallel()
	for pages := 1; pages < 1+*stress; pages++ {
		cuts := cutsOf(40)
		d := cutPower(t, place{cachePages: pages}, cuts, pages%2 == 1)
		if d.bad() {
			t.Errorf("%d pages: after %d power cuts: %v, want no damage", pages, cuts, d)
		}
		t.Logf("%d pages: %d power cuts: %v", pages, cuts, d)
	}
}

// The test with the usual settings proves something only if it can fail. About every third cut
// loses nothing, so a short run makes all cuts too.
func TestPowerCutTestSeesLosses(t *testing.T) {
	t.Parallel()
	const cuts = 100
	d := cutPower(t, place{synchronous: "NORMAL"}, cuts, false)
	if d.lost == 0 || d.corrupt > 0 || d.torn > 0 {
		t.Errorf("after %d power cuts without FULL: %v, want lost writes and nothing else", cuts, d)
	}
	t.Logf("%d power cuts without FULL: %v", cuts, d)
}

// On a disk whose syncs fail sometimes, refused writes are not there, either.
func TestPowerCutAfterFailedSyncs(t *testing.T) {
	t.Parallel()
	cuts := cutsOf(100)
	d := cutPower(t, place{}, cuts, true)
	if d.bad() || d.refused == 0 {
		t.Errorf("after %d power cuts: %v, want no damage, and refused writes", cuts, d)
	}
	t.Logf("%d power cuts: %v", cuts, d)
}

// A database that has just been created is not lost with its name.
func TestPowerCutAfterTheFirstWrite(t *testing.T) {
	t.Parallel()
	for _, forgets := range []bool{false, true} {
		disk := disktest.New(t)
		at := place{vfs: disk.Name(), syncFolder: disk.SyncFolder}
		if forgets {
			at.syncFolder = func(string) error { return nil }
		}
		db := openTest(t, Config{at: at})
		definePower(t, db)
		disk.Note("ready")
		if err := writePower(t, db, 0, 0, 0); err != nil {
			t.Fatal(err)
		}
		disk.Note("stored 0 0 0")
		end := disk.Len()
		mustClose(t, db)
		d := damage{}
		rng := rand.New(rand.NewPCG(3, 3))
		for range cutsOf(40) + 10 {
			dir := t.TempDir()
			notes, err := disk.Cut(end, rng, dir)
			if err != nil {
				t.Fatal(err)
			}
			d.inspect(t, dir, notes)
		}
		if forgets == (d.lost == 0) || d.corrupt > 0 || d.torn > 0 {
			t.Errorf("if the folder is not synced (%t): %v", forgets, d)
		}
	}
}
