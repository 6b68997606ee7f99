package core

import (
	"context"
	"fmt"
	"slices"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// SavedView is a query of the page of a collection that a superuser has saved.
type SavedView struct {
	Collection string // id
	Name       string // unique in the collection
	Query      string // the query of the address: filter, sort, columns
}

const (
	keptViews   = "views"
	maxViews    = 200 // of a superuser
	maxViewName = 60  // characters
	maxViewSize = 4096
)

// SavedViews returns the views of a collection that the superuser has saved, in their order.
func (a *App) SavedViews(ctx context.Context, caller record.Caller, collection string) (list []SavedView, err error) {
	err = a.Kept(ctx, caller, keptViews, &list)
	return slices.DeleteFunc(list, func(v SavedView) bool { return v.Collection != collection }), err
}

// SaveView saves a view, and replaces a view of the same name. Faults: Invalid for a name that is
// empty or too long, a query that is too long, and more than 200 views.
func (a *App) SaveView(ctx context.Context, caller record.Caller, v SavedView) error {
	return a.ReplaceView(ctx, caller, v, v.Name)
}

// ReplaceView saves a view in place of the view named was, or as a new view if the collection has no
// view of that name. Faults: those of SaveView, and Invalid if another view has the name.
func (a *App) ReplaceView(ctx context.Context, caller record.Caller, v SavedView, was string) error {
	switch {
	case v.Name == "" || len([]rune(v.Name)) > maxViewName:
		return fault.New(fault.Invalid, fmt.Sprintf("A view has a name of up to %d characters.", maxViewName))
	case len(v.Query) > maxViewSize:
		return fault.New(fault.Invalid, "This view is too large to be saved.")
	}
	return ChangeKept(ctx, a, caller, keptViews, func(list []SavedView) ([]SavedView, error) {
		old := slices.IndexFunc(list, SavedView{Collection: v.Collection, Name: was}.same)
		if at := slices.IndexFunc(list, v.same); at >= 0 && at != old {
			return nil, fault.New(fault.Invalid, "There is a view "+v.Name+" already.")
		}
		if old >= 0 {
			list[old] = v
			return list, nil
		}
		if len(list) >= maxViews {
			return nil, fault.New(fault.Invalid, fmt.Sprintf("There are %d saved views. Delete some.", maxViews))
		}
		return append(list, v), nil
	})
}

// DeleteView deletes the named view. An unknown name is not an error.
func (a *App) DeleteView(ctx context.Context, caller record.Caller, collection, name string) error {
	gone := SavedView{Collection: collection, Name: name}
	return ChangeKept(ctx, a, caller, keptViews, func(list []SavedView) ([]SavedView, error) { return slices.DeleteFunc(list, gone.same), nil })
}

func (v SavedView) same(other SavedView) bool {
	return v.Collection == other.Collection && v.Name == other.Name
}
