package diagram

import (
	"maps"
	"strconv"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
)

// places are the places of the boxes that a superuser has moved, by the ids of the collections.
type places map[string]point

// point is the upper left corner of a box, in units of the picture.
type point struct {
	X int `json:"x"`
	Y int `json:"y"`
}

const (
	keptPlaces = "diagram" // name of the document, for core.Kept
	farthest   = 20_000    // maximum coordinate
)

func placesOf(c *console.Call) (placed places, err error) {
	err = c.App.Kept(c.R.Context(), c.Caller, keptPlaces, &placed)
	return placed, err
}

// put moves each box with a stored place to it, and fits the size of the picture to all boxes.
func (p *picture) put(placed places) {
	for _, b := range p.boxes {
		if at, ok := placed[b.in.ID]; ok {
			b.x, b.y, p.moved = at.X, at.Y, true
		}
	}
	if !p.moved {
		return
	}
	p.width, p.height = 0, 0
	for _, b := range p.boxes {
		p.grow(b)
	}
	p.width, p.height = p.width+margin, p.height+margin
}

// put stores the place of a box, and deletes the places of deleted collections.
func put(c *console.Call) error {
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	sent := c.R.PostForm
	x, errX := strconv.Atoi(sent.Get("x"))
	y, errY := strconv.Atoi(sent.Get("y"))
	if errX != nil || errY != nil || min(x, y) < 0 || max(x, y) > farthest {
		return fault.New(fault.Invalid, "This is no place in the diagram.")
	}
	snapshot := c.App.Snapshot()
	in := snapshot.ByID(sent.Get("id"))
	if in == nil {
		return fault.New(fault.NotFound, "There is no such collection any more.")
	}
	err := core.ChangeKept(c.R.Context(), c.App, c.Caller, keptPlaces, func(placed places) (places, error) {
		if placed == nil {
			placed = places{}
		}
		maps.DeleteFunc(placed, func(id string, _ point) bool { return snapshot.ByID(id) == nil })
		placed[in.ID] = point{x, y}
		return placed, nil
	})
	if err != nil {
		return err
	}
	return c.Event("placed", in.ID)
}

// arrange deletes all stored places, so that draw places every box.
func arrange(c *console.Call) error {
	if err := core.ChangeKept(c.R.Context(), c.App, c.Caller, keptPlaces, func(places) (places, error) { return nil, nil }); err != nil {
		return err
	}
	return c.Go("/_/diagram")
}
