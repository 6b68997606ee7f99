// The steps that turn one state of a window into the next.

package realtime

import (
	"slices"
	"strconv"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// maxSteps is the maximum number of steps that are sent. If there are more, the whole state is
// sent.
const maxSteps = 250

// step is the data of an event of a window.
type step []byte

// difference returns the steps that turn the old rows into the new ones, applied in their order to
// a list. Rows that are no longer in the list leave first. Then, in the order of the new list, new
// rows enter, and rows that have changed or moved are updated; an update removes the row from its
// old place first.
func difference(old []row, list []listed) (steps []step) {
	now := make(map[string]bool, len(list))
	for i := range list {
		now[list[i].id] = true
	}
	known := make(map[string]int, len(old)) // the places in old, which show moved rows
	ids := make([]string, 0, len(old))      // the list after the steps
	for i := range old {
		if known[old[i].id] = i; now[old[i].id] {
			ids = append(ids, old[i].id)
		} else {
			steps = append(steps, leaveStep(old[i].id))
		}
	}
	at, stays := 0, -1 // after the row before; the place in old of the last row that stays
	for i := range list {
		id := list[i].id
		was, there := known[id]
		switch {
		case there && old[was].sum == list[i].sum && was > stays:
			stays = was
			at = at + slices.Index(ids[at:], id) + 1
			continue
		case there:
			from := slices.Index(ids, id)
			ids = slices.Delete(ids, from, from+1)
			if from < at {
				at--
			}
			steps = append(steps, rowStep(change.Update, at, list[i].json))
		default:
			steps = append(steps, rowStep(record.Enter, at, list[i].json))
		}
		ids = slices.Insert(ids, at, id)
		at++
	}
	return steps
}

func leaveStep(id string) step {
	return append(schema.AppendString([]byte(`{"action":"leave","id":`), id), '}')
}

func rowStep(action change.Action, index int, json []byte) step {
	s := append(make(step, 0, len(json)+50), `{"action":"`+string(action)+`","index":`...)
	s = strconv.AppendInt(s, int64(index), 10)
	return append(append(append(s, `,"record":`...), json...), '}')
}
