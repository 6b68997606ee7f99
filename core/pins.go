package core

import (
	"context"
	"fmt"
	"slices"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

const (
	keptPins = "pins"
	maxPins  = 100 // of a superuser
)

// Pins returns the ids of the collections that the superuser has pinned, in the order of
// pinning. Ids of deleted collections may be among them.
func (a *App) Pins(ctx context.Context, caller record.Caller) (ids []string, err error) {
	err = a.Kept(ctx, caller, keptPins, &ids)
	return ids, err
}

// Pin adds a collection to the end of the superuser's pins, or removes the pin if pinned is false.
// collection is an id. Faults: NotFound for an unknown collection, Invalid for more than 100 pins.
func (a *App) Pin(ctx context.Context, caller record.Caller, collection string, pinned bool) error {
	known := func(id string) bool { return a.Snapshot().ByID(id) != nil }
	if !known(collection) {
		return fault.New(fault.NotFound, "There is no collection "+collection+".")
	}
	return ChangeKept(ctx, a, caller, keptPins, func(ids []string) ([]string, error) {
		ids = slices.DeleteFunc(ids, func(id string) bool { return id == collection || !known(id) })
		switch {
		case !pinned:
			return ids, nil
		case len(ids) >= maxPins:
			return nil, fault.New(fault.Invalid, fmt.Sprintf("There are %d pins. Take some away.", maxPins))
		}
		return append(ids, collection), nil
	})
}
