package record

import (
	"context"
	"errors"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// write is one request that changes a record (core/DESIGN.md, the path of a
// write). It is accepted with nothing locked. In the transaction it is judged,
// on the row that is stored then, and performed. One that costs more than SQL, a
// hash or a file, is judged on a read before, so that who is denied costs nothing.
type write struct {
	*reading
	op         Op
	collection *schema.Collection
	table      *table
	input      *input
	id         string // of the record
	refused    error  // a fault known before: told when the write's turn comes

	rulesOnly bool    // judge judges no more than the rules
	hooked    *hooked // nil until the Before hooks have run

	hashes []string        // of input.passwords, when they have been made
	proofs map[string]bool // by hash: is oldPassword what was hashed

	judgement
}

// judgement is what judge comes to. It is made anew each time.
type judgement struct {
	stored  *Record        // nil where there is none
	record  *Record        // as it is to be
	body    map[string]any // as rules see it
	manager bool           // the caller satisfies the manage rule, or is a superuser
}

// errStale is a write that was prepared with definitions that have changed since.
var errStale = errors.New("record: the collections have changed")

// failure is the message of what cannot be done.
func (a Action) failure() string {
	switch a {
	case ActionUpdate:
		return updateFailed
	case ActionDelete:
		return deleteFailed
	}
	return createFailed
}

// single is one request on its own. It is prepared again if the collections
// change meanwhile, or the record under the eyes of the hooks.
func (s *Service) single(ctx context.Context, op Op) (out []byte, err error) {
	if err := s.mayWrite(); err != nil {
		return nil, err
	}
	if s.Hooks.Request.Empty() {
		return s.asked(ctx, op)
	}
	err = s.request(op.request(ctx), op.Collection, func(e *RequestEvent) error {
		op.take(e)
		out, err = s.asked(ctx, op)
		return err
	})
	return out, err
}

// asked is single after the Request hooks.
func (s *Service) asked(ctx context.Context, op Op) ([]byte, error) {
	for moved := 0; ; {
		w, out, err := s.attempt(ctx, op, moved == maxMoved)
		switch {
		case errors.Is(err, errStale):
			continue
		case errors.Is(err, errMoved) && moved < maxMoved:
			moved++
			continue
		case errors.Is(err, store.ErrTimeout):
			err = &fault.Error{Kind: fault.Invalid, Message: op.Action.failure(), Reason: "time limit reached", Err: err}
		}
		if err != nil {
			s.afterFailure(ctx, w, err)
		}
		return out, err
	}
}

// attempt does the request once. exclusive: with nothing else written meanwhile.
func (s *Service) attempt(ctx context.Context, op Op, exclusive bool) (w *write, out []byte, err error) {
	if w, err = s.accept(op); err != nil {
		return nil, nil, err
	}
	if w.refused != nil {
		return w, nil, w.refused
	}
	if s.hasBefore(w) && !exclusive {
		err = s.before(ctx, w, func(judge func(store.Reader) error) error { return w.read(ctx, judge) }, s)
	}
	if err == nil && w.costly() {
		err = s.rehearse(ctx, w)
	}
	if err == nil {
		_, err = s.perform(ctx, []*write{w}, exclusive, nil)
	}
	if err != nil || w.record == nil {
		return w, nil, err
	}
	out, err = s.render(ctx, w.viewer(), w.record, op.Expand)
	return w, out, err
}

// accept prepares what needs neither the database nor much time. A request that
// is refused already is a write too: in a batch others come before it. The error
// is internal.
func (s *Service) accept(op Op) (*write, error) {
	w := &write{reading: s.reading(op.Caller), op: op, id: op.ID}
	if op.Refused != nil {
		w.refused = op.Refused
		return w, nil
	}
	w.collection = w.snapshot.Find(op.Collection)
	if w.refused = w.refuse(); w.refused != nil {
		return w, nil
	}
	w.table = s.table(w.snapshot, w.collection)
	if op.Action == ActionDelete {
		return w, nil
	}
	var err error
	if w.input, err = accept(w.collection, op.Input, w.superuser); err != nil {
		return nil, err
	}
	if op.Action != ActionUpdate {
		w.id, err = w.newID()
	}
	return w, err
}

// refuse is the fault of a request that needs no look at the records.
func (w *write) refuse() error {
	c := w.collection
	switch {
	case c == nil && w.op.Action == ActionDelete:
		return fault.New(fault.NotFound, "Missing collection context.")
	case c == nil:
		return fault.New(fault.NotFound, "Missing or invalid collection context.")
	case c.IsView():
		return fault.New(fault.Invalid, "Unsupported collection type.")
	}
	var err error
	switch w.op.Action {
	case ActionCreate:
		_, err = w.rule(c.CreateRule)
	case ActionUpdate:
		_, err = w.rule(c.UpdateRule)
	case ActionDelete:
		_, err = w.rule(c.DeleteRule)
	}
	return err
}

// rule is what the caller must satisfy, "" for nothing.
func (w *write) rule(rule *string) (string, error) {
	switch {
	case w.superuser:
		return "", nil
	case rule == nil:
		return "", fault.New(fault.Forbidden, "Only superusers can perform this action.")
	}
	return *rule, nil
}

// costly says whether there is something to do before the transaction.
func (w *write) costly() bool {
	return w.input != nil && (len(w.input.passwords) > 0 || len(w.input.uploads) > 0)
}

// rehearse judges the write on a read, to go on only if it would pass.
func (s *Service) rehearse(ctx context.Context, w *write) error {
	return s.proving(ctx, func() error {
		return twice(func() error { return w.readCurrent(ctx, w.judge) })
	})
}

// judge says whether the write may be done, as the reader sees the database.
// Missing and forbidden are one answer for updates and deletes.
func (w *write) judge(r store.Reader) error {
	w.judgement = judgement{manager: w.superuser}
	w.now = w.service.Now()
	switch w.op.Action {
	case ActionCreate:
		return w.judgeCreate(r)
	case ActionDelete:
		return w.judgeDelete(r)
	}
	var err error
	if w.id != "" {
		if w.stored, err = w.table.read(r, w.id); err != nil {
			return err
		}
	}
	switch {
	case w.moved():
		return errMoved
	case w.stored != nil:
		return w.judgeUpdate(r)
	case w.op.Action == ActionUpsert:
		return w.judgeCreate(r)
	}
	return fault.New(fault.NotFound, "")
}

// errDenied is a record that does not satisfy the rule.
var errDenied = errors.New("record: denied")

// permit judges the rule, and whether the caller is a manager, by the record that
// is to be created or the one that is stored. A refusal is errDenied; so is a rule
// that no longer compiles, with the reason in its chain.
func (w *write) permit(r store.Reader, rule string, create bool) error {
	manage := w.manageRule()
	if rule == "" && manage == "" {
		return nil
	}
	sel := query.Select{
		Scope: query.Scope{Snapshot: w.snapshot, Collection: w.collection, Request: w.caller.request(w.body), Now: w.now},
		Rule:  rule,
	}
	if create {
		sel.Candidate = w.candidate()
	} else {
		sel.ID, sel.Columns = w.id, []string{"id"}
	}
	if manage != "" {
		sel.Flags = []string{manage}
	}
	plan, err := w.service.planner.Compile(sel)
	if refusal := (*query.Error)(nil); errors.As(err, &refusal) {
		return errors.Join(errDenied, err)
	}
	switch {
	case err != nil:
		return err
	case plan.Empty:
		return errDenied
	case plan.Passes:
		return nil
	}
	rows, err := r.Query(plan.SQL, plan.Args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	passed := rows.Next()
	if passed && manage != "" {
		w.manager = rows.Bool(len(sel.Columns))
	}
	if err := rows.Close(); err != nil {
		return err
	}
	if !passed {
		return errDenied
	}
	return nil
}

// manageRule is the rule that makes the caller a manager, "" if nothing can, or
// if there is nothing that a manager may do and others not.
func (w *write) manageRule() string {
	if w.superuser || w.caller.Auth == nil || !w.collection.IsAuth() || w.op.Action == ActionDelete {
		return ""
	}
	return w.service.shape(w.snapshot, w.collection, false).manage
}

// denied is the fault of that kind for an error of permit.
func denied(err error, kind fault.Kind, message string) error {
	if !errors.Is(err, errDenied) {
		return err
	}
	f := fault.New(kind, message)
	if refusal := (*query.Error)(nil); errors.As(err, &refusal) {
		f.Reason = refusal.Message
	}
	return f
}

// viewer is the caller as rules that are judged for the answer see him.
func (w *write) viewer() Caller {
	c := w.caller
	c.Body = w.body
	return c
}
