package core_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/job"
)

// A job that was missed while no server ran is made up after the start, and the next App on the
// same folder has the result of its last run.
func TestJobsOverRestarts(t *testing.T) {
	t.Parallel()
	var now atomic.Pointer[time.Time]
	set := func(at time.Time) { now.Store(&at) }
	begin := time.Date(2026, 3, 1, 10, 0, 30, 0, time.UTC)
	set(begin)
	app := core.New(core.Config{Dir: t.TempDir(), DB: coretest.DB(t), Now: func() time.Time { return *now.Load() }})
	ran := make(chan struct{}, 1)
	err := app.Jobs().AddJob(job.Job{ID: "nightly", Expression: "0 3 * * *", CatchUp: true, Run: func(ctx context.Context) error {
		_, err := app.Records().Count(ctx, "users")
		ran <- struct{}{}
		return errors.Join(err, errors.New("no room"))
	}})
	if err != nil {
		t.Fatal(err)
	}
	for i, days := range []int{0, 2, 2} {
		set(begin.AddDate(0, 0, days))
		if err := app.Open(t.Context(), core.Serve); err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			<-ran
		}
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(ran) != 0 {
		t.Error("more than one run was made up")
	}
	if err := app.Open(t.Context(), core.Tool); err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	list, err := app.Jobs().List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range list {
		if j.ID == "nightly" && (!j.Last.Equal(begin.AddDate(0, 0, 2)) || !strings.Contains(j.Failure, "no room")) {
			t.Errorf("the job is %+v", j)
		}
	}
	if err := app.Jobs().Run(t.Context(), "nightly"); err == nil {
		t.Error("a tool runs jobs")
	}
}

func TestOwnJobs(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	list, err := app.Jobs().List(t.Context())
	if err != nil || len(list) == 0 {
		t.Fatalf("List = %v, %v", list, err)
	}
	for _, j := range list {
		if err := app.Jobs().RunAndWait(t.Context(), j.ID); err != nil {
			t.Errorf("RunAndWait(%s) = %v", j.ID, err)
		}
	}
}
