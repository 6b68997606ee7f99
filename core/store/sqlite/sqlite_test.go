package sqlite

import (
	"testing"

	"github.com/loambase/loam/core/store"
	"github.com/loambase/loam/core/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return openTest(t, Config{}) })
}

// openTest opens a folder of the test's own, if cfg names none, and does not
// close it.
func openTest(t *testing.T, cfg Config) *DB {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	db, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	return db
}
