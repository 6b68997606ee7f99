package core

import (
	"context"
	"fmt"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/migrations"
)

// migrate runs the system migrations that this database has not seen, in order,
// all in one exclusive transaction: either all of them are there or none.
func migrate(ctx context.Context, s store.Store, now func() time.Time) error {
	done, err := appliedMigrations(ctx, s)
	if err != nil {
		return err
	}
	steps := migrations.System()
	if len(done) >= len(steps) && allApplied(steps, done) {
		return nil
	}
	return s.Exclusive(ctx, func(tx store.Tx) error {
		db := execer{tx, s.Migrator()}
		if err := migrations.Ledger(db); err != nil {
			return fmt.Errorf("migrations: %w", err)
		}
		for _, step := range steps {
			fresh, err := note(tx, step.Name, now())
			if err == nil && fresh { // else another process was faster, or it is an old one
				err = step.Up(db)
			}
			if err != nil {
				return fmt.Errorf("migration %s: %w", step.Name, err)
			}
		}
		return nil
	})
}

// note writes down that a migration has run, and says whether nobody had before.
func note(tx store.Tx, name string, now time.Time) (fresh bool, err error) {
	n, err := tx.Exec(`INSERT INTO "_migrations" ("file", "applied") VALUES ($1, $2) ON CONFLICT DO NOTHING`,
		store.Text(name), store.Int(now.UnixMicro()))
	return n > 0, err
}

// execer is what a migration step sees of a transaction.
type execer struct {
	tx      store.Tx
	dialect store.Migrator
}

func (e execer) Exec(sql string) error {
	_, err := e.tx.Exec(e.dialect.Migration(sql))
	return err
}

// appliedMigrations reads the ledger; a database without one has none applied.
func appliedMigrations(ctx context.Context, s store.Store) (map[string]bool, error) {
	done := map[string]bool{}
	err := s.Read(ctx, func(r store.Reader) error {
		names, err := s.Catalog().Names(r)
		if err != nil {
			return err
		}
		for _, n := range names {
			if n.Name == "_migrations" {
				return readLedger(r, done)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return done, nil
}

func readLedger(r store.Reader, done map[string]bool) error {
	rows, err := r.Query(`SELECT "file" FROM "_migrations"`)
	if err != nil {
		return err
	}
	for rows.Next() {
		done[rows.Text(0)] = true
	}
	return rows.Close()
}

func allApplied(steps []migrations.Step, done map[string]bool) bool {
	for _, s := range steps {
		if !done[s.Name] {
			return false
		}
	}
	return true
}
