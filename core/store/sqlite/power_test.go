package sqlite

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/loambase/loam/core/store"
	"github.com/loambase/loam/core/store/sqlite/binding"
	"github.com/loambase/loam/core/store/sqlite/binding/disktest"
)

// damage counts what power cuts did to a database.
type damage struct{ lost, corrupt, torn int }

// cutPower writes from many goroutines with checkpoints in between, then cuts the
// power at random moments of that and looks at what is left.
func cutPower(t *testing.T, synchronous string, cuts int) (d damage) {
	t.Helper()
	disk := disktest.New(t)
	db := openTest(t, Config{at: place{vfs: disk.Name(), synchronous: synchronous}, checkpointEvery: 40})
	err := db.Exclusive(t.Context(), func(tx store.Tx) error {
		_, err := tx.Exec(`CREATE TABLE "a" ("id" TEXT PRIMARY KEY, "s" TEXT)`)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`CREATE TABLE "b" ("id" TEXT PRIMARY KEY)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	onWriter(t, db, func(c *conn) error { // the tables are there in any case
		_, _, err := c.Checkpoint(binding.CheckpointTruncate)
		return err
	})
	first := disk.Len()
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for i := range 60 {
				id := fmt.Sprintf("%d-%d", w, i)
				if err := writePair(t, db, id); err != nil {
					t.Errorf("Write() = %v", err)
				}
				disk.Note(id)
			}
		})
	}
	writers.Wait()
	last := disk.Len()
	mustClose(t, db)
	rng := rand.New(rand.NewPCG(7, 7))
	for range cuts {
		at := first + rng.IntN(last-first)
		dir := t.TempDir()
		acknowledged, err := disk.Cut(at, rng, dir)
		if err != nil {
			t.Fatal(err)
		}
		inspect(t, dir, acknowledged, &d)
	}
	return d
}

// writePair writes one row into each of two tables.
func writePair(t *testing.T, db *DB, id string) error {
	return db.Write(t.Context(), func(tx store.Tx) error {
		_, err := tx.Exec(`INSERT INTO "a" ("id", "s") VALUES ($1, hex(randomblob(300)))`, store.Text(id))
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO "b" ("id") VALUES ($1)`, store.Text(id))
		return err
	})
}

// inspect opens what a power cut left.
func inspect(t *testing.T, dir string, acknowledged []string, d *damage) {
	t.Helper()
	db, err := Open(t.Context(), Config{Dir: dir, Serve: true})
	if err != nil {
		d.corrupt++
		return
	}
	defer mustClose(t, db)
	intact := ""
	onWriter(t, db, func(c *conn) error {
		c.own = true
		defer func() { c.own = false }()
		s, err := c.prepare(`PRAGMA integrity_check`)
		if err != nil {
			return err
		}
		defer s.Close()
		if _, err := s.Step(); err == nil {
			intact = string(s.Bytes(0))
		}
		return nil
	})
	if intact != "ok" {
		d.corrupt++
		return
	}
	err = db.Read(t.Context(), func(r store.Reader) error {
		there, err := idsOf(r, "a")
		if err != nil {
			return err
		}
		pairs, err := idsOf(r, "b")
		if err != nil {
			return err
		}
		for id := range there {
			if !pairs[id] {
				d.torn++
				return nil
			}
		}
		for _, id := range acknowledged {
			if !there[id] {
				d.lost++
				return nil
			}
		}
		return nil
	})
	if err != nil {
		d.corrupt++
	}
}

func idsOf(r store.Reader, table string) (map[string]bool, error) {
	rows, err := r.Query(`SELECT "id" FROM "` + table + `"`)
	if err != nil {
		return nil, err
	}
	ids := map[string]bool{}
	for rows.Next() {
		ids[rows.Text(0)] = true
	}
	return ids, rows.Close()
}

func TestPowerCutLosesNothingAcknowledged(t *testing.T) {
	cuts := 400
	if testing.Short() {
		cuts = 40
	}
	if d := cutPower(t, "FULL", cuts); d != (damage{}) {
		t.Errorf("after %d power cuts: %+v, want no damage", cuts, d)
	}
}

// The test above proves something only if it can fail.
func TestPowerCutTestSeesLosses(t *testing.T) {
	if d := cutPower(t, "NORMAL", 100); d.lost == 0 || d.corrupt > 0 || d.torn > 0 {
		t.Errorf("after 100 power cuts without FULL: %+v, want lost writes and nothing else", d)
	}
}

func TestFailedSyncIsNotAcknowledged(t *testing.T) {
	disk := disktest.New(t)
	db := openTest(t, Config{at: place{vfs: disk.Name()}})
	createT(t, db)
	insertT(t, db, 1)

	disk.FailSyncs(1)
	called := false
	err := db.Write(t.Context(), func(tx store.Tx) error {
		tx.OnCommit(func() { called = true })
		return insertN(tx, 2, "")
	})
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Write() = %v, want ErrUnavailable", err)
	}
	if called {
		t.Errorf("OnCommit was called for a write that failed")
	}
	if got := countT(t, db); got != 1 {
		t.Errorf("rows = %d, want 1: the failed write must not be seen", got)
	}
	insertT(t, db, 3)
	dir := db.cfg.Dir
	mustClose(t, db)
	db = openTest(t, Config{Dir: dir})
	defer mustClose(t, db)
	if got := countT(t, db); got != 2 {
		t.Errorf("rows after opening again = %d, want 2", got)
	}
}

func TestFailedSyncFailsTheWholeGroup(t *testing.T) {
	disk := disktest.New(t)
	db := openTest(t, Config{at: place{vfs: disk.Name()}})
	defer mustClose(t, db)
	createT(t, db)
	mine := errors.New("mine")
	errs := writeTogether(t, db,
		func(tx store.Tx) error { disk.FailSyncs(1); return insertN(tx, 1, "") },
		func(tx store.Tx) error { return insertN(tx, 2, "") },
		func(tx store.Tx) error { return mine },
	)
	if !errors.Is(errs[0], store.ErrUnavailable) || !errors.Is(errs[1], store.ErrUnavailable) || errs[2] != mine {
		t.Errorf("writes = %v, want ErrUnavailable twice and the own error", errs)
	}
	insertT(t, db, 3)
	if got := countT(t, db); got != 1 {
		t.Errorf("rows = %d, want 1", got)
	}
}

func TestFullDiskOnCommit(t *testing.T) {
	disk := disktest.New(t)
	db := openTest(t, Config{at: place{vfs: disk.Name()}})
	defer mustClose(t, db)
	createT(t, db)
	err := db.Write(t.Context(), func(tx store.Tx) error {
		disk.FillUp(1)
		return insertN(tx, 1, "")
	})
	if !errors.Is(err, store.ErrFull) {
		t.Errorf("Write() = %v, want ErrFull", err)
	}
	insertT(t, db, 2)
	if got := countT(t, db); got != 1 {
		t.Errorf("rows = %d, want 1", got)
	}
}
