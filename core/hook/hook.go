// Package hook binds functions of a program to events of the server. A Hook holds the handlers of
// one kind of event, and runs the handlers around the operation of the event:
//
//	hooks.Records.Before.BindFunc(func(e *record.WriteEvent) error { … }, "posts")
package hook

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/internal/trace"
)

// Event is embedded in the events of hooks.
type Event struct {
	// Context is the context of the operation. Handlers pass the context to the services that
	// they call, because it carries the transaction of the operation and the depth of nested
	// hooks. The context ends with the operation, or at the time limit of the handlers if they
	// have a limit.
	Context context.Context

	next func() error
}

// Next runs the remaining handlers and then the operation, and returns the first error. A handler
// calls Next, at most once, to do something after the operation. If a handler returns nil without
// having called Next, the remaining handlers and the operation run then.
func (e *Event) Next() error {
	if e.next == nil {
		return errors.New("hook: Next is called by handlers, once")
	}
	// Next is for one use: a second call would run the operation twice.
	next := e.next
	e.next = nil
	return next()
}

func (e *Event) link(next func() error) { e.next = next }

func (e *Event) enter(ctx context.Context) { e.Context = ctx }

// linked is an event that embeds Event.
type linked interface {
	Next() error
	link(next func() error)
	enter(ctx context.Context)
}

// Handler is a function that is bound to a hook.
type Handler[E linked] struct {
	ID       string // replaces a handler of the same ID; empty: replaces none
	Priority int    // lower priorities run first, equal ones in the order of Bind

	// Collections are the ids or names of the collections whose events the handler gets;
	// empty: all.
	Collections []string

	// Fields are names of fields: the handler gets only the events that change one of the
	// fields; empty: all. An event without a method Changes never reaches a handler with Fields.
	Fields []string
	Func   func(E) error
}

// concerns reports whether the handler gets the events of a collection, given by its id and name.
func (h *Handler[E]) concerns(collection []string) bool {
	return len(h.Collections) == 0 || slices.ContainsFunc(h.Collections, func(name string) bool {
		return slices.Contains(collection, name)
	})
}

// changer is an event that knows which fields it changes.
type changer interface{ Changes(field string) bool }

// wants reports whether the event changes one of Fields, or the handler has no Fields.
func (h *Handler[E]) wants(e E) bool {
	if len(h.Fields) == 0 {
		return true
	}
	c, ok := any(e).(changer)
	return ok && slices.ContainsFunc(h.Fields, c.Changes)
}

// Hook holds the handlers that are bound to one kind of event. The zero Hook has no handlers and is
// ready for use. A Hook is safe for concurrent use; an event that has begun keeps the handlers with
// which it began.
type Hook[E linked] struct {
	mu       sync.Mutex // held while the list is being changed
	handlers atomic.Pointer[[]*Handler[E]]
}

// Bind adds a handler, in place of a handler with the same ID. remove removes the handler again;
// remove may be called more than once.
func (h *Hook[E]) Bind(handler Handler[E]) (remove func()) {
	bound := &handler
	h.change(func(list []*Handler[E]) []*Handler[E] {
		if handler.ID != "" {
			list = slices.DeleteFunc(list, func(other *Handler[E]) bool { return other.ID == handler.ID })
		}
		// Before the first handler of a higher priority number, so behind all of the same.
		at := slices.IndexFunc(list, func(other *Handler[E]) bool { return other.Priority > handler.Priority })
		if at < 0 {
			at = len(list)
		}
		return slices.Insert(list, at, bound)
	})
	return func() {
		h.change(func(list []*Handler[E]) []*Handler[E] {
			return slices.DeleteFunc(list, func(other *Handler[E]) bool { return other == bound })
		})
	}
}

// BindFunc binds a function to the events of the collections with those ids or names, or of all
// collections if there are no names.
func (h *Hook[E]) BindFunc(fn func(E) error, collections ...string) (remove func()) {
	return h.Bind(Handler[E]{Func: fn, Collections: collections})
}

// Remove removes the handler with that ID, if there is one.
func (h *Hook[E]) Remove(id string) {
	h.change(func(list []*Handler[E]) []*Handler[E] {
		return slices.DeleteFunc(list, func(other *Handler[E]) bool { return id != "" && other.ID == id })
	})
}

// change replaces the list with the result of fn, which gets a copy of the list.
func (h *Hook[E]) change(fn func([]*Handler[E]) []*Handler[E]) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []*Handler[E]
	if known := h.handlers.Load(); known != nil {
		// The list is replaced as a whole: events that are under way read the old one.
		list = slices.Clone(*known)
	}
	list = fn(list)
	h.handlers.Store(&list)
}

// Bound reports whether a handler is bound to a collection, given by its id and name. Bound is
// cheap if the Hook has no handlers.
func (h *Hook[E]) Bound(collection ...string) bool {
	list := h.handlers.Load()
	return list != nil && slices.ContainsFunc(*list, func(b *Handler[E]) bool { return b.concerns(collection) })
}

