// Hooks of the App: those of its services, and Start and Stop around serving.

package core

import (
	"context"
	"sync"

	"github.com/loambase/loam/core/backup"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/mail"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
)

// Hooks are the points where code of an embedding program takes part. Handlers may be bound and
// removed at any time, even before the App is open.
type Hooks struct {
	Records     record.Hooks
	Collections collection.Hooks
	Settings    settings.Hooks
	Files       FileHooks
	Mails       mail.Hooks
	Backups     backup.Hooks

	// Start runs at the end of Open for Serve, before any request is answered. An error
	// makes Open fail.
	Start hook.Hook[*AppEvent]

	// Stop runs at the beginning of Close, if the Start hooks have run. Close returns the error of
	// Stop, and closes the App in any case.
	Stop hook.Hook[*AppEvent]
}

// FileHooks are the hooks of serving the files of records.
type FileHooks struct {
	// Download runs around each answer with a stored file or a thumb, after the check that
	// the caller may read the file. Handlers may change the Name of the event, or refuse the
	// download with an error.
	Download hook.Hook[*DownloadEvent]

	// Token runs when a caller requests a token for protected files. Handlers may refuse the
	// request with an error.
	Token hook.Hook[*FileTokenEvent]
}

// DownloadEvent is a file that is about to be sent.
type DownloadEvent struct {
	hook.Event
	Caller record.Caller
	File   record.StoredFile // the stored file and its record; the handlers own the record
	Name   string            // name of the served file; the name of a thumb begins with its size
	Thumb  bool              // the answer is a thumb of the file
}

// Collection returns the collection of the record.
func (e *DownloadEvent) Collection() *schema.Collection { return e.File.Record.Collection() }

// FileTokenEvent is a request for a file token.
type FileTokenEvent struct {
	hook.Event
	Caller record.Caller // always signed in
}

// Collection returns the collection of the caller's account.
func (e *FileTokenEvent) Collection() *schema.Collection { return e.Caller.Auth.Collection() }

// AppEvent is about the App as a whole.
type AppEvent struct {
	hook.Event
	App *App
}

// Hooks returns the hooks of the App.
func (a *App) Hooks() *Hooks { return &a.hooks }

// runStartHooks runs the Start hooks.
func (a *App) runStartHooks(ctx context.Context) error {
	return a.hooks.Start.Around(ctx, &AppEvent{App: a}, func() error { return nil })
}

// runStopHooks runs the Stop hooks.
func (a *App) runStopHooks() error {
	return a.hooks.Stop.Around(context.Background(), &AppEvent{App: a}, func() error { return nil })
}

// settingsTeller passes changes of the settings to the handlers of Settings.Changed, one after
// the other, on a goroutine of its own.
type settingsTeller struct {
	wake chan struct{} // capacity 1; full while a change is pending

	mu       sync.Mutex // guards old and new: the pending change, nil without one
	old, new *settings.Settings
}

// tellSettings observes the settings and hands each change to runSettingsHooks. Changes that
// come before the handlers run are merged into one.
func (a *App) tellSettings(old, new *settings.Settings) {
	if a.hooks.Settings.Changed.Empty() {
		return
	}
	t := &a.teller
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.new == nil {
		t.old = old
	}
	t.new = new
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// runSettingsHooks runs the handlers of Settings.Changed until ctx ends.
func (a *App) runSettingsHooks(ctx context.Context) error {
	t := &a.teller
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.wake:
		}
		t.mu.Lock()
		e := &settings.Event{Old: t.old, New: t.new}
		t.old, t.new = nil, nil
		t.mu.Unlock()
		call := hook.Call{Name: "hook settings changed", Limit: a.Config.HookLimit}
		err := a.hooks.Settings.Changed.Run(ctx, call, e)
		if err != nil && ctx.Err() == nil {
			a.Log().Error("hook after a change of the settings", "error", err)
		}
	}
}
