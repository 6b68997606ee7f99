// The jobs of the App itself.

package core

import (
	"context"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/job"
)

// addJobs adds what docs/wire/auth-realtime-system.md §5.6 lists of this package.
func (a *App) addJobs() {
	for _, j := range []job.Job{
		{ID: "__pbDBOptimize__", Expression: "0 0 * * *", Run: a.shrink},
	} {
		if err := a.jobs.AddJob(j); err != nil {
			panic(err) // of a mistake in the table
		}
	}
}

// shrink gives back what the database has taken of the disk and does not use any more.
// There are no statistics for the engine's planner to be made anew: plans are to stay
// what they were tested to be.
func (a *App) shrink(ctx context.Context) error {
	if db, ok := a.store.(store.Shrinker); ok {
		return db.Shrink(ctx)
	}
	return nil
}
