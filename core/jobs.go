// The jobs of the App itself.

package core

import (
	"context"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/job"
)

// addJobs adds those jobs of docs/wire/auth-realtime-system.md §5.6 that belong to this package.
func (a *App) addJobs() {
	for _, j := range []job.Job{
		{ID: "__pbDBOptimize__", Expression: "0 0 * * *", Run: a.shrink},
		{ID: "__pbLogsCleanup__", Expression: "0 */6 * * *", Run: func(ctx context.Context) error { return a.logs.Purge(ctx) }},
	} {
		if err := a.jobs.AddJob(j); err != nil {
			panic(err) // there is a mistake in the table
		}
	}
}

// shrink returns unused disk space of the database to the system. It makes no new statistics for
// the engine's planner: plans must stay as they were tested.
func (a *App) shrink(ctx context.Context) error {
	if db, ok := a.store.(store.Shrinker); ok {
		return db.Shrink(ctx)
	}
	return nil
}
