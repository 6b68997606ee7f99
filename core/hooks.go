// Hooks of the App: those of its services, and Start and Stop around serving.

package core

import (
	"context"

	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/mail"
	"github.com/loambase/loam/core/record"
)

// Hooks are the points where code of an embedding program takes part. Handlers may be
// bound and removed at any time, also before the App is open.
type Hooks struct {
	Records     record.Hooks
	Collections collection.Hooks
	Mails       mail.Hooks

	// Start runs at the end of Open for Serve, before any request is answered. An error
	// makes Open fail.
	Start hook.Hook[*AppEvent]

	// Stop runs at the beginning of Close, if the Start hooks have run. Close returns
	// its error and closes the App all the same.
	Stop hook.Hook[*AppEvent]
}

// AppEvent is about the App as a whole.
type AppEvent struct {
	hook.Event
	Context context.Context
	App     *App
}

// Hooks returns the hooks of the App.
func (a *App) Hooks() *Hooks { return &a.hooks }

// runStartHooks runs the Start hooks.
func (a *App) runStartHooks(ctx context.Context) error {
	return a.hooks.Start.Trigger(&AppEvent{Context: ctx, App: a}, func() error { return nil })
}

// runStopHooks runs the Stop hooks.
func (a *App) runStopHooks() error {
	return a.hooks.Stop.Trigger(&AppEvent{Context: context.Background(), App: a}, func() error { return nil })
}
