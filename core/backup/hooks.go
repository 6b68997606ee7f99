package backup

import (
	"context"

	"github.com/loambase/loam/core/hook"
)

// Hooks are the hooks of backups. Handlers run around the work, on its goroutine and without a
// time limit. Next does the work; a handler refuses the work with an error before Next.
type Hooks struct {
	// Create runs around the creation of an archive, by a request or by the schedule.
	Create hook.Hook[*Event]

	// Restore runs around the replacement of the database and the files by an archive.
	Restore hook.Hook[*Event]
}

// Event is the creation or the restoring of an archive.
type Event struct {
	hook.Event
	Name string // the name of the archive
}

// hooked returns a function that runs the handlers of a hook around the work.
func hooked(h *hook.Hook[*Event], name string, work func(context.Context) error) func(context.Context) error {
	if h.Empty() {
		return work
	}
	return func(ctx context.Context) error {
		return h.Around(ctx, &Event{Name: name}, func() error { return work(ctx) })
	}
}
