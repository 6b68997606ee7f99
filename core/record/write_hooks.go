// Hooks around a write, within its transaction and outside.

package record

import (
	"context"
	"errors"
	"fmt"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Errors and limits of the Before, InTx and After hooks of a write. The type Hooks documents when
// they run.

var (
	// errMoved is the error of a write whose record has changed since the Before hooks read it.
	errMoved = errors.New("record: the record has changed since the hooks saw it")
	// errNotBound is the error of a write inside of a transaction with a service that is not bound
	// to the transaction: the write would wait for itself.
	errNotBound = errors.New("record: inside of a transaction a hook must write with the service of its event, if that has one")
	// errTooDeep is the error of hooks that write records whose hooks write records, and so on.
	errTooDeep = errors.New("record: hooks of hooks, too deep")
)

const (
	// maxMoved is the maximum number of times that Before hooks run outside of the transaction.
	maxMoved = 3
	// maxDepth is the maximum depth of nested writes of hooks in a transaction.
	maxDepth = 8
)

// hookResult holds the result of the Before hooks of a write.
type hookResult struct {
	inTx     bool        // the hooks ran in the transaction, where only they can change the record
	seen     *Record     // the stored record that the hooks have read; nil if there was none
	values   map[int]any // the values that the hooks have set, by the position of the field
	unhashed bool        // values has an unhashedPassword
}

// unhashedPassword is a password that a hook has set.
type unhashedPassword struct {
	text string
	cost int
}

// hash replaces the passwords by their hashes. The error is errNeedsBcrypt if work has to make a
// hash first.
func (h *hookResult) hash(ctx context.Context, s *Service, work *passwordWork, c Caller) error {
	for i, v := range h.values {
		p, ok := v.(unhashedPassword)
		if !ok {
			continue
		}
		hash, err := s.hashPassword(ctx, work, c, p.text, p.cost)
		if err != nil {
			return err
		}
		h.values[i] = hash
	}
	h.unhashed = false
	return nil
}

func (w *writeRequest) names() []string { return names(w.collection) }

// hasBeforeHooks reports whether a Before hook is bound to the collection of the write.
func (s *Service) hasBeforeHooks(w *writeRequest) bool {
	return w.earlyFault == nil && s.cfg.Hooks.Before.Bound(w.names()...)
}

// hasInTxHooks reports whether an InTx hook is bound to the collection of the write.
func (s *Service) hasInTxHooks(w *writeRequest) bool {
	return w.earlyFault == nil && s.cfg.Hooks.InTx.Bound(w.names()...)
}

// event returns a new event about the write, with copies of its records.
func (w *writeRequest) event(records *Service) *WriteEvent {
	e := &WriteEvent{Records: records, Caller: w.rq.caller, Action: w.op.Action}
	switch {
	case w.op.Action == ActionDelete:
		e.Record = w.stored
	case w.stored == nil:
		e.Action, e.Record = ActionCreate, w.record
	default:
		e.Action, e.Record, e.Original = ActionUpdate, w.record, w.stored.Clone()
	}
	if e.Record == nil { // the write failed before there was a record
		e.Record = Blank(w.collection)
		e.Record.values[e.Record.collection.FieldIndex("id")] = w.id
	}
	e.Record = e.Record.Clone()
	e.Record.home = records
	if e.Original != nil {
		e.Original.home = records
	}
	return e
}

// runBeforeHooks runs the Before hooks of a write before its transaction.
func (s *Service) runBeforeHooks(ctx context.Context, w *writeRequest) error {
	if !s.hasBeforeHooks(w) {
		return nil
	}
	err := w.rq.read(ctx, ruleWork("load", w.collection), func(r store.Reader) error { return w.loadAndAuthorize(r) })
	if err != nil {
		return err
	}
	if err := s.triggerBefore(ctx, w, s); err != nil {
		return err
	}
	return w.hooks.hash(ctx, s, s.outerPasswords(), w.op.Caller)
}

// runBeforeHooks runs the Before hooks of a write inside of the transaction.
func (t *writeTx) runBeforeHooks(ctx context.Context, w *writeRequest) error {
	if !t.service.hasBeforeHooks(w) {
		return nil
	}
	kept := w.hooks
	w.hooks = nil
	if err := w.loadAndAuthorize(t.tx); err != nil {
		return err
	}
	if kept != nil && kept.unhashed && !w.table.moved(kept.seen, w.stored) {
		w.hooks = kept // the attempt before was interrupted only to make a hash
		return w.hooks.hash(ctx, t.service, t.passwords, w.op.Caller)
	}
	records, end := t.boundService()
	defer end()
	changes := len(t.changes)
	if err := t.service.triggerBefore(ctx, w, records); err != nil {
		return err
	}
	if err := w.hooks.hash(ctx, t.service, t.passwords, w.op.Caller); err != nil {
		if len(t.changes) > changes {
			w.hooks = nil // the writes of the hooks are undone: the hooks must run again
		}
		return err
	}
	return nil
}

func (w *writeRequest) loadAndAuthorize(r store.Reader) error {
	w.hooks = nil
	if err := w.load(r); err != nil {
		return err
	}
	return w.authorize(r)
}

// triggerBefore runs the Before hooks and collects the values that they set. records is the service
// of the event.
func (s *Service) triggerBefore(ctx context.Context, w *writeRequest, records *Service) error {
	e := w.event(records)
	call := hook.Call{Name: "hook record before", Limit: s.cfg.HookLimit, Inside: records.inside}
	err := s.cfg.Hooks.Before.Run(records.inHook(ctx), call, e, w.names()...)
	if err != nil {
		return err
	}
	h := &hookResult{inTx: records.outer != nil, seen: w.stored, values: map[int]any{}}
	if w.op.Action != ActionDelete {
		if err := w.collectSet(h, e.Record); err != nil {
			return err
		}
	}
	w.hooks = h
	return nil
}

// collectSet collects the fields that handlers have set in r.
func (w *writeRequest) collectSet(h *hookResult, r *Record) error {
	if r.misuse != nil {
		return fmt.Errorf("hook before a write: %w", r.misuse)
	}
	for i, f := range w.collection.Fields {
		if f.Value(r.values[i]) == f.Value(w.record.values[i]) {
			continue
		}
		h.values[i] = r.values[i]
		kind, ok := f.Kind.(*schema.Password)
		if !ok {
			continue
		}
		text, _ := r.values[i].(string)
		if fail := kind.Validate(f, text); fail != nil {
			return fault.Invalidate(w.op.Action.failure(), fault.Fields{f.Name: fail})
		}
		if text != "" {
			h.values[i], h.unhashed = unhashedPassword{text, kind.Cost}, true
		}
	}
	if id, ok := h.values[w.table.id].(string); ok && w.stored == nil {
		w.id = id
	}
	return nil
}

// applyHookValues sets the values of the hooks in the record that is to be stored.
func (w *writeRequest) applyHookValues() {
	if w.hooks == nil {
		return
	}
	for i, v := range w.hooks.values {
		w.record.values[i] = v
	}
}

// setByHook reports whether the Before hooks have set the field.
func (w *writeRequest) setByHook(field int) bool {
	if w.hooks == nil || field < 0 {
		return false
	}
	_, ok := w.hooks.values[field]
	return ok
}

// changedSinceHooks reports whether the stored record differs from the record that the Before hooks
// have read.
func (w *writeRequest) changedSinceHooks() bool {
	return w.hooks != nil && !w.hooks.inTx && w.table.moved(w.hooks.seen, w.stored)
}

// moved reports whether a stored record differs from the state that was seen before; nil stands for
// no record.
func (t *table) moved(seen, stored *Record) bool {
	if seen == nil || stored == nil {
		return seen != stored
	}
	return len(t.differ(seen, stored)) > 0
}

// runInTxHooks runs the InTx hooks of a write that was stored.
func (t *writeTx) runInTxHooks(ctx context.Context, w *writeRequest) error {
	s := t.service
	if !s.hasInTxHooks(w) {
		return nil
	}
	records, end := t.boundService()
	defer end()
	e := w.event(records)
	call := hook.Call{Name: "hook record in transaction", Limit: s.cfg.HookLimit, Inside: records.inside}
	return s.cfg.Hooks.InTx.Run(records.inHook(ctx), call, e, w.names()...)
}

// inside calls fn. While a bound service runs fn, writes with a service that is not bound to its
// transaction are detected.
func (s *Service) inside(fn func() error) error {
	if s.outer == nil {
		return fn()
	}
	return store.Inside(fn)
}

// runInside reports whether hooks are bound that may run inside of a transaction.
func (h *Hooks) runInside() bool { return !h.Before.Empty() || !h.InTx.Empty() || !h.Enrich.Empty() }

// mayWrite returns an error for a write that would wait for the transaction it is called from.
func (s *Service) mayWrite() error {
	switch {
	case s.outer == nil && s.cfg.Hooks.runInside() && store.IsInside():
		return errNotBound
	case s.outer != nil && s.depth > maxDepth:
		return errTooDeep
	}
	return nil
}

// runAfterSuccess runs the AfterSuccess and the AccountChanged hooks of writes that are durable.
// Inside of a transaction they wait until the transaction is durable.
func (s *Service) runAfterSuccess(ctx context.Context, writes []*writeRequest) {
	for _, w := range writes {
		s.runAfter(ctx, &s.cfg.Hooks.AfterSuccess, w)
		if w.changesAccount() {
			s.runAfter(ctx, &s.cfg.Hooks.AccountChanged, w)
		}
	}
}

func (s *Service) runAfter(ctx context.Context, h *hook.Hook[*WriteEvent], w *writeRequest) {
	if !h.Bound(w.names()...) {
		return
	}
	e := w.event(s.root)
	run := func() { s.triggerAfter(ctx, h, e) }
	if s.outer != nil {
		s.outer.afterCommit = append(s.outer.afterCommit, run)
		return
	}
	run()
}

// runAfterFailure runs the AfterFailure hooks of a write that has failed. Inside of a transaction
// they wait until the transaction has ended. An interrupted write runs again and has not failed.
func (s *Service) runAfterFailure(ctx context.Context, w *writeRequest, failed error) {
	if w == nil || w.collection == nil || errors.Is(failed, errNeedsBcrypt) || !s.cfg.Hooks.AfterFailure.Bound(w.names()...) {
		return
	}
	e := w.event(s.root)
	e.Err = failed
	run := func() { s.triggerAfter(ctx, &s.cfg.Hooks.AfterFailure, e) }
	if s.outer != nil {
		s.outer.afterRollback = append(s.outer.afterRollback, run)
		return
	}
	run()
}

// triggerAfter runs handlers whose errors are only logged.
func (s *Service) triggerAfter(ctx context.Context, h *hook.Hook[*WriteEvent], e *WriteEvent) {
	// The transaction of the write has ended: App.Transaction in a handler begins a new
	// transaction.
	ctx = store.WithTransaction(context.WithoutCancel(ctx), nil)
	call := hook.Call{Name: "hook record after", Limit: s.cfg.HookLimit}
	err := h.Run(ctx, call, e, names(e.Collection())...)
	if err != nil {
		s.cfg.Log.Error("hook after a write", "collection", e.Collection().Name, "record", e.Record.ID(), "error", err)
	}
}
