// Migrations of an embedding program, by name: App.Open runs each once, commands run and
// undo them.

package core

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/migrations"
)

// Migration is one step in the history of an embedding program's own collections, records and
// settings. A step that has been released never changes: later changes need another step.
type Migration struct {
	// Name is unique. Steps run in the order of their names, such as "0001_posts".
	Name string

	// Up runs in an App.Transaction. No rules hold in it if it passes record.Root. Its writes are
	// stored together with the mark that the step has run, or not at all: then Open fails with its
	// error. It may be called more than once.
	Up func(*Tx) error

	// Down undoes Up, also in an App.Transaction that may run more than once; nil for a step that
	// cannot be undone.
	Down func(*Tx) error
}

// AppliedMigration is a step of the program, or a step that has run on the database, or both.
type AppliedMigration struct {
	Name    string
	Applied time.Time // when the step has run, in UTC; zero if it has not
	Known   bool      // the step is in Config.Migrations
}

// Migrations returns the steps of Config.Migrations and the other steps that have run on this
// database, sorted by name. Steps of Loam itself are left out. ErrNotOpen, if a is not open.
func (a *App) Migrations(ctx context.Context) ([]AppliedMigration, error) {
	if a.store == nil {
		return nil, ErrNotOpen
	}
	steps, err := a.steps()
	if err != nil {
		return nil, err
	}
	done, err := appliedMigrations(ctx, a.store)
	if err != nil {
		return nil, err
	}
	var list []AppliedMigration
	for _, s := range steps {
		list = append(list, AppliedMigration{s.Name, done[s.Name], true})
		delete(done, s.Name)
	}
	for _, s := range migrations.System() {
		delete(done, s.Name)
	}
	for name, at := range done {
		list = append(list, AppliedMigration{Name: name, Applied: at})
	}
	slices.SortFunc(list, func(x, y AppliedMigration) int { return strings.Compare(x.Name, y.Name) })
	return list, nil
}

// MigrateUp runs the steps of Config.Migrations that have not run on this database, in the
// order of their names, each in a transaction of its own, and returns their names. Open for
// Serve calls it. If a step fails, the error names the step, and ran has the steps before it,
// which stay applied.
func (a *App) MigrateUp(ctx context.Context) (ran []string, err error) {
	list, err := a.Migrations(ctx)
	if err != nil {
		return nil, err
	}
	steps, err := a.steps()
	if err != nil {
		return nil, err
	}
	for _, m := range list {
		if !m.Known || !m.Applied.IsZero() {
			continue
		}
		first, err := a.runMigration(ctx, find(steps, m.Name))
		if err != nil {
			return ran, fmt.Errorf("migration %s: %w", m.Name, err)
		}
		if first {
			ran = append(ran, m.Name)
		}
	}
	return ran, nil
}

// MigrateDown undoes the last n steps, by their names, of the steps that have run, and returns
// their names. A step that the program does not have, or that has no Down, is an error, which
// names the step; the steps after it stay undone.
func (a *App) MigrateDown(ctx context.Context, n int) (undone []string, err error) {
	list, err := a.Migrations(ctx)
	if err != nil {
		return nil, err
	}
	steps, err := a.steps()
	if err != nil {
		return nil, err
	}
	for _, m := range slices.Backward(list) {
		if len(undone) >= n {
			break
		}
		if m.Applied.IsZero() {
			continue
		}
		switch {
		case !m.Known:
			err = errors.New("the program does not have this step")
		case find(steps, m.Name).Down == nil:
			err = errors.New("the step has no Down")
		default:
			err = a.undoMigration(ctx, find(steps, m.Name))
		}
		if err != nil {
			return undone, fmt.Errorf("migration %s: %w", m.Name, err)
		}
		undone = append(undone, m.Name)
	}
	return undone, nil
}

// MarkMigrations marks steps as run without running them, for a database that has their changes
// already. Steps that are marked already keep their times.
func (a *App) MarkMigrations(ctx context.Context, names ...string) error {
	for _, name := range names {
		if err := checkMigrationNames([]Migration{{Name: name}}); err != nil {
			return err
		}
	}
	return a.transaction(ctx, func(raw store.Tx, _ *Tx) error {
		for _, name := range names {
			if _, err := markApplied(raw, name, a.Config.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}

// ForgetMigrations removes the marks of steps that have run but are not in Config.Migrations, and
// returns their names.
func (a *App) ForgetMigrations(ctx context.Context) (forgotten []string, err error) {
	list, err := a.Migrations(ctx)
	if err != nil {
		return nil, err
	}
	err = a.transaction(ctx, func(raw store.Tx, _ *Tx) error {
		forgotten = nil
		for _, m := range list {
			if m.Known {
				continue
			}
			if _, err := unmark(raw, m.Name); err != nil {
				return err
			}
			forgotten = append(forgotten, m.Name)
		}
		return nil
	})
	return forgotten, err
}

// steps returns Config.Migrations, sorted by name. A step without Up or with a name that
// checkMigrationNames refuses is an error.
func (a *App) steps() ([]Migration, error) {
	steps := slices.SortedFunc(slices.Values(a.Config.Migrations), func(x, y Migration) int { return strings.Compare(x.Name, y.Name) })
	if err := checkMigrationNames(steps); err != nil {
		return nil, err
	}
	for _, s := range steps {
		if s.Up == nil {
			return nil, fmt.Errorf("core: the migration %s has no Up", s.Name)
		}
	}
	return steps, nil
}

// find returns the step with the name, which must be in steps.
func find(steps []Migration, name string) Migration {
	return steps[slices.IndexFunc(steps, func(s Migration) bool { return s.Name == name })]
}

// checkMigrationNames returns an error for a name that is empty, used twice, or the name of a
// system migration.
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

// runMigration runs one step in a transaction, and marks the step as run. first is false if another
// process has run it in the meantime.
func (a *App) runMigration(ctx context.Context, step Migration) (first bool, err error) {
	err = a.transaction(ctx, func(raw store.Tx, tx *Tx) error {
		if first, err = markApplied(raw, step.Name, a.Config.Now()); err != nil || !first {
			return err
		}
		return step.Up(tx)
	})
	return first, err
}

// undoMigration runs Down of a step in a transaction, and removes its mark. A step without a
// mark was undone by another process in the meantime.
func (a *App) undoMigration(ctx context.Context, step Migration) error {
	return a.transaction(ctx, func(raw store.Tx, tx *Tx) error {
		if marked, err := unmark(raw, step.Name); err != nil || !marked {
			return err
		}
		return step.Down(tx)
	})
}

// unmark removes the mark that a step has run. marked is false if the step had no mark.
func unmark(tx store.Tx, name string) (marked bool, err error) {
	n, err := tx.Exec(`DELETE FROM "_migrations" WHERE "file" = $1`, store.Text(name))
	return n > 0, err
}
