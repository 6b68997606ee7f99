// System migrations: the tables of Loam itself, created step by step in package migrations.

package core

import (
	"context"
	"fmt"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/migrations"
)

// migrateSystem runs Loam's own migrations that this database has not seen, in order.
// They run in one exclusive transaction: all of them are stored or none.
func migrateSystem(ctx context.Context, s store.Store, now func() time.Time) error {
	done, err := appliedMigrations(ctx, s)
	if err != nil {
		return err
	}
	steps := migrations.System()
	if allApplied(steps, done) {
		return nil
	}
	return s.Exclusive(ctx, func(tx store.Tx) error {
		db := execer{tx, s.Migrator()}
		if err := migrations.Ledger(db); err != nil {
			return fmt.Errorf("migrations: %w", err)
		}
		for _, step := range steps {
			first, err := markApplied(tx, step.Name, now())
			if err == nil && first { // otherwise the step ran before, perhaps in another process just now
				err = step.Up(db)
			}
			if err != nil {
				return fmt.Errorf("migration %s: %w", step.Name, err)
			}
		}
		return nil
	})
}

// markApplied records in the table _migrations that a migration has run. first is
// false if it was recorded before.
func markApplied(tx store.Tx, name string, now time.Time) (first bool, err error) {
	n, err := tx.Exec(`INSERT INTO "_migrations" ("file", "applied") VALUES ($1, $2) ON CONFLICT DO NOTHING`,
		store.Text(name), store.Int(now.UnixMicro()))
	return n > 0, err
}

// execer is the part of a transaction that a system migration may use.
type execer struct {
	tx      store.Tx
	dialect store.Migrator
}

// Exec runs a statement of a migration in the dialect of the engine.
func (e execer) Exec(sql string) error {
	_, err := e.tx.Exec(e.dialect.Migration(sql))
	return err
}

// appliedMigrations returns the names of the migrations that have run, of the system and of the
// program, and the times at which they ran. A database without the table _migrations has no
// migrations.
func appliedMigrations(ctx context.Context, s store.Store) (map[string]time.Time, error) {
	done := map[string]time.Time{}
	err := s.Read(ctx, func(r store.Reader) error {
		names, err := s.Catalog().Names(r)
		if err != nil {
			return err
		}
		for _, n := range names {
			if n.Name == "_migrations" {
				return readApplied(r, done)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return done, nil
}

// readApplied adds the names and times in the table _migrations to done.
func readApplied(r store.Reader, done map[string]time.Time) error {
	rows, err := r.Query(`SELECT "file", "applied" FROM "_migrations"`)
	if err != nil {
		return err
	}
	for rows.Next() {
		done[rows.Text(0)] = time.UnixMicro(rows.Int(1)).UTC()
	}
	return rows.Close()
}

// allApplied reports whether every step has run, so that opening an up-to-date database
// needs no write.
func allApplied(steps []migrations.Step, done map[string]time.Time) bool {
	for _, s := range steps {
		if done[s.Name].IsZero() {
			return false
		}
	}
	return true
}
