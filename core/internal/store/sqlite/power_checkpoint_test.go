package sqlite

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/disktest"
)

// A reader makes a checkpoint stop before the end of the log: then SQLite does not sync the
// copied pages. The sync of the next checkpoint fails, and the pages that both have copied do not
// reach the disk. The third checkpoint succeeds, and the log is begun anew or deleted: now all
// pages have to be in the database file.
func TestPowerCutAfterAFailedCheckpoint(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		after func(r *failedCheckpoint)
	}{
		{"another checkpoint", func(r *failedCheckpoint) {
			r.checkpoint(0)
			r.checkpoint(1)
			r.write()
		}},
		{"one that a reader ends, and another one", func(r *failedCheckpoint) {
			r.checkpoint(0)
			r.checkpointBesideReader()
			r.checkpoint(1)
			r.write()
		}},
		{"one that fails after one that a reader ends", func(r *failedCheckpoint) {
			r.checkpoint(0)
			r.checkpointBesideReader()
			r.disk.FailSyncsOf(r.file, 1)
			r.checkpoint(0)
			r.checkpoint(1)
			r.write()
		}},
		{"a write on another connection", func(r *failedCheckpoint) {
			r.checkpoint(0)
			onWriter(r.t, r.db, func(c *conn) error { c.failed = true; return nil })
			r.write()
			r.checkpoint(1)
			r.write()
		}},
		{"close", func(r *failedCheckpoint) { mustClose(r.t, r.db) }},
		{"a checkpoint and close", func(r *failedCheckpoint) {
			r.checkpoint(0)
			mustClose(r.t, r.db)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			disk := disktest.New(t)
			db := openTest(t, Config{Serve: true, at: place{vfs: disk.Name(), syncFolder: disk.SyncFolder}, retryAfter: 1})
			defer mustClose(t, db)
			r := &failedCheckpoint{t: t, disk: disk, db: db, file: filepath.Join(db.cfg.Dir, dataFile)}
			definePower(t, db)
			disk.Note("ready")
			r.write()
			r.checkpointBesideReader()
			disk.FailSyncsOf(r.file, 1)
			test.after(r)
			var d damage
			rng := rand.New(rand.NewPCG(5, 5))
			for range 20 {
				dir := t.TempDir()
				notes, err := disk.Cut(disk.Len(), rng, dir)
				if err != nil {
					t.Fatal(err)
				}
				d.inspect(t, dir, notes)
			}
			if d.bad() {
				t.Errorf("after 20 power cuts: %v, want no damage", d)
			}
		})
	}
}

// failedCheckpoint is a run of TestPowerCutAfterAFailedCheckpoint.
type failedCheckpoint struct {
	t      *testing.T
	disk   *disktest.Disk
	db     *DB
	file   string // the database file
	writes int
}

func (r *failedCheckpoint) write() {
	r.t.Helper()
	if err := writePower(r.t, r.db, 0, r.writes, 0); err != nil {
		r.t.Fatal(err)
	}
	r.disk.Note(fmt.Sprintf("stored 0 %d 0", r.writes))
	r.writes++
}

// checkpoint runs a checkpoint, which has to sync the database file the given number of times.
func (r *failedCheckpoint) checkpoint(syncs int) {
	r.t.Helper()
	before := r.disk.Syncs(r.file)
	r.db.writer.finish(r.t.Context())
	if got := r.disk.Syncs(r.file) - before; got != syncs {
		r.t.Errorf("%d syncs of the database file, want %d", got, syncs)
	}
}

// checkpointBesideReader runs a checkpoint while a reader keeps it from copying the end of the
// log.
func (r *failedCheckpoint) checkpointBesideReader() {
	r.t.Helper()
	err := r.db.Read(r.t.Context(), func(reader store.Reader) error {
		rows, err := reader.Query(`SELECT 1 FROM "last"`)
		if err != nil {
			return err
		}
		rows.Next()
		r.write()
		r.checkpoint(0)
		return rows.Close()
	})
	if err != nil {
		r.t.Fatal(err)
	}
}
