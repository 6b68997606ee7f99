// The jobs of the App itself.

package core

import (
	"context"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/job"
)

// addJobs adds the jobs of this package that docs/wire/auth-realtime-system.md §5.6 lists.
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

// shrink returns unused disk space of the database to the system. It does not run ANALYZE: the tests
// check the query plans of a database without statistics, and statistics could change the plans.
func (a *App) shrink(ctx context.Context) error {
	if db, ok := a.store.(store.Shrinker); ok {
		return db.Shrink(ctx)
	}
	return nil
}
