// Stamps: numbers that change with the contents of tables.

package storetest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

func (s *suite) stamp(t *testing.T) {
	// stampOf returns the present stamp of the tables.
	stampOf := func(f fixture, tables ...string) (stamp uint64) {
		f.t.Helper()
		f.read(func(r store.Reader) error {
			var ok bool
			if stamp, ok = r.Stamp(tables...); !ok {
				f.t.Errorf("Stamp(%q) is not ok while nothing is written", tables)
			}
			return nil
		})
		return stamp
	}

	// Every kind of write to the table changes its stamp, in any spelling of its name; reads and
	// writes of other tables do not. A stamp that changed too often would only make caches
	// useless.
	t.Run("changes with the table", func(t *testing.T) {
		f := s.new(t)
		f.exclusive(func(tx store.Tx) error {
			return f.Catalog().CreateTable(tx, "other", []store.Column{{Name: "id", PrimaryKey: true}})
		})
		f.insert("a", 1)
		for _, step := range []struct {
			name    string
			changes bool
			do      func(tx store.Tx) error
		}{
			{"nothing", false, func(tx store.Tx) error { return nil }},
			{"a select", false, func(tx store.Tx) error { _, err := text(tx, `SELECT "id" FROM "t"`); return err }},
			{"insert", true, func(tx store.Tx) error { return insert(tx, "b", 1) }},
			{"the same insert again, cached", true, func(tx store.Tx) error { return insert(tx, "c", 1) }},
			{"update", true, func(tx store.Tx) error { _, err := tx.Exec(`UPDATE "t" SET "n" = 5`); return err }},
			{"delete", true, func(tx store.Tx) error { _, err := tx.Exec(`DELETE FROM "t" WHERE "id" = 'a'`); return err }},
			{"delete all", true, func(tx store.Tx) error { _, err := tx.Exec(`DELETE FROM "t"`); return err }},
			{"another spelling", true, func(tx store.Tx) error { _, err := tx.Exec(`INSERT INTO T (id) VALUES ('z')`); return err }},
			{"another table", false, func(tx store.Tx) error { _, err := tx.Exec(`INSERT INTO "other" ("id") VALUES ('z')`); return err }},
			{"with RETURNING", true, func(tx store.Tx) error {
				_, err := text(tx, `INSERT INTO "t" ("id") VALUES ('y') RETURNING "id"`)
				return err
			}},
			{"schema", true, func(tx store.Tx) error {
				return f.Catalog().AddColumn(tx, "t", store.Column{Name: "more"})
			}},
		} {
			before := stampOf(f, "t")
			f.write(step.do)
			after := stampOf(f, "t")
			if changed := before != after; changed != step.changes {
				t.Errorf("%s: stamp %d then %d, want a change: %v", step.name, before, after, step.changes)
			}
		}
	})

	// A table that does not exist has a stamp, too: the stamp of a list changes when one of its
	// tables does.
	t.Run("several tables", func(t *testing.T) {
		f := s.new(t)
		before := stampOf(f, "t", "nowhere")
		f.insert("a", 1)
		if after := stampOf(f, "t", "nowhere"); after == before {
			t.Errorf("Stamp() = %d before and after a write to one of the tables", after)
		}
	})

	// A stamp identifies the state that the read is going to see. After a query it would be too
	// late, and a transaction sees its own uncommitted rows.
	t.Run("not after a query, not in a transaction", func(t *testing.T) {
		f := s.new(t)
		f.read(func(r store.Reader) error {
			_, err := text(r, `SELECT 1`)
			if _, ok := r.Stamp("t"); ok {
				t.Errorf("Stamp() after a query is ok")
			}
			return err
		})
		f.write(func(tx store.Tx) error {
			if _, ok := tx.Stamp("t"); ok {
				t.Errorf("Stamp() in a write is ok")
			}
			return nil
		})
	})

	// A write after the stamp was taken is not seen by the read.
	t.Run("names the state that the transaction reads", func(t *testing.T) {
		f := s.new(t)
		f.insert("a", 1)
		f.read(func(r store.Reader) error {
			stamp, ok := r.Stamp("t")
			f.insert("b", 2)
			got, err := text(r, `SELECT "id" FROM "t" ORDER BY "id"`)
			if got != "a" || !ok {
				t.Errorf("read %q under stamp %d (ok: %v), want the state before the write", got, stamp, ok)
			}
			return err
		})
	})

	// The guarantee for caches: of all reads beside running writes, those with the same stamp
	// have read the same. One write of five is rolled back.
	t.Run("equal stamps, equal contents", func(t *testing.T) {
		f := s.new(t)
		f.insert("c", 0)
		var done atomic.Bool
		var writers, readers sync.WaitGroup
		var mu sync.Mutex
		seen := map[uint64]string{}
		for range 2 {
			writers.Go(func() {
				for i := range 200 {
					err := f.Write(t.Context(), func(tx store.Tx) error {
						if _, err := tx.Exec(`UPDATE "t" SET "n" = "n" + 1`); err != nil || i%5 > 0 {
							return err
						}
						return errors.New("undone")
					})
					if err != nil && err.Error() != "undone" {
						t.Errorf("Write() = %v", err)
					}
				}
			})
		}
		for range 4 {
			readers.Go(func() {
				for !done.Load() {
					err := f.Read(t.Context(), func(r store.Reader) error {
						stamp, ok := r.Stamp("t")
						n, err := text(r, `SELECT CAST("n" AS TEXT) FROM "t"`)
						if !ok {
							return err
						}
						mu.Lock()
						defer mu.Unlock()
						if old, known := seen[stamp]; known && old != n {
							t.Errorf("stamp %d stood for %s, now for %s", stamp, old, n)
						}
						seen[stamp] = n
						return err
					})
					if err != nil {
						t.Errorf("Read() = %v", err)
					}
				}
			})
		}
		writers.Wait()
		done.Store(true)
		readers.Wait()
	})
}