// Empty reports whether the Hook has no handlers.
func (h *Hook[E]) Empty() bool {
	list := h.handlers.Load()
	return list == nil || len(*list) == 0
}

// Trigger runs the handlers of a collection, given by its id and name, around last, on the
// goroutine of the caller; each handler runs around the next. It returns the first error of the
// handlers and last. A panic of a handler is a *PanicError.
func (h *Hook[E]) Trigger(e E, last func() error, collection ...string) error {
	list := h.handlers.Load()
	if list == nil {
		return last()
	}
	return run(e, *list, last, collection)
}

// Call holds the options of Run.
type Call struct {
	Name  string        // name of the span in traces
	Limit time.Duration // time limit of all handlers together

	// Inside wraps the run of the handlers, for example in a transaction. Default: no wrapper.
	Inside func(handlers func() error) error
}

// Run runs the handlers of a collection, given by its id and name, in a new goroutine; each handler
// runs around the next. Run waits for the handlers until the limit of the call or the end of ctx.
// It returns the first error of the handlers, ErrTimeout at the limit, the error of ctx, or
// ErrTooDeep if hooks are nested too deep. If the collection has no handlers, Run does nothing.
func (h *Hook[E]) Run(ctx context.Context, c Call, e E, collection ...string) error {
	if !h.Bound(collection...) {
		return nil
	}
	return within(ctx, c.Name, c.Limit, func(ctx context.Context) error {
		e.enter(ctx)
		handlers := func() error { return h.Trigger(e, nothing, collection...) }
		if c.Inside != nil {
			return c.Inside(handlers)
		}
		return handlers()
	})
}

func nothing() error { return nil }

// Around runs the handlers of a collection, given by its id and name, around the operation, on the
// goroutine of the caller and without a time limit. It returns the first error of the handlers and
// the operation, or ErrTooDeep if hooks are nested too deep.
func (h *Hook[E]) Around(ctx context.Context, e E, operation func() error, collection ...string) error {
	e.enter(ctx)
	if !h.Bound(collection...) {
		return operation()
	}
	inner, err := deeper(ctx)
	if err != nil {
		return err
	}
	e.enter(inner)
	return h.Trigger(e, operation, collection...)
}

// run runs the first handler of the collection around the rest of the list. If the handler has not
// called Next, the rest runs after the handler.
func run[E linked](e E, list []*Handler[E], last func() error, collection []string) error {
	for len(list) > 0 && !(list[0].concerns(collection) && list[0].wants(e)) {
		list = list[1:]
	}
	if len(list) == 0 {
		return last()
	}
	called := false
	next := func() error {
		called = true
		return run(e, list[1:], last, collection)
	}
	// The event is linked to the rest of the list while this handler runs.
	e.link(next)
	err := guarded(e, list[0].Func)
	e.link(nil) // Next must not be called after the handler has returned
	if err != nil {
		return err
	}
	if !called {
		return next()
	}
	return nil
}

// PanicError is a panic of a handler.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("hook: panic: %v\n%s", e.Value, e.Stack) }

func guarded[E linked](e E, fn func(E) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{v, debug.Stack()}
		}
	}()
	return fn(e)
}

// ErrTimeout is the error of a handler that has not returned in time. It may still be running.
var ErrTimeout = errors.New("hook: a handler has not returned in time")

// ErrTooDeep is the error of handlers that trigger hooks within hooks, more than 16 deep: for
// example, a handler of writes that itself writes a record of the same collection.
var ErrTooDeep = errors.New("hook: handlers of handlers, too deep")

// maxDepth is the maximum depth of nested hooks.
const maxDepth = 16

type depthKey struct{}

// deeper returns ctx with the depth of nested hooks increased by one, or ErrTooDeep at maxDepth.
// Only the context carries the depth: a handler that triggers hooks with another context than that
// of its event starts again at depth 0.
func deeper(ctx context.Context) (context.Context, error) {
	depth, _ := ctx.Value(depthKey{}).(int)
	if depth == maxDepth {
		return nil, ErrTooDeep
	}
	return context.WithValue(ctx, depthKey{}, depth+1), nil
}

// within runs fn in a new goroutine, and waits until fn returns, the limit passes or ctx ends. The
// error is that of fn, ErrTimeout at the limit, or that of ctx. The context of fn ends at the
// limit. A fn that ends its goroutine is an error. If hooks are nested too deep, within returns
// ErrTooDeep and does not run fn. name is the name of the span in traces.
func within(ctx context.Context, name string, limit time.Duration, fn func(context.Context) error) (err error) {
	ctx, span := trace.Start(ctx, name, trace.Internal)
	defer func() { span.End(err) }()
	if ctx, err = deeper(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	// The channel has room for the result, so that the goroutine of a late handler can end.
	done := make(chan error, 1)
	go func() {
		err := errors.New("hook: a handler has ended its goroutine")
		defer func() { done <- err }()
		err = fn(ctx)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select { // fn may have returned at the same moment
	case err := <-done:
		return err
	default:
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ErrTimeout
	}
	return ctx.Err()
}
