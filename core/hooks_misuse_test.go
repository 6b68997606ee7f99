package core_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/settings"
)

// Handlers that panic, hang, trigger themselves or write outside of their transaction give an
// error, and the app keeps working.
func TestHooksThatMisbehave(t *testing.T) {
	t.Parallel()
	app := coretest.Open(t, core.Config{Dir: t.TempDir(), HookLimit: 300 * time.Millisecond})
	coretest.Collection(t, app, posts)
	post := func(ctx context.Context) error {
		_, err := app.Records().Create(ctx, record.Root(), "posts", record.Input{Body: map[string]any{"title": "x"}})
		return err
	}
	patch := func(ctx context.Context) error {
		_, err := app.Settings().Patch(ctx, record.Root(), []byte(`{"meta":{"appName":"Other"}}`))
		return err
	}
	create := func(ctx context.Context) error {
		_, err := app.Collections().Create(ctx, record.Root(), []byte(`{"name":"more"}`))
		return err
	}
	elsewhere := func(do func(context.Context) error) func(context.Context) error {
		return func(context.Context) error {
			done := make(chan error, 1)
			go func() { done <- do(t.Context()) }()
			return <-done
		}
	}
	// Handlers by the name of their misuse; each is bound to hooks of records, of collections and
	// of settings.
	for name, test := range map[string]struct {
		handler func(ctx context.Context) error
		inTx    bool
		want    string
	}{
		"panics":                     {func(context.Context) error { panic("oh") }, false, "panic: oh"},
		"hangs":                      {func(ctx context.Context) error { <-ctx.Done(); <-t.Context().Done(); return nil }, false, "in time"},
		"writes a record beside":     {func(context.Context) error { return post(t.Context()) }, true, "transaction"},
		"writes settings beside":     {func(context.Context) error { return patch(t.Context()) }, true, "transaction"},
		"writes a collection beside": {func(context.Context) error { return create(t.Context()) }, true, "transaction"},
		"waits for another's write":  {elsewhere(post), true, "in time"},
	} {
		bindAll := map[string]func(func(context.Context) error) func(){
			"a record": func(fn func(context.Context) error) func() {
				h := &app.Hooks().Records.Before
				if test.inTx {
					h = &app.Hooks().Records.InTx
				}
				return h.BindFunc(func(e *record.WriteEvent) error { return fn(e.Context) })
			},
			"a collection": func(fn func(context.Context) error) func() {
				if test.inTx {
					return app.Hooks().Collections.InTx.BindFunc(func(e *collection.Event) error { return fn(e.Context) })
				}
				return app.Hooks().Collections.Before.BindFunc(func(e *collection.RequestEvent) error { return fn(e.Context) })
			},
			"settings": func(fn func(context.Context) error) func() {
				if test.inTx {
					return app.Hooks().Settings.InTx.BindFunc(func(e *settings.Event) error { return fn(e.Context) })
				}
				return app.Hooks().Settings.Before.BindFunc(func(e *settings.RequestEvent) error { return fn(e.Context) })
			},
		}
		for what, write := range map[string]func(context.Context) error{"a record": post, "a collection": create, "settings": patch} {
			remove := bindAll[what](test.handler)
			if err := write(t.Context()); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("a handler of %s that %s: %v, want an error with %q", what, name, err, test.want)
			}
			remove()
		}
	}
	if app.Snapshot().Find("more") != nil || app.Settings().Current().Meta.AppName == "Other" {
		t.Error("something of what has failed is stored")
	}
	if err := errors.Join(post(t.Context()), create(t.Context()), patch(t.Context())); err != nil {
		t.Errorf("after all that: %v", err)
	}
}

