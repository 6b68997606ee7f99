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

// The change log holds what was before each change, and no state after it. So the state
// that a record had after a certain change is computed backwards: from the row as it is,
// by undoing the changes that came after. All is read in one transaction.

// errLogGone is a change that the log does not hold any more.
var errLogGone = errors.New("record: the change is not in the log any more")

// StateAt returns the record as it was before and after a change of it that the feed has
// handed out, whatever happened to it since. before is nil for a create, after for a
// delete. Both have the fields that the collection has now: one that was renamed keeps
// its value, one that was added since has its present value, or its zero value if the
// record is gone. Passwords and token keys are empty, since the log has none.
//
// The fault is NotFound if the collection is gone or the log does not hold the change
// any more (Log.Keep). Other errors are internal.
func (s *Service) StateAt(ctx context.Context, c change.Change) (before, after *Record, err error) {
	if c.Kind != change.Record || c.Seq == 0 {
		return nil, nil, fmt.Errorf("record: no change of a record from the feed: %s %d", c.Kind, c.Seq)
	}
	err = s.readWithRetry(Root(), func(rq *readRequest) error {
		collection := rq.snapshot.ByID(c.Collection)
		if collection == nil || collection.IsView() {
			return missingCollection()
		}
		return rq.read(ctx, func(r store.Reader) (err error) {
			before, after, err = s.stateAt(r, s.table(rq.snapshot, collection), c)
			return err
		})
	})
	if err != nil {
		return nil, nil, err
	}
	return before, after, nil
}

func (s *Service) stateAt(r store.Reader, t *table, c change.Change) (before, after *Record, err error) {
	list, err := changesSince(r, c)
	if err != nil {
		return nil, nil, err
	}
	if len(list) == 0 || list[0].Seq != c.Seq || list[0].N != c.N {
		return nil, nil, fault.Wrap(fault.NotFound, "", errLogGone)
	}
	if after, err = t.read(r, c.Record); err != nil {
		return nil, nil, err
	}
	for i := len(list) - 1; i > 0; i-- {
		if after, err = t.undo(after, &list[i]); err != nil {
			return nil, nil, err
		}
	}
	if before, err = t.undo(after, &list[0]); err != nil {
		return nil, nil, err
	}
	return t.withoutSecrets(before), t.withoutSecrets(after), nil
}

// changesSince returns the change and all later ones of the same record, in their order.
func changesSince(r store.Reader, c change.Change) ([]change.Change, error) {
	rows, err := r.Query(`SELECT "seq", "n", "action", "before" FROM "_changes" WHERE ("seq", "n") >= ($1, $2) `+
		`AND "kind" = $3 AND "collection" = $4 AND "record" = $5 ORDER BY "seq", "n"`,
		store.Int(c.Seq), store.Int(int64(c.N)), store.Text(string(change.Record)), store.Text(c.Collection), store.Text(c.Record))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []change.Change
	for rows.Next() {
		list = append(list, change.Change{
			Collection: c.Collection, Record: c.Record,
			Seq: rows.Int(0), N: int(rows.Int(1)), Action: change.Action(rows.Text(2)), Before: append([]byte(nil), rows.Bytes(3)...),
		})
	}
	return list, rows.Close()
}

// undo returns the state before the change, given the one after it; nil is no record.
// It changes neither.
func (t *table) undo(after *Record, c *change.Change) (*Record, error) {
	var r *Record
	switch {
	case c.Action == change.Create:
		return nil, nil
	case c.Action == change.Delete:
		r = t.blank.Clone()
		r.values[t.id] = c.Record
	case after == nil: // a row that left its table unlogged
		return nil, fault.Wrap(fault.NotFound, "", errLogGone)
	default:
		r = after.Clone()
	}
	r.stored = true
	if err := t.applyImage(r, c.Before); err != nil {
		return nil, fmt.Errorf("change %d of %s/%s: %w", c.Seq, t.collection.Name, c.Record, err)
	}
	return r, nil
}

// BeforeOf returns what a change has kept of the record before it: all fields of one
// that was deleted, the changed fields of one that was updated (the others are at their
// zero values); nil for a create. The fault is NotFound if the collection is gone.
func (s *Service) BeforeOf(c change.Change) (*Record, error) {
	snapshot := s.cfg.Snapshot()
	collection := snapshot.ByID(c.Collection)
	if collection == nil || collection.IsView() {
		return nil, missingCollection()
	}
	t := s.table(snapshot, collection)
	if c.Action == change.Create {
		return nil, nil
	}
	r := t.blank.Clone()
	r.stored, r.values[t.id] = true, c.Record
	return r, t.applyImage(r, c.Before)
}

// applyImage sets the fields of a before-image, which names them by their ids. A field
// that the collection has no more is left out.
func (t *table) applyImage(r *Record, image []byte) error {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(image, &values); err != nil {
		return fmt.Errorf("before-image: %w", err)
	}
	for i, f := range t.collection.Fields {
		raw, ok := values[f.ID]
		if !ok {
			continue
		}
		if _, ok := f.Kind.(*schema.JSON); ok {
			r.values[i] = f.Kind.Cast(raw)
			continue
		}
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			return fmt.Errorf("before-image: field %s: %w", f.Name, err)
		}
		r.values[i] = f.Kind.Cast(v)
	}
	return nil
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
