package core

import (
	"context"

	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/record"
)

// Hooks are where code of embedders takes part. Handlers may be bound and removed at
// any time, also before the App is open.
type Hooks struct {
	Records     record.Hooks
	Collections collection.Hooks

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
