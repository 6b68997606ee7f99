// Showing a change to callers who keep a list: a record may enter or leave the records that they
// see.

package record

import (
	"errors"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/schema"
)

// transitions judges the states before and after a creation or an update. The accounts and all
// other records have their present state.
func (v *showing) transitions(c *change.Change) error {
	before, after, err := v.rq.service.stateAt(v.reader, v.table, *c)
	if errors.Is(err, change.ErrGone) {
		return change.ErrGone
	}
	if err != nil {
		return err
	}
	saw := make([]bool, len(v.audience.Auth))
	if before != nil {
		v.record = before
		if saw, err = v.sees(); err != nil {
			return err
		}
	}
	v.record = after
	sees, err := v.sees()
	if err != nil {
		return err
	}
	var left []byte
	for i := range sees {
		switch {
		case sees[i] && !saw[i] && before != nil:
			err = v.show(i, Enter)
		case sees[i]:
			err = v.show(i, c.Action)
		case saw[i]:
			if left == nil {
				left = v.left()
			}
			v.shown[i] = Shown{Action: Leave, JSON: left}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// left returns the JSON of a record for members who no longer see it: its id and collection.
func (v *showing) left() []byte {
	c := v.table.collection
	out := schema.AppendString([]byte(`{"collectionId":`), c.ID)
	out = schema.AppendString(append(out, `,"collectionName":`...), c.Name)
	out = schema.AppendString(append(out, `,"id":`...), v.record.ID())
	return append(out, '}')
}
