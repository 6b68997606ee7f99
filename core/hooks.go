package core

import (
	"context"

	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Hooks are where code of embedders takes part. Handlers may be bound and removed at
// any time, also before the App is open.
type Hooks struct {
	Records     record.Hooks
	Collections collection.Hooks

	// Auth runs when a record has proved who it is and may sign in by the rules of its
	// collection, before it gets its token. An error refuses.
	Auth hook.Hook[*AuthEvent]

	// Start runs when the App has been opened for serving, before it answers anybody.
	// An error closes it again.
	Start hook.Hook[*AppEvent]

	// Stop runs when an App that was started is about to close. An error does not keep
	// it from closing.
	Stop hook.Hook[*AppEvent]
}

// AppEvent is about the App as a whole.
type AppEvent struct {
	hook.Event
	Context context.Context
	App     *App
}

// AuthEvent is a record that signs in.
type AuthEvent struct {
	hook.Event
	Context context.Context
	Caller  record.Caller
	Method  string         // "password" or "refresh"
	Record  *record.Record // who; belongs to the handlers
}

// Collection is that of the record.
func (e *AuthEvent) Collection() *schema.Collection { return e.Record.Collection() }

// Hooks are those of the App.
func (a *App) Hooks() *Hooks { return &a.hooks }

// started runs the Start hooks.
func (a *App) started(ctx context.Context) error {
	return a.hooks.Start.Trigger(&AppEvent{Context: ctx, App: a}, func() error { return nil })
}

// stopped runs the Stop hooks.
func (a *App) stopped() error {
	return a.hooks.Stop.Trigger(&AppEvent{Context: context.Background(), App: a}, func() error { return nil })
}
