package postgres

import (
	"testing"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/storetest"
	"github.com/loambase/loam/internal/pgtest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return openTest(t, Config{}) }, "stamp")
}

func TestStampIsNeverKnown(t *testing.T) {
	db := openTest(t, Config{})
	defer db.Close()
	err := db.Read(t.Context(), func(r store.Reader) error {
		if stamp, ok := r.Stamp("t"); ok {
			t.Errorf("Stamp() = %d, ok", stamp)
		}
		return nil
	})
	if err != nil {
		t.Errorf("Read() = %v", err)
	}
}

// openTest opens a database. If cfg has no URL, it is a new database. The caller closes it.
func openTest(t *testing.T, cfg Config) *DB {
	t.Helper()
	if cfg.URL == "" {
		cfg.URL = pgtest.URL(t)
	}
	db, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	return db
}
