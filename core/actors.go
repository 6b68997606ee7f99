package core

import (
	"context"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
)

// Actors returns the actors that have changed the definition of a collection since a time, as far as
// the change log goes back: each once, in no order, as record.Caller.Actor has them. collection is an
// id; "" stands for the settings. The program's own code has the actor "". A caller who is not a
// superuser gets the fault of record.Caller.RequireSuperuser.
func (a *App) Actors(ctx context.Context, caller record.Caller, collection string, since time.Time) (list []string, err error) {
	if err := caller.RequireSuperuser(); err != nil {
		return nil, err
	}
	err = a.store.Read(ctx, func(r store.Reader) error {
		list, err = a.changes.Actors(r, collection, since)
		return err
	})
	return list, err
}
