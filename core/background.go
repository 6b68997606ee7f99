// Background work (App.Go): named goroutines that start with the App, log their failures,
// and are waited for at the end.

package core

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"

	"github.com/loambase/loam/internal/trace"
)

// Go runs fn in the background while the App serves. When the App closes, the context ends, and
// Close waits for fn to return. An error of fn before the context has ended, or a panic, is logged
// under name and affects nothing else.
//
// Before Open, Go only registers fn: it then runs each time that the App is opened for Serve, after
// the Start hooks. While the App serves, and in Start hooks, fn runs at once, and not again when
// the App is opened again.
func (a *App) Go(name string, fn func(ctx context.Context) error) {
	a.background.add(name, fn)
}

// background runs named functions beside the services.
type background struct {
	mu    sync.Mutex // guards the fields below
	tasks []task     // registered before the start
	log   *slog.Logger
	ctx   context.Context // the context of all functions; nil while no function may run
	end   context.CancelFunc

	running sync.WaitGroup
}

// task is a function that was registered before the start.
type task struct {
	name string
	fn   func(context.Context) error
}

// start allows functions to run, until stop.
func (b *background) start(tracer *trace.Tracer, log *slog.Logger) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.log = log
	b.ctx, b.end = context.WithCancel(tracer.With(context.Background()))
}

// stop ends the context of all functions and waits for them. Without a start it does nothing.
func (b *background) stop() {
	b.mu.Lock()
	end := b.end
	b.ctx, b.end = nil, nil
	b.mu.Unlock()
	// The lock is not held while waiting: a function that is ending may still call add.
	if end != nil {
		end()
		b.running.Wait()
	}
}

// add runs fn at once, or registers it if start was not called yet.
func (b *background) add(name string, fn func(context.Context) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ctx == nil {
		b.tasks = append(b.tasks, task{name, fn})
		return
	}
	b.runLocked(name, fn)
}

// run runs fn at once. After stop it does nothing.
func (b *background) run(name string, fn func(context.Context) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ctx != nil {
		b.runLocked(name, fn)
	}
}

// runTasks runs the registered functions.
func (b *background) runTasks() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.tasks {
		b.runLocked(t.name, t.fn)
	}
}

// runLocked starts the goroutine of fn. The lock must be held: stop must not begin to wait before
// the goroutine counts.
func (b *background) runLocked(name string, fn func(context.Context) error) {
	ctx, log := b.ctx, b.log
	b.running.Go(func() {
		defer func() {
			if v := recover(); v != nil {
				log.Error("background work panicked", "name", name, "panic", v, "stack", string(debug.Stack()))
			}
		}()
		if err := fn(ctx); err != nil && ctx.Err() == nil {
			log.Error("background work failed", "name", name, "error", err)
		}
	})
}
