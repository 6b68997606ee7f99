package record

import (
	"context"
	"errors"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// How Before, InTx and After hooks take part in a write (Hooks says when they run).

var (
	// errMoved is a record that has changed since the Before hooks saw it.
	errMoved = errors.New("record: the record has changed since the hooks saw it")
	// errNotBound is a write by the service of others inside of a transaction, which
	// would wait for itself.
	errNotBound = errors.New("record: inside of a transaction a hook must write with the service of its event, if that has one")
	// errTooDeep is hooks that write records whose hooks write records, and so on.
	errTooDeep = errors.New("record: hooks of hooks, too deep")
)

const (
	// maxMoved is how often Before hooks run outside of the transaction.
	maxMoved = 3
	// maxDepth is how deep writes of hooks in a transaction may be nested.
	maxDepth = 8
)

// hooked is what the Before hooks of a write have come to.
type hooked struct {
	inside    bool        // of the transaction: nothing moves there but by their own doing
	seen      *Record     // that they saw, nil where there was none
	overrides map[int]any // what they have set, by the position of the field
}

func (w *write) names() []string { return names(w.collection) }

// event is a new event about the write, with copies of its records.
func (w *write) event(ctx context.Context, records *Service) *WriteEvent {
	e := &WriteEvent{Context: ctx, Records: records, Caller: w.caller, Action: w.op.Action}
	switch {
	case w.op.Action == ActionDelete:
		e.Record = w.stored
	case w.stored == nil:
		e.Action, e.Record = ActionCreate, w.record
	default:
		e.Action, e.Record, e.Original = ActionUpdate, w.record, w.stored.Clone()
	}
	if e.Record == nil { // it has failed before there was one
		e.Record = Blank(w.collection)
		e.Record.values[e.Record.collection.FieldIndex("id")] = w.id
	}
	e.Record = e.Record.Clone()
	return e
}

// before judges the rule and runs the Before hooks, with what they may use.
func (s *Service) before(ctx context.Context, w *write, judge func(func(store.Reader) error) error, records *Service) error {
	if w.refused != nil {
		return w.refused
	}
	w.hooked = nil
	w.rulesOnly = true
	err := judge(w.judge)
	w.rulesOnly = false
	if err != nil {
		return err
	}
	e := w.event(ctx, records)
	err = hook.Within(ctx, s.HookLimit, func(ctx context.Context) error {
		e.Context = ctx
		return records.inside(func() error { return s.Hooks.Before.Trigger(e, func() error { return nil }, w.names()...) })
	})
	if err != nil {
		return err
	}
	h := &hooked{inside: records.outer != nil, seen: w.stored, overrides: map[int]any{}}
	if w.op.Action != ActionDelete {
		if err := s.collect(ctx, w, e.Record, h); err != nil {
			return err
		}
	}
	w.hooked = h
	return nil
}

// collect finds out what the handlers have set.
func (s *Service) collect(ctx context.Context, w *write, r *Record, h *hooked) error {
	for i, f := range w.collection.Fields {
		if f.Value(r.values[i]) == f.Value(w.record.values[i]) {
			continue
		}
		value := r.values[i]
		if kind, ok := f.Kind.(*schema.Password); ok {
			hash, err := s.hashSet(ctx, w, f, kind, value)
			if err != nil {
				return err
			}
			value = hash
		}
		h.overrides[i] = value
	}
	if id, ok := h.overrides[w.table.id].(string); ok && w.stored == nil {
		w.id = id
	}
	return nil
}

// hashSet is the hash of a password that a handler has set.
func (s *Service) hashSet(ctx context.Context, w *write, f *schema.Field, kind *schema.Password, value any) (string, error) {
	text, _ := value.(string)
	if fail := kind.Validate(f, text); fail != nil {
		return "", fault.Invalidate(w.op.Action.failure(), fault.Fields{f.Name: fail})
	}
	if text == "" {
		return "", nil
	}
	return s.Passwords.Hash(ctx, text, kind.HashCost())
}

// override puts what the hooks have set into the record that is to be stored.
func (w *write) override() {
	if w.hooked == nil {
		return
	}
	for i, v := range w.hooked.overrides {
		w.record.values[i] = v
	}
}

// overrides says whether the hooks have set the field.
func (w *write) overrides(field int) bool {
	if w.hooked == nil || field < 0 {
		return false
	}
	_, ok := w.hooked.overrides[field]
	return ok
}

// moved says whether the stored record is another one than the hooks saw.
func (w *write) moved() bool {
	if w.hooked == nil || w.hooked.inside {
		return false
	}
	seen := w.hooked.seen
	if seen == nil || w.stored == nil {
		return seen != w.stored
	}
	return len(w.table.differ(seen, w.stored)) > 0
}

// inTx runs the InTx hooks of a write that has been performed.
func (u *unit) inTx(ctx context.Context, w *write) error {
	if !u.Hooks.InTx.Bound(w.names()...) {
		return nil
	}
	records, end := u.bind()
	defer end()
	e := w.event(ctx, records)
	return hook.Within(ctx, u.HookLimit, func(ctx context.Context) error {
		e.Context = ctx
		return records.inside(func() error { return u.Hooks.InTx.Trigger(e, func() error { return nil }, w.names()...) })
	})
}

// beforeInTx runs the Before hooks of a write that could not be prepared outside.
func (u *unit) beforeInTx(ctx context.Context, w *write) error {
	if w.hooked != nil || !u.Hooks.Before.Bound(w.names()...) {
		return nil
	}
	records, end := u.bind()
	defer end()
	return u.before(ctx, w, func(judge func(store.Reader) error) error { return judge(u.tx) }, records)
}

// inside calls fn so that a write of another service from within it is noticed, if
// this one is bound to a transaction.
func (s *Service) inside(fn func() error) error {
	if s.outer == nil {
		return fn()
	}
	return store.Inside(fn)
}

// runInside says whether there are hooks that may run inside of a transaction.
func (h *Hooks) runInside() bool { return !h.Before.Empty() || !h.InTx.Empty() || !h.Enrich.Empty() }

// mayWrite fails where a write would wait for the transaction that it is in.
func (s *Service) mayWrite() error {
	switch {
	case s.outer == nil && s.Hooks.runInside() && store.IsInside():
		return errNotBound
	case s.outer != nil && s.depth > maxDepth:
		return errTooDeep
	}
	return nil
}

// after runs the AfterSuccess hooks of writes that are durable; inside of a
// transaction they wait until that is.
func (s *Service) after(ctx context.Context, writes []*write) {
	for _, w := range writes {
		if !s.Hooks.AfterSuccess.Bound(w.names()...) {
			continue
		}
		e := w.event(ctx, s.root)
		run := func() { s.report(ctx, &s.Hooks.AfterSuccess, e) }
		if s.outer != nil {
			s.outer.later = append(s.outer.later, run)
			continue
		}
		run()
	}
}

// afterFailure runs the AfterFailure hooks of a write that has failed.
func (s *Service) afterFailure(ctx context.Context, w *write, failed error) {
	if w == nil || w.collection == nil || !s.Hooks.AfterFailure.Bound(w.names()...) {
		return
	}
	e := w.event(ctx, s.root)
	e.Err = failed
	if s.outer != nil {
		s.outer.failed = append(s.outer.failed, func() { s.report(ctx, &s.Hooks.AfterFailure, e) })
		return
	}
	s.report(ctx, &s.Hooks.AfterFailure, e)
}

// report runs handlers whose errors change nothing.
func (s *Service) report(ctx context.Context, h *hook.Hook[*WriteEvent], e *WriteEvent) {
	err := hook.Within(context.WithoutCancel(ctx), s.HookLimit, func(ctx context.Context) error {
		e.Context = ctx
		return h.Trigger(e, func() error { return nil }, names(e.Collection())...)
	})
	if err != nil {
		s.Log.Error("hook after a write", "collection", e.Collection().Name, "record", e.Record.ID(), "error", err)
	}
}