// A handler that triggers its own hook without end gives an error, for each hook.
func TestHooksThatRecurse(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Collection(t, app, posts)
	create := func(ctx context.Context, r *record.Service) error {
		_, err := r.Create(ctx, record.Root(), "posts", record.Input{Body: map[string]any{"title": "x"}})
		return err
	}
	for name, bind := range map[string]func() func(){
		"Request": func() func() {
			return app.Hooks().Records.Request.BindFunc(func(e *record.RequestEvent) error { return create(e.Context, app.Records()) })
		},
		"Before": func() func() {
			return app.Hooks().Records.Before.BindFunc(func(e *record.WriteEvent) error { return create(e.Context, e.Records) })
		},
		"InTx": func() func() {
			return app.Hooks().Records.InTx.BindFunc(func(e *record.WriteEvent) error { return create(e.Context, e.Records) })
		},
	} {
		remove := bind()
		if err := create(t.Context(), app.Records()); err == nil || !strings.Contains(err.Error(), "too deep") {
			t.Errorf("%s: %v, want too deep", name, err)
		}
		remove()
	}
	turns := 0
	remove := app.Hooks().Records.AfterSuccess.BindFunc(func(e *record.WriteEvent) error {
		turns++
		return create(e.Context, e.Records)
	})
	if err := create(t.Context(), app.Records()); err != nil || turns < 2 || turns > 20 {
		t.Errorf("AfterSuccess: %v after %d turns, want it to end", err, turns)
	}
	remove()
	app.Hooks().Settings.Before.BindFunc(func(e *settings.RequestEvent) error {
		_, err := app.Settings().Patch(e.Context, record.Root(), e.Body)
		return err
	})
	if _, err := app.Settings().Patch(t.Context(), record.Root(), []byte(`{"meta":{}}`)); !errors.Is(err, hook.ErrTooDeep) {
		t.Errorf("Settings.Before: %v, want too deep", err)
	}
}

func TestHooksOfFields(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Collection(t, app, `{"name":"posts","fields":[{"name":"title","type":"text"},{"name":"n","type":"number"}]}`)
	var saw []string
	app.Hooks().Records.AfterSuccess.Bind(hook.Handler[*record.WriteEvent]{Collections: []string{"posts"}, Fields: []string{"n", "none"},
		Func: func(e *record.WriteEvent) error {
			saw = append(saw, fmt.Sprint(e.Action, " ", e.Record.Int("n")))
			return nil
		}})
	r := coretest.Record(t, app, "posts", map[string]any{"title": "a"})
	for _, body := range []map[string]any{{"title": "b"}, {"n": 1}, {"n": 1, "title": "c"}, {"n": 0}} {
		if _, err := app.Records().Update(t.Context(), record.Root(), "posts", r.ID(), record.Input{Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	coretest.Create(t, app, "posts", map[string]any{"n": 2})
	if err := app.Records().Delete(t.Context(), record.Root(), "posts", r.ID()); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(saw), "[update 1 update 0 create 2 delete 0]"; got != want {
		t.Errorf("the handler of a field saw %s, want %s", got, want)
	}
}

func TestSettingsHooks(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	var saw []string
	changed := make(chan string, 10)
	hooks := app.Hooks()
	hooks.Settings.Before.BindFunc(func(e *settings.RequestEvent) error {
		saw = append(saw, "before "+string(e.Operation))
		e.Body = []byte(strings.ReplaceAll(string(e.Body), "one", "two"))
		return nil
	})
	hooks.Settings.InTx.BindFunc(func(e *settings.Event) error {
		saw = append(saw, "in "+e.Old.Meta.AppName+" "+e.New.Meta.AppName)
		return nil
	})
	hooks.Settings.AfterSuccess.BindFunc(func(e *settings.Event) error {
		saw = append(saw, "after "+app.Settings().Current().Meta.AppName)
		return nil
	})
	hooks.Settings.AfterFailure.BindFunc(func(e *settings.RequestEvent) error {
		saw = append(saw, "failed "+string(e.Body))
		return nil
	})
	hooks.Settings.Changed.BindFunc(func(e *settings.Event) error {
		changed <- e.Old.Meta.AppName + " " + e.New.Meta.AppName
		return nil
	})
	if _, err := app.Settings().Patch(t.Context(), record.Root(), []byte(`{"meta":{"appName":"one"}}`)); err != nil {
		t.Fatal(err)
	}
	if got := <-changed; got != "Acme two" {
		t.Errorf("Changed saw %q", got)
	}
	if _, err := app.Settings().Patch(t.Context(), record.Root(), []byte(`{"meta":{"appName":""}}`)); err == nil {
		t.Error("settings without a name are accepted")
	}
	failed := errors.New("no luck")
	err := app.Transaction(t.Context(), func(tx *core.Tx) error {
		_, err := tx.Settings.Patch(tx.Context, record.Root(), []byte(`{"meta":{"appName":"lost"}}`))
		return errors.Join(err, failed)
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	want := `before update; in Acme two; after two; before update; failed {"meta":{"appName":""}}; before update; in two lost`
	if got := strings.Join(saw, "; "); got != want {
		t.Errorf("the hooks saw %s, want %s", got, want)
	}
}
