package core

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/migrations"
)

// Migration is one step of the life of an embedding program's own collections and
// records. A step that has been released never changes: write another one.
type Migration struct {
	// Name is unique and sorts where the step belongs, as in "0001_posts".
	Name string

	// Up is kept as a whole, together with the note that it has run, or not at all:
	// then Open fails with its error. It may be called more than once.
	Up func(*Migrating) error
}

// Migrating is what a Migration may use, until it returns. No rules hold, hooks do.
type Migrating struct {
	Context     context.Context
	Collections *collection.Service
	Records     *record.Service
}

// migrate runs the steps of the program that this database has not seen, in the
// order of their names.
func (a *App) migrate(ctx context.Context) error {
	steps := slices.SortedFunc(slices.Values(a.Config.Migrations), func(x, y Migration) int { return strings.Compare(x.Name, y.Name) })
	if err := checkNames(steps); err != nil {
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
		if err := a.step(ctx, step); err != nil {
			return fmt.Errorf("migration %s: %w", step.Name, err)
		}
	}
	return nil
}

func checkNames(steps []Migration) error {
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

func (a *App) step(ctx context.Context, step Migration) error {
	return a.collections.Transaction(ctx, func(tx store.Tx, c *collection.Service, r *record.Service, _ *settings.Service) error {
		fresh, err := note(tx, step.Name, a.Config.Now())
		if err != nil || !fresh { // another process was faster
			return err
		}
		return step.Up(&Migrating{Context: ctx, Collections: c, Records: r})
	})
}
