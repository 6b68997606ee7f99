// Migrations of an embedding program, which App.Open runs once each, by name.

package core

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/migrations"
)

// Migration is one step in the life of an embedding program's own collections,
// records and settings. A step that has been released never changes: write another
// one.
type Migration struct {
	// Name is unique and sorts where the step belongs, as in "0001_posts".
	Name string

	// Up is an App.Transaction. No rules hold in it if it passes record.Root. What it
	// writes is stored together with the mark that the step has run, or not at all:
	// then Open fails with its error. It may be called more than once.
	Up func(*Tx) error
}

// migrateProgram runs the steps of the program that this database has not seen, in
// the order of their names.
func (a *App) migrateProgram(ctx context.Context) error {
	steps := slices.SortedFunc(slices.Values(a.Config.Migrations), func(x, y Migration) int { return strings.Compare(x.Name, y.Name) })
	if err := checkMigrationNames(steps); err != nil {
		return err
	}
	done, err := appliedMigrations(ctx, a.store)
	if err != nil {
		return err
	}
	for _, step := range steps {
		if done[step.Name] {
			continue
		}
		if err := a.runMigration(ctx, step); err != nil {
			return fmt.Errorf("migration %s: %w", step.Name, err)
		}
	}
	return nil
}

// checkMigrationNames refuses a name that is empty, used twice, or that of a system
// migration.
func checkMigrationNames(steps []Migration) error {
	known := map[string]bool{"": true}
	for _, s := range migrations.System() {
		known[s.Name] = true
	}
	for _, s := range steps {
		if known[s.Name] {
			return fmt.Errorf("core: %q cannot be the name of a migration: it is empty or another one's", s.Name)
		}
		known[s.Name] = true
	}
	return nil
}

// runMigration runs one step in a transaction, with the mark that it has run.
func (a *App) runMigration(ctx context.Context, step Migration) error {
	return a.transaction(ctx, func(raw store.Tx, tx *Tx) error {
		first, err := markApplied(raw, step.Name, a.Config.Now())
		if err != nil || !first { // another process has run it in the meantime
			return err
		}
		return step.Up(tx)
	})
}
