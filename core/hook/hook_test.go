package hook_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loambase/loam/core/hook"
)

type event struct {
	hook.Event
	said []string
}

func say(text string) func(*event) error {
	return func(e *event) error { e.said = append(e.said, text); return nil }
}

func trigger(t *testing.T, h *hook.Hook[*event], collection ...string) (string, error) {
	t.Helper()
	e := &event{}
	err := h.Trigger(e, func() error { return say("last")(e) }, collection...)
	return strings.Join(e.said, " "), err
}

func TestOrder(t *testing.T) {
	t.Parallel()
	var h hook.Hook[*event]
	h.BindFunc(say("b"))
	removeC := h.BindFunc(say("c"))
	h.Bind(hook.Handler[*event]{Priority: -1, Func: say("a")})
	h.Bind(hook.Handler[*event]{ID: "z", Priority: 1, Func: say("z")})
	h.Bind(hook.Handler[*event]{Priority: -1, Func: func(e *event) error {
		e.said = append(e.said, "(")
		err := e.Next()
		e.said = append(e.said, ")")
		return err
	}})
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() {}, "a ( b c z last )"},
		{func() { h.Bind(hook.Handler[*event]{ID: "z", Func: say("y")}) }, "a ( b c y last )"},
		{removeC, "a ( b y last )"},
		{removeC, "a ( b y last )"},
		{func() { h.Remove("z") }, "a ( b last )"},
		{func() { h.Remove("") }, "a ( b last )"},
	} {
		step.do()
		if got, err := trigger(t, &h); got != step.want || err != nil {
			t.Errorf("Trigger = %q, %v, want %q", got, err, step.want)
		}
	}
}

func TestCollections(t *testing.T) {
	t.Parallel()
	var h hook.Hook[*event]
	if h.Bound("x") {
		t.Error("a hook without handlers is bound")
	}
	h.BindFunc(say("posts"), "posts", "notes")
	for _, test := range []struct {
		collection []string
		bound      bool
		said       string
	}{
		{[]string{"id", "posts"}, true, "posts last"},
		{[]string{"notes", "other"}, true, "posts last"},
		{[]string{"id", "other"}, false, "last"},
		{nil, false, "last"},
	} {
		said, err := trigger(t, &h, test.collection...)
		if got := h.Bound(test.collection...); got != test.bound || said != test.said || err != nil {
			t.Errorf("%v: bound %v, %q, %v, want %v, %q", test.collection, got, said, err, test.bound, test.said)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	var h hook.Hook[*event]
	failed := errors.New("failed")
	remove := h.BindFunc(func(*event) error { return failed })
	h.BindFunc(say("never"))
	if said, err := trigger(t, &h); said != "" || err != failed {
		t.Errorf("a handler that fails: %q, %v", said, err)
	}
	remove()
	remove = h.Bind(hook.Handler[*event]{Priority: -1, Func: func(*event) error { panic("oh") }})
	var panicked *hook.PanicError
	if said, err := trigger(t, &h); said != "" || !errors.As(err, &panicked) || panicked.Value != "oh" {
		t.Errorf("a handler that panics: %q, %v", said, err)
	}
	remove()
	h.Bind(hook.Handler[*event]{Priority: -1, Func: func(e *event) error { return errors.Join(e.Next(), e.Next()) }})
	if said, err := trigger(t, &h); said != "never last" || err == nil {
		t.Errorf("Next twice: %q, %v, want an error", said, err)
	}
	if err := (&hook.Event{}).Next(); err == nil {
		t.Error("Next outside of a handler: no error")
	}
}

func TestBindWhileTriggered(t *testing.T) {
	t.Parallel()
	var h hook.Hook[*event]
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for range 200 {
				remove := h.BindFunc(say("x"))
				if _, err := trigger(t, &h); err != nil {
					t.Error(err)
				}
				remove()
			}
		})
	}
	running.Wait()
	if h.Bound() {
		t.Error("handlers are left")
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	failed := errors.New("failed")
	over, cancel := context.WithCancel(t.Context())
	cancel()
	forever := make(chan struct{})
	defer close(forever)
	for _, test := range []struct {
		name string
		ctx  context.Context
		fn   func(*event) error
		want error
	}{
		{"done", t.Context(), say("x"), nil},
		{"failed", t.Context(), func(*event) error { return failed }, failed},
		{"never returns", t.Context(), func(*event) error { <-forever; return nil }, hook.ErrTimeout},
		{"its caller has gone", over, func(*event) error { <-forever; return nil }, context.Canceled},
	} {
		var h hook.Hook[*event]
		h.BindFunc(test.fn, "posts")
		call := hook.Call{Name: "hook", Limit: 20 * time.Millisecond}
		if err := h.Run(test.ctx, call, &event{}, "id", "posts"); !errors.Is(err, test.want) {
			t.Errorf("a handler that %s: %v, want %v", test.name, err, test.want)
		}
		if err := h.Run(test.ctx, call, &event{}, "id", "notes"); err != nil {
			t.Errorf("a handler that %s, for another collection: %v", test.name, err)
		}
	}
	var h hook.Hook[*event]
	h.BindFunc(func(*event) error { runtime.Goexit(); return nil })
	if err := h.Run(t.Context(), hook.Call{Limit: time.Minute}, &event{}); err == nil {
		t.Error("a handler that ends its goroutine: no error")
	}
}

