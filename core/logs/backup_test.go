package logs

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/sqlite"
)

// A copy may come from anybody: a row that is not an entry would break every answer that contains
// it.
func TestMergeLeavesOutWhatIsNoEntry(t *testing.T) {
	if enginetest.Postgres() {
		t.Skip("of SQLite")
	}
	t.Parallel()
	k := newKeeper(t)
	k.cfg.Compact = false // the plain table accepts the invalid rows of the test
	k.log(0, "good", 1)
	k.log(0, "bad id", 2)
	k.log(0, "bad data", 3)
	k.log(0, "no object", 4)
	k.log(0, "bad time", 5)
	k.log(0, "bad text", 6)
	k.log(0, "word in data", 6)
	k.log(0, "also good", 7)
	k.flush(t.Context())
	db, err := k.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`UPDATE "_logs" SET "id" = 'short' WHERE "message" = 'bad id'`,
		`UPDATE "_logs" SET "data" = '{"n":' WHERE "message" = 'bad data'`,
		`UPDATE "_logs" SET "data" = '[4]' WHERE "message" = 'no object'`,
		`UPDATE "_logs" SET "created" = 'yesterday' WHERE "message" = 'bad time'`,
		`UPDATE "_logs" SET "data" = '{"n":6,' || char(10) || '"m":6}' WHERE "message" = 'word in data'`,
		`UPDATE "_logs" SET "message" = CAST(X'ff' AS TEXT) WHERE "message" = 'bad text'`,
	} {
		if err := db.Write(t.Context(), func(tx store.Tx) error { _, err := tx.Exec(sql); return err }); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "logs.db")
	if err := db.Store.(borrowed).Store.(store.Files).Copy(t.Context(), path, nil); err != nil {
		t.Fatal(err)
	}
	other := newKeeper(t)
	other.log(0, "newer", 8)
	other.flush(t.Context())
	source, err := sqlite.OpenSource(path)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	if err := CheckCopy(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	if err := other.Merge(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	if got := other.numbers("", "@rowid"); !slices.Equal(got, []int{1, 7, 8}) {
		t.Errorf("the logs are %v", got)
	}
	if err := other.Purge(t.Context()); err != nil || len(other.numbers("", "")) != 3 {
		t.Errorf("a purge of rows before the first one = %v", err)
	}
}
