package sqlite

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

// logPages writes about n pages to the log, in transactions of 500.
func logPages(t *testing.T, db *DB, n int) {
	t.Helper()
	page := strings.Repeat("x", 4000)
	for ; n > 0; n -= 500 {
		err := db.Write(t.Context(), func(tx store.Tx) error {
			for range 500 {
				if _, err := tx.Exec(`INSERT INTO "t" ("s") VALUES ($1)`, store.Text(page)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func logSize(t *testing.T, db *DB) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(db.cfg.Dir, dataFile+"-wal"))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestLogIsUsedAgain(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{})
	defer mustClose(t, db)
	createT(t, db)
	logPages(t, db, 6*checkpointFrames)
	const limit = 4 * checkpointFrames * 4096
	if size := logSize(t, db); size > limit {
		t.Errorf("the log has %d bytes after many checkpoints, want %d at most", size, limit)
	}
}

func TestLogIsForcedPastASlowReader(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{})
	defer mustClose(t, db)
	createT(t, db)
	insertT(t, db, 1)
	err := db.Read(t.Context(), func(r store.Reader) error {
		if _, err := r.Query(`SELECT * FROM "t"`); err != nil {
			return err
		}
		logPages(t, db, forcedFrames+checkpointFrames)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	long := logSize(t, db)
	logPages(t, db, forcedFrames+checkpointFrames)
	if size := logSize(t, db); size > long+2*checkpointFrames*4096 {
		t.Errorf("the log grew from %d to %d bytes though no reader is in the way", long, size)
	}
}
