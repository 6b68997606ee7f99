// What turns one state of a window into the next.

package realtime

import (
	"slices"
	"strconv"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// maxSteps is how many steps are told one by one. Of more the whole state is told anew.
const maxSteps = 250

// step is the data of an event of a window.
type step []byte

// difference returns the steps that turn the old rows into the new ones, applied in their order to a
// list: what is gone leaves; then, from the first place on, what is new enters, and what is
// different, or stands elsewhere, is updated, which takes it from its place first.
func difference(old []row, list []listed) (steps []step) {
	now := make(map[string]bool, len(list))
	for i := range list {
		now[list[i].id] = true
	}
	known := make(map[string]int, len(old)) // the place in old, which tells what was moved
	ids := make([]string, 0, len(old))      // the list, as the steps leave it
	for i := range old {
		if known[old[i].id] = i; now[old[i].id] {
			ids = append(ids, old[i].id)
		} else {
			steps = append(steps, leaveStep(old[i].id))
		}
	}
	at, stays := 0, -1 // behind the row before; the place in old of the last one that stays
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
