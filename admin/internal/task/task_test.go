package task_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/loambase/loam/admin/internal/task"
)

// running returns a service that runs tasks in goroutines, as an App does.
func running(t *testing.T, now *time.Time) *task.Service {
	t.Helper()
	return task.New(func(_ string, fn func(context.Context) error) {
		go func() {
			defer func() { recover() }() //nolint:errcheck // an App logs the panic
			fn(t.Context())              //nolint:errcheck // the task reports the error
		}()
	}, func() time.Time { return *now })
}

func TestTask(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := running(t, &now)
	step := make(chan struct{})
	work := s.Start("count", 9, func(_ context.Context, t *task.Task) error {
		t.Progress(4, 10)
		step <- struct{}{}
		<-step
		return errors.New("it went wrong")
	})
	<-step
	if got := work.Status(); got != (task.Status{Done: 4, Total: 10}) {
		t.Errorf("in the middle: %+v", got)
	}
	close(step)
	<-work.Over()
	if got := work.Status(); !got.Over || got.Err == nil || got.Cancelled {
		t.Errorf("at the end: %+v", got)
	}
	work.Cancel()
	if s.Find(work.ID) != work || work.Status().Cancelled {
		t.Error("a task that is over is not kept as it is")
	}

	endless := s.Start("wait", 0, func(ctx context.Context, _ *task.Task) error {
		<-ctx.Done()
		return ctx.Err()
	})
	endless.Cancel()
	endless.Cancel()
	<-endless.Over()
	if got := endless.Status(); !got.Cancelled || !errors.Is(got.Err, context.Canceled) {
		t.Errorf("a cancelled one: %+v", got)
	}

	broken := s.Start("panic", 0, func(context.Context, *task.Task) error { panic("broken") })
	<-broken.Over()
	if broken.Status().Err == nil {
		t.Error("a panic is no error of the task")
	}
	now = now.Add(2 * time.Hour)
	s.Start("another", 0, func(context.Context, *task.Task) error { return nil })
	if s.Find(work.ID) != nil {
		t.Error("an old task is remembered")
	}
}
