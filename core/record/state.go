// The state of a record before and after a change of the log, reconstructed from
// before-images.

package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// The change log holds the values before each change, not those after it. So the state of a record
// after a change is computed from later changes: the value of a field is in the first later change
// that names it or, if there is none, in the present row. All is read in one transaction, one
// change at a time.

// StateAt returns the states of a record before and after a change that the feed has delivered,
// whatever happened to the record since. before is nil for a create, after for a delete. Both have
// the present fields of the collection: a field that was renamed keeps its value; a field that was
// added since has its present value, or its zero value if the record no longer exists. Passwords
// and token keys are empty, since the log does not have them.
//
// The fault is NotFound if the collection no longer exists or the log no longer holds the change
// (Log.Keep). Other errors are internal.
func (s *Service) StateAt(ctx context.Context, c change.Change) (before, after *Record, err error) {
	if c.Kind != change.Record || c.Seq == 0 {
		return nil, nil, fmt.Errorf("record: no change of a record from the feed: %s %d", c.Kind, c.Seq)
	}
	err = s.readWithRetry(Root(), func(rq *readRequest) error {
		collection := rq.snapshot.ByID(c.Collection)
		if collection == nil || collection.IsView() {
			return missingCollection()
		}
		return rq.read(ctx, store.Work{}, func(r store.Reader) (err error) {
			before, after, err = s.stateAt(r, s.table(rq.snapshot, collection), c)
			return err
		})
	})
	if err != nil {
		return nil, nil, err
	}
	return before, after, nil
}

// stateAt computes both states in the transaction of r.
func (s *Service) stateAt(r store.Reader, t *table, c change.Change) (before, after *Record, err error) {
	p := past{table: t, id: c.Record}
	first := true
	err = s.cfg.Changes.History(r, c, func(row change.Change) (more bool, err error) {
		// The first row is the change itself, from the log: of c only the position is used. After a
		// deletion there is no state, so no later change is needed.
		if first {
			first, c = false, row
			return row.Action != change.Delete, nil
		}
		if err := p.add(&row); err != nil {
			return false, err
		}
		// A later deletion holds every field, so changes after it add nothing.
		return p.whole == nil, nil
	})
	switch {
	case errors.Is(err, change.ErrGone):
		return nil, nil, fault.Wrap(fault.NotFound, "", change.ErrGone)
	case err != nil:
		return nil, nil, err
	}
	if c.Action != change.Delete {
		if after, err = p.state(r); err != nil {
			return nil, nil, err
		}
	}
	// The state before is the state after, with the old values of the changed fields.
	if before, err = t.undo(after, &c); err != nil {
		return nil, nil, err
	}
	return t.withoutSecrets(before), t.withoutSecrets(after), nil
}

// past is the state of a record after a change, as far as later changes hold it.
type past struct {
	table *table
	id    string
	known map[int]any // by position of the field
	whole *Record     // the record of a later deletion: it replaces the present record
}

// add adds the values of a later change that no change before it has held.
func (p *past) add(c *change.Change) error {
	if c.Action == change.Create { // the record was removed from its table without a logged change
		return fault.Wrap(fault.NotFound, "", change.ErrGone)
	}
	image, err := p.table.image(c)
	if err != nil {
		return err
	}
	if c.Action == change.Delete {
		p.whole = p.table.blank.Clone()
		p.whole.values[p.table.id] = p.id
		p.whole.set(image)
		return nil
	}
	// The value of a field until the first later change is in that change; changes after it hold
	// later values.
	if p.known == nil {
		p.known = image
		return nil
	}
	for i, v := range image {
		if _, ok := p.known[i]; !ok {
			p.known[i] = v
		}
	}
	return nil
}

// state completes the state from the present row.
func (p *past) state(r store.Reader) (*Record, error) {
	state := p.whole
	if state == nil {
		now, err := p.table.read(r, p.id)
		if err != nil {
			return nil, err
		}
		if now == nil { // the record was removed from its table without a logged change
			return nil, fault.Wrap(fault.NotFound, "", change.ErrGone)
		}
		state = now.Clone()
	}
	state.stored = true
	state.set(p.known)
	return state, nil
}

// undo returns the state before the change, given the state after it, which undo does not modify;
// nil stands for no record.
func (t *table) undo(after *Record, c *change.Change) (*Record, error) {
	if c.Action == change.Create {
		return nil, nil
	}
	image, err := t.image(c)
	if err != nil {
		return nil, err
	}
	r := t.blank
	if after != nil {
		r = after
	}
	r = r.Clone()
	r.stored, r.values[t.id] = true, c.Record
	r.set(image)
	return r, nil
}

// BeforeOf returns the fields of the record before a change that the change holds: all fields for a
// delete, the changed fields for an update (the others have their zero values); nil for a create.
// The fault is NotFound if the collection no longer exists.
func (s *Service) BeforeOf(c change.Change) (*Record, error) {
	snapshot := s.cfg.Snapshot()
	collection := snapshot.ByID(c.Collection)
	if collection == nil || collection.IsView() {
		return nil, missingCollection()
	}
	return s.table(snapshot, collection).undo(nil, &c)
}

// image returns the before-image of a change by position of the field: the image names fields by
// their ids. A field that the collection no longer has is left out.
func (t *table) image(c *change.Change) (map[int]any, error) {
	var raw map[string]json.RawMessage
	if len(c.Before) > 0 {
		if err := json.Unmarshal(c.Before, &raw); err != nil {
			return nil, fmt.Errorf("before-image of change %d of %s/%s: %w", c.Seq, t.collection.Name, c.Record, err)
		}
	}
	image := make(map[int]any, len(raw))
	for i, f := range t.collection.Fields {
		value, ok := raw[f.ID]
		if !ok {
			continue
		}
		// A json field keeps its text. Decoding would lose digits of large numbers and the
		// order of keys.
		if _, ok := f.Kind.(*schema.JSON); ok {
			image[i] = f.Kind.Cast(value)
			continue
		}
		var v any
		if err := json.Unmarshal(value, &v); err != nil {
			return nil, fmt.Errorf("before-image of change %d of %s/%s: field %s: %w", c.Seq, t.collection.Name, c.Record, f.Name, err)
		}
		image[i] = f.Kind.Cast(v)
	}
	return image, nil
}

// set sets the values of an image.
func (r *Record) set(image map[int]any) {
	for i, v := range image {
		r.values[i] = v
	}
}

// withoutSecrets empties the fields that the change log never holds.
func (t *table) withoutSecrets(r *Record) *Record {
	if r == nil {
		return nil
	}
	r = r.Clone()
	for i, f := range t.collection.Fields {
		if t.secret(f) {
			r.values[i] = f.Kind.Zero()
		}
	}
	return r
}
