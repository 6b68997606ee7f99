package sqlite

import (
	"os"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

// Shrink empties the log, and gives free pages back if the file was created with Shrinks.
func TestShrink(t *testing.T) {
	t.Parallel()
	for _, shrinks := range []bool{true, false} {
		db := openTest(t, Config{Shrinks: shrinks})
		defer mustClose(t, db)
		createT(t, db)
		logPages(t, db, 2000)
		if err := db.Write(t.Context(), func(tx store.Tx) error {
			_, err := tx.Exec(`DELETE FROM "t" WHERE "_rowid_" > 10`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := db.Shrink(t.Context()); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(db.cfg.at.path)
		if err != nil {
			t.Fatal(err)
		}
		if small := info.Size() < 200_000; small != shrinks || logSize(t, db) != 0 {
			t.Errorf("made to shrink: %t; the file has %d bytes, the log %d", shrinks, info.Size(), logSize(t, db))
		}
		logPages(t, db, 500)
		if n := countT(t, db); n != 510 {
			t.Errorf("%d rows, want 510", n)
		}
	}
}
