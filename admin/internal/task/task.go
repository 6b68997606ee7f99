// Package task keeps long work that a person has started: it has progress, can be cancelled,
// and goes on when the page that began it is closed. A task lives in this process, and is
// forgotten some time after its end.
package task

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/loambase/loam/core/schema"
)

// errPanicked is the error of work that has panicked.
var errPanicked = errors.New("task: the work has panicked")

// kept is how long a task that is over is remembered.
const kept = time.Hour

// Service has the tasks of a process. It is safe for concurrent use.
type Service struct {
	begin func(name string, fn func(ctx context.Context) error)
	now   func() time.Time

	mu    sync.Mutex // guards what follows
	tasks map[string]*Task
}

// New returns a service. begin runs a function in the background (core.App.Go), now is the
// time.
func New(begin func(name string, fn func(ctx context.Context) error), now func() time.Time) *Service {
	return &Service{begin: begin, now: now, tasks: map[string]*Task{}}
}

// Task is one piece of work. It is safe for concurrent use.
type Task struct {
	ID, Title string

	cancel chan struct{}
	over   chan struct{}

	mu     sync.Mutex // guards what follows
	status Status
	ended  time.Time
}

// Status is how far a task has come.
type Status struct {
	Done, Total int
	Over        bool  // it has ended, with Err or without
	Cancelled   bool  // somebody has asked it to end
	Err         error // why it has failed; the context's error if it was cancelled before its end
}

// Start runs the work in the background. Its context ends when the task is cancelled, and
// when the process ends. Its error is the task's.
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
		return nil // the task tells its error itself
	})
	return t
}

// Find returns the task of that id, nil if there is none any more.
func (s *Service) Find(id string) *Task {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tasks[id]
}

// Progress says how far the work is.
func (t *Task) Progress(done, total int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.Done, t.status.Total = done, total
}

// Status returns how far the work is.
func (t *Task) Status() Status {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.status
}

// Cancel asks the work to end. Done again it does nothing.
func (t *Task) Cancel() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.status.Cancelled && !t.status.Over {
		t.status.Cancelled = true
		close(t.cancel)
	}
}

// Over is closed when the work has ended.
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
