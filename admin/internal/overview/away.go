package overview

import (
	"maps"
	"slices"
	"time"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
)

const (
	keptAway = "put away"
	awayFor  = 30 * 24 * time.Hour
)

// ends has, by the ID of a concern, the time until which the concern is put away.
type ends map[string]time.Time

// splitAway splits the list into the concerns that are shown and the concerns that are put away.
func splitAway(c *console.Call, list []concern) (shown, away []concern, err error) {
	var until ends
	if err := c.App.Kept(c.R.Context(), c.Caller, keptAway, &until); err != nil {
		return nil, nil, err
	}
	for _, item := range list {
		if until[item.ID].After(c.App.Now()) {
			away = append(away, item)
		} else {
			shown = append(shown, item)
		}
	}
	return shown, away, nil
}

// putAway puts a concern away for awayFor, or takes it back.
func putAway(c *console.Call) error {
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	list, err := concerns(c)
	if err != nil {
		return err
	}
	id, back := c.R.PostForm.Get("id"), c.R.PostForm.Has("back")
	if !slices.ContainsFunc(list, func(item concern) bool { return item.ID == id }) {
		return fault.New(fault.NotFound, "This is not in the list any more.")
	}
	if err := setAway(c, id, back); err != nil {
		return err
	}
	said := "Put away for 30 days"
	if back {
		said = "Shown again"
	}
	c.Toast(said)
	if !c.IsPart("concerns") {
		return c.Go("/_/")
	}
	shown, away, err := splitAway(c, list)
	if err != nil {
		return err
	}
	return c.Part(card(shown, away, true))
}

// setAway stores that a concern is put away for awayFor; with back, it removes the concern. It also
// removes concerns whose time is over.
func setAway(c *console.Call, id string, back bool) error {
	return core.ChangeKept(c.R.Context(), c.App, c.Caller, keptAway, func(until ends) (ends, error) {
		now := c.App.Now()
		maps.DeleteFunc(until, func(other string, end time.Time) bool { return other == id || !end.After(now) })
		if back {
			return until, nil
		}
		if until == nil {
			until = ends{}
		}
		until[id] = now.Add(awayFor)
		return until, nil
	})
}
