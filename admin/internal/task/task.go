// Package task runs long work that a person has started, such as an import. A task reports its
// progress, can be cancelled, and continues when the page that started it is closed. Tasks live
// in the memory of this process; a task is forgotten an hour after its end.
package task

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/loambase/loam/core/schema"
)

// errPanicked is the error of a task whose function has panicked.
var errPanicked = errors.New("task: the work has panicked")

// kept is the time for which a finished task is remembered.
const kept = time.Hour

// Service holds the tasks of a process. It is safe for concurrent use.
type Service struct {
	begin func(name string, fn func(ctx context.Context) error)
	now   func() time.Time

	mu    sync.Mutex // guards the fields below
	tasks map[string]*Task
}

// New returns a Service without tasks. begin runs a function in the background (core.App.Go), now
// returns the current time.
func New(begin func(name string, fn func(ctx context.Context) error), now func() time.Time) *Service {
	return &Service{begin: begin, now: now, tasks: map[string]*Task{}}
}

// Task is one piece of work. It is safe for concurrent use.
type Task struct {
	ID, Title string

	cancel chan struct{}
	over   chan struct{}

	mu     sync.Mutex // guards the fields below
	status Status
	ended  time.Time
}

// Status is the progress and the outcome of a task at one moment.
type Status struct {
	Done, Total int
	Over        bool  // the task has ended, with or without Err
	Cancelled   bool  // Cancel was called before the end
	Err         error // the error of the work; the context's error if a cancellation stopped it
}

// Start runs a function in the background as a new task and returns the task at once. The context
// of run ends when the task is cancelled and when the process ends. The error of run becomes the
// Err of the task's Status.
func (s *Service) Start(title string, total int, run func(ctx context.Context, t *Task) error) *Task {
	t := &Task{ID: schema.RandomString(15, schema.AlphabetID), Title: title, cancel: make(chan struct{}), over: make(chan struct{})}
	t.status.Total = total
	s.mu.Lock()
	for id, other := range s.tasks {
		if other.forgettable(s.now()) {
			delete(s.tasks, id)
		}
	}
	s.tasks[t.ID] = t
	s.mu.Unlock()
	s.begin("task: "+title, func(ctx context.Context) error {
		ctx, end := context.WithCancel(ctx)
		defer end()
		go func() {
			select {
			case <-t.cancel:
				end()
			case <-ctx.Done():
			}
		}()
		err := errPanicked
		defer func() { t.end(err, s.now()) }() // also after a panic, which begin logs
		err = run(ctx, t)
		return nil // the error is reported by Status
	})
	return t
}

// Find returns the task with the id; nil for an unknown id and for a forgotten task.
func (s *Service) Find(id string) *Task {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tasks[id]
}

// Progress sets how many of the total steps are done; the function of the task calls it.
func (t *Task) Progress(done, total int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.Done, t.status.Total = done, total
}

// Status returns the current progress and, after the end of the task, its outcome.
func (t *Task) Status() Status {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.status
}

// Cancel ends the context of the task. Further calls, and calls after the end, do nothing.
func (t *Task) Cancel() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.status.Cancelled && !t.status.Over {
		t.status.Cancelled = true
		close(t.cancel)
	}
}

// Over returns a channel that is closed at the end of the task.
func (t *Task) Over() <-chan struct{} { return t.over }

func (t *Task) end(err error, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.Over, t.status.Err, t.ended = true, err, at
	close(t.over)
}

func (t *Task) forgettable(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.status.Over && now.Sub(t.ended) > kept
}
