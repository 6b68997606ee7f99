package console

import (
	"context"
	"sync"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/record"
)

// changesEvent is the name of the event that tells scripts of the page which records and
// collections a request has changed. Its detail is a value of the type changed.
const changesEvent = "loam:changed"

// maxChanges is the maximum number of changes in an event. The event is sent in a header of the
// answer, and proxies refuse answers with long headers.
const maxChanges = 20

// changed is the detail of a changesEvent.
type changed struct {
	Total   int      `json:"total"`   // number of all changes
	Changes []change `json:"changes"` // the first changes, up to maxChanges
}

// change is a change of a record, or of the collection itself if Record is "".
type change struct {
	Action     string `json:"action"` // "create", "update" or "delete"
	Collection string `json:"collection"`
	Record     string `json:"record,omitempty"`
}

// changes collects the changes that a request makes.
type changes struct {
	mu   sync.Mutex // guards the field below: a hook runs in a goroutine of its own
	seen changed
}

// changesKey is the key of the *changes in the context of a request.
type changesKey struct{}

// reportChanges binds hooks that add each change of a record or a collection to the *changes in the
// context. Only the context of a request to the console has *changes: a request to the API and a
// task have no page that could show them.
func reportChanges(hooks *core.Hooks) {
	hooks.Records.AfterSuccess.BindFunc(func(e *record.WriteEvent) error {
		add(e.Context, change{e.Action.String(), e.Collection().Name, e.Record.ID()})
		return nil
	})
	hooks.Collections.AfterSuccess.BindFunc(func(e *collection.Event) error {
		add(e.Context, change{Action: string(e.Action), Collection: e.Collection.Name})
		return nil
	})
}

// add adds a change to the changes in ctx, if ctx has any.
func add(ctx context.Context, made change) {
	list, ok := ctx.Value(changesKey{}).(*changes)
	if !ok {
		return
	}
	list.mu.Lock()
	defer list.mu.Unlock()
	list.seen.Total++
	if len(list.seen.Changes) < maxChanges {
		list.seen.Changes = append(list.seen.Changes, made)
	}
}

// report adds the changesEvent to the answer if the request has changed a record or a collection.
func (c *Call) report() error {
	if c.changes == nil {
		return nil
	}
	c.changes.mu.Lock()
	defer c.changes.mu.Unlock()
	if c.changes.seen.Total == 0 {
		return nil
	}
	return c.Tell(changesEvent, c.changes.seen)
}
