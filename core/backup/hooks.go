package backup

import (
	"context"

	"github.com/loambase/loam/core/hook"
)

// Hooks are where code of an embedding program takes part in backups. Handlers run around the
// work, on its goroutine, as long as it takes: what they do after Next is done after it. An
// error before Next refuses the work.
type Hooks struct {
	// Create runs around the making of an archive, also by the clock.
	Create hook.Hook[*Event]

	// Restore runs around putting an archive in the place of database and files.
	Restore hook.Hook[*Event]
}

// Event is an archive that is made or restored.
type Event struct {
	hook.Event
	Context context.Context // ends when the App is closed
	Name    string          // of the archive
}

// hooked is the work within the handlers of a hook.
func hooked(h *hook.Hook[*Event], name string, work func(context.Context) error) func(context.Context) error {
	if h.Empty() {
		return work
	}
	return func(ctx context.Context) error {
		inner, err := hook.Deeper(ctx)
		if err != nil {
			return err
		}
		e := &Event{Context: inner, Name: name}
		return h.Trigger(e, func() error { return work(ctx) })
	}
}