func TestRunInside(t *testing.T) {
	t.Parallel()
	var h hook.Hook[*event]
	h.BindFunc(func(e *event) error {
		if _, limited := e.Context.Deadline(); !limited {
			t.Error("the context of the handler has no deadline")
		}
		return say("handler")(e)
	})
	e := &event{}
	inside := func(handlers func() error) error {
		return errors.Join(say("before")(e), handlers(), say("after")(e))
	}
	err := h.Run(t.Context(), hook.Call{Limit: time.Minute, Inside: inside}, e)
	if said := strings.Join(e.said, " "); said != "before handler after" || err != nil {
		t.Errorf("Run = %q, %v, want the handler within Inside", said, err)
	}
}

func TestAround(t *testing.T) {
	t.Parallel()
	var h hook.Hook[*event]
	e := &event{}
	operation := func() error {
		if e.Context == nil {
			t.Error("the operation has no context")
		}
		return say("operation")(e)
	}
	if err := h.Around(t.Context(), e, operation); err != nil {
		t.Errorf("without handlers: %v", err)
	}
	h.BindFunc(func(e *event) error { return errors.Join(say("before")(e), e.Next(), say("after")(e)) }, "posts")
	for _, collection := range []string{"posts", "notes"} {
		if err := h.Around(t.Context(), e, operation, collection); err != nil {
			t.Errorf("of %s: %v", collection, err)
		}
	}
	if said := strings.Join(e.said, " "); said != "operation before operation after operation" {
		t.Errorf("the order is %q", said)
	}
}

// TestNestedTooDeep checks that Run and Around return ErrTooDeep for a handler that triggers its
// own hook.
func TestNestedTooDeep(t *testing.T) {
	t.Parallel()
	for name, trigger := range map[string]func(context.Context, *hook.Hook[*event]) error{
		"Run": func(ctx context.Context, h *hook.Hook[*event]) error {
			return h.Run(ctx, hook.Call{Limit: time.Minute}, &event{})
		},
		"Around": func(ctx context.Context, h *hook.Hook[*event]) error {
			return h.Around(ctx, &event{}, func() error { return nil })
		},
	} {
		var h hook.Hook[*event]
		h.BindFunc(func(e *event) error { return trigger(e.Context, &h) })
		if err := trigger(t.Context(), &h); !errors.Is(err, hook.ErrTooDeep) {
			t.Errorf("%s: %v, want ErrTooDeep", name, err)
		}
	}
}

func BenchmarkUnbound(b *testing.B) {
	var h hook.Hook[*event]
	for b.Loop() {
		if h.Bound("id", "posts") {
			b.Fatal("bound")
		}
	}
}
