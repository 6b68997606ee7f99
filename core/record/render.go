// Rendering: the JSON of a record for a caller.

package record

import (
	"context"
	"errors"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Render returns a stored record as JSON for the caller, with the relations that expand names. It
// does not judge whether the caller may see the record: the operation that returned r has judged
// that. For a record that a write returned, no row is read unless expand or the manage rule asks
// for more than the record holds; rules read the body of that write, and the answer is for the
// caller of the write as Request hooks have changed it.
//
// The fault is Invalid for related records that are too large or take too long to read. A write
// that returned r stays committed. For such a record a failing Enrich hook is not an error, or the
// client would write the record again: the error is logged, and the answer is the id with
// collectionId and collectionName.
func (s *Service) Render(ctx context.Context, caller Caller, r *Record, expand string) (json []byte, err error) {
	// Request hooks may have changed the caller of the write, and rules read the body of the write.
	// This holds only for the caller of the write: code may render the result for another caller.
	if w := r.written; w != nil && w.asked == caller.Auth {
		caller = w.caller
	}
	v := s.newRenderRequest(ctx, caller, r, expand)
	defer v.rq.close()
	if v.reads() {
		err = retryRejected(func() error {
			return s.cfg.Store.Read(v.rq.limitTime(ctx, v.work(expand)), func(reader store.Reader) (err error) {
				json, err = v.json(reader)
				return err
			})
		})
	} else {
		json, err = v.json(nil)
	}
	switch {
	case err == nil:
		return json, nil
	// An error would tell the client that the write has failed. The fields that the hook would have
	// hidden are not known, so the answer has only fields that are certainly public.
	case r.written != nil && errors.Is(err, errEnrich):
		s.logEnrich(r, err)
		return r.identity(), nil
	case v.reads():
		err = renderFault(readFault(err, fault.Invalid), r)
	}
	return nil, err
}

// logEnrich logs the reason of a shortened answer to a write, unless it is a fault, which a client
// may be able to cause.
func (s *Service) logEnrich(r *Record, err error) {
	var f *fault.Error
	if !errors.As(err, &f) {
		s.cfg.Log.Error("render a record that was written", "collection", r.collection.Name, "id", r.ID(), "error", err)
	}
}

// identity returns the JSON of the record with the fields that no Enrich hook hides: id,
// collectionId and collectionName.
func (r *Record) identity() []byte {
	out := schema.AppendString([]byte(`{"collectionId":`), r.collection.ID)
	out = schema.AppendString(append(out, `,"collectionName":`...), r.collection.Name)
	out = schema.AppendString(append(out, `,"id":`...), r.ID())
	return append(out, '}')
}

// renderFault adds to a fault that the write is committed.
func renderFault(err error, r *Record) error {
	var f *fault.Error
	if r.written == nil || !errors.As(err, &f) {
		return err
	}
	told := *f
	told.Message = "The record is saved, but its relations could not be expanded."
	return &told
}

// RenderOwn renders an account for itself, with its email: the answer to a sign-in
// (docs/wire/records.md §4.1).
func (s *Service) RenderOwn(ctx context.Context, caller Caller, r *Record, expand string) ([]byte, error) {
	caller.Auth = r
	return s.Render(ctx, caller, r, expand)
}

// renderIn renders a record within a transaction, in its present state. The bytes of expanded
// relations are subtracted from room.
func (s *Service) renderIn(ctx context.Context, reader store.Reader, caller Caller, r *Record, expand string, room *int) ([]byte, error) {
	v := s.newRenderRequest(ctx, caller, r, expand)
	defer v.rq.close()
	v.rq.treeRoom = room
	if !v.reads() {
		return v.json(nil)
	}
	json, err := v.json(reader)
	if len(v.nodes) > 0 {
		*room = v.expand.room
	}
	return json, readFault(err, fault.Invalid)
}

// renderRequest is the rendering of one record.
type renderRequest struct {
	rq         *readRequest
	record     *Record
	projection *projection
	expand     *treeRead
	nodes      []*treeNode
	email      bool // the email is always shown
}

func (s *Service) newRenderRequest(ctx context.Context, caller Caller, r *Record, expand string) *renderRequest {
	return s.newRead(caller).renderOf(ctx, r, expand)
}

// renderOf prepares the record for the caller of the request.
func (rq *readRequest) renderOf(ctx context.Context, r *Record, expand string) *renderRequest {
	v := &renderRequest{rq: rq, record: r}
	v.projection = rq.service.projection(rq.snapshot, r.collection, rq.superuser)
	v.expand, v.nodes = rq.expand(ctx, v.projection, expand)
	v.email = v.projection.showsEmailOf(r, rq.caller, false)
	return v
}

// reads reports whether data beside the record is needed.
func (v *renderRequest) reads() bool { return len(v.nodes) > 0 || v.asksManageRule() }

// work returns the expected cost of json.
func (v *renderRequest) work(expand string) store.Work {
	return expandWork(ruleWork("render", v.record.collection), expand, v.nodes)
}

// asksManageRule reports whether the manage rule decides about the email.
func (v *renderRequest) asksManageRule() bool {
	return !v.email && len(v.projection.flags(v.rq.caller)) > 0
}

// json returns the JSON of the record. reader may be nil if reads returns false.
func (v *renderRequest) json(reader store.Reader) ([]byte, error) {
	email, err := v.showsEmail(reader)
	if err != nil {
		return nil, err
	}
	set := v.rq.service.newRowset()
	defer v.rq.service.recycle(set)
	set.reset(v.projection, v.nodes, v.expand.enrich)
	set.addRecord(v.record, v.rq.caller, email)
	if set.err != nil {
		return nil, set.err
	}
	if len(v.nodes) > 0 {
		if err := v.expand.run(reader, set); err != nil {
			return nil, err
		}
	}
	return set.appendJSON(nil, 0), nil
}

// showsEmail reports whether the caller sees the email.
func (v *renderRequest) showsEmail(reader store.Reader) (bool, error) {
	if v.asksManageRule() {
		return v.manages(reader)
	}
	return v.email, nil
}

// manages reports whether the caller satisfies the manage rule of the record.
func (v *renderRequest) manages(r store.Reader) (bool, error) {
	rq := v.rq
	plan, err := rq.service.planner.Compile(query.Select{
		Scope: rq.scope(v.record.collection, rq.caller.Body), Columns: []string{"id"},
		Rule: v.projection.manage, ID: v.record.ID(),
	})
	if err != nil || plan.Empty {
		// A manage rule that no longer compiles makes nobody a manager.
		var invalid *query.Error
		if errors.As(err, &invalid) {
			err = nil
		}
		return false, err
	}
	return hasRow(r, plan.SQL, plan.Args...)
}
