// Writes in one transaction that return ids; their caller reads the records afterwards.

package record

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// ErrCollectionsChanged is returned by WriteAll, which has written nothing, if the collections are
// not those that the operations were made for.
var ErrCollectionsChanged = errors.New("record: the collections have changed")

// OpError is the error of WriteAll with the position of the Op that has failed.
type OpError struct {
	Op  int
	Err error
}

func (e *OpError) Error() string { return fmt.Sprintf("write %d: %v", e.Op, e.Err) }

func (e *OpError) Unwrap() error { return e.Err }

// WriteAll runs the writes one after the other in one transaction, as Batch does, and returns the
// ids of the records that each Op has written: one id, or those of the records of Op.Where. If an
// Op fails, nothing is stored, and the error is an *OpError. snapshot holds the collections whose
// fields the operations name: if the collections have changed since, the error is
// ErrCollectionsChanged. A nil snapshot stands for the present collections.
func (s *Service) WriteAll(ctx context.Context, snapshot *schema.Snapshot, ops []Op) (ids [][]string, err error) {
	if len(ops) == 0 {
		return nil, nil
	}
	if err := s.mayWrite(); err != nil {
		return nil, err
	}
	ops, failed, err := s.runRequestHooks(ctx, ops)
	if err != nil {
		return nil, &OpError{failed, err}
	}
	err = retryStale(func() (err error) {
		ids, err = s.writeAllOnce(ctx, snapshot, ops)
		return err
	})
	return ids, err
}

func (s *Service) writeAllOnce(ctx context.Context, snapshot *schema.Snapshot, ops []Op) ([][]string, error) {
	writes, err := s.acceptAll(ops)
	if err != nil {
		return nil, err
	}
	for _, w := range writes {
		if snapshot != nil && w.rq.snapshot != snapshot {
			return nil, ErrCollectionsChanged
		}
	}
	c, err := s.commitAll(ctx, writes, nil)
	if errors.Is(err, store.ErrTimeout) {
		err = fault.Wrap(fault.Invalid, "", ErrTimeLimit)
	}
	if err != nil {
		return nil, &OpError{c.failed, err}
	}
	ids := make([][]string, len(ops))
	for _, w := range c.writes {
		ids[w.turn] = append(ids[w.turn], w.id)
	}
	return ids, nil
}

// link sets the fields of Op.Links in the body to the ids of earlier writes.
func (w *writeRequest) link(earlier []*writeRequest) {
	if len(w.op.Links) == 0 {
		return
	}
	body := map[string]any{}
	maps.Copy(body, w.op.Input.Body)
	w.op.Input.Body, w.links = body, map[string]*writeRequest{}
	for _, l := range w.op.Links {
		to := earlier[l.Op]
		body[l.Field], w.links[l.Field] = to.id, to
	}
}

// followLinks sets these fields again, since a Before hook of an earlier write may have changed its
// id.
func (w *writeRequest) followLinks() {
	for field, to := range w.links {
		w.input.set(field, to.id)
	}
}

// set replaces the value that was sent for a field.
func (a *acceptedInput) set(name string, value any) {
	for i := range a.assignments {
		if a.collection.Fields[a.assignments[i].field].Name == name {
			a.assignments[i].value = value
		}
	}
}
