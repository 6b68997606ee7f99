package sqlite

import (
	"errors"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

func TestMeterOfWrites(t *testing.T) {
	t.Parallel()
	m := store.NewMeter(0, nil)
	db, err := Open(t.Context(), Config{Dir: t.TempDir(), Meter: m})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, sql := range []string{`CREATE TABLE "t" ("id" TEXT)`, `INSERT INTO "t" VALUES ('a'), ('b')`} {
		if err := db.Write(t.Context(), func(tx store.Tx) error {
			_, err := tx.Exec(sql)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	refused := errors.New("no")
	if err := db.Write(t.Context(), func(store.Tx) error { return refused }); !errors.Is(err, refused) {
		t.Fatal(err)
	}
	if err := db.Read(t.Context(), func(r store.Reader) error {
		rows, err := r.Query(`SELECT * FROM "t"`)
		if err != nil {
			return err
		}
		for rows.Next() {
		}
		return rows.Close()
	}); err != nil {
		t.Fatal(err)
	}
	if n := m.Commits.Read().Count; n != 2 {
		t.Errorf("%d commits were timed, want 2", n)
	}
	if g := m.Groups.Read(); g.Count != 2 || g.Sum != 2 {
		t.Errorf("the groups are %+v", g)
	}
	if m.LogBytes.Load() == 0 || m.Waiting.Load() != 0 {
		t.Errorf("the log has %d bytes, and %d writes wait", m.LogBytes.Load(), m.Waiting.Load())
	}
	rows := map[store.Verb]int64{}
	for _, total := range m.Totals() {
		rows[total.Verb] = total.Rows
	}
	if rows[store.Verb{Action: "insert", Table: "t"}] != 2 || rows[store.Verb{Action: "select", Table: "t"}] != 2 {
		t.Errorf("rows by verb: %v", rows)
	}
}
