// Hooks of the settings: Request, Before, InTx, AfterSuccess, AfterFailure and Changed.

package settings

import (
	"context"

	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
)

// Hooks are where code of an embedding program takes part in changes of the settings. Their
// terms are those of record.Hooks.
type Hooks struct {
	// Request runs around each view and each update of the settings that is asked of the
	// service. Handlers may change Body, or refuse.
	Request hook.Hook[*RequestEvent]

	// Before runs before an update, outside of its transaction. Handlers may change Body, or
	// refuse.
	Before hook.Hook[*RequestEvent]

	// InTx runs in the transaction, when the new settings are valid and written. An error
	// undoes it. What a handler writes by services that are not bound to the transaction is an
	// error.
	InTx hook.Hook[*Event]

	// AfterSuccess runs when an update is durable, AfterFailure when nothing was changed.
	// Their errors are logged.
	AfterSuccess hook.Hook[*Event]
	AfterFailure hook.Hook[*RequestEvent]

	// Changed runs whenever other settings are current than before, whichever process has
	// changed them, and how: also by SQL or a restored backup. Calls come one after the other,
	// in the order of the changes; of changes that come faster than handlers take them only the
	// last one may be told. Errors are logged.
	Changed hook.Hook[*Event]
}

// The operations that RequestEvent.Operation names.
const (
	OpView   = record.OpView
	OpUpdate = record.OpUpdate
)

// RequestEvent is a request to read or change the settings.
type RequestEvent struct {
	hook.Event
	Context   context.Context
	Operation record.Operation // OpView or OpUpdate
	Caller    record.Caller
	Body      []byte // the JSON object to merge, of an update
	Err       error  // in AfterFailure: why
}

// Event is a change of the settings. Both states are shared and must not be changed.
type Event struct {
	hook.Event
	Context  context.Context
	Caller   record.Caller // who has changed them; nobody in Changed
	Old, New *Settings
}

// around runs do within the Request hooks.
func (s *Service) around(e *RequestEvent, do func(*RequestEvent) error) error {
	h := &s.cfg.Hooks.Request
	if h.Empty() {
		return do(e)
	}
	var err error
	if e.Context, err = hook.Deeper(e.Context); err != nil {
		return err
	}
	return h.Trigger(e, func() error { return do(e) })
}

func nothing() error { return nil }

// runBefore runs the Before hooks.
func (s *Service) runBefore(ctx context.Context, e *RequestEvent) error {
	h := &s.cfg.Hooks.Before
	if h.Empty() {
		return nil
	}
	return hook.Within(ctx, "hook settings before", s.cfg.HookLimit, func(ctx context.Context) error {
		e.Context = ctx
		return h.Trigger(e, nothing)
	})
}

// runInTx runs the InTx hooks.
func (s *Service) runInTx(ctx context.Context, e *Event) error {
	h := &s.cfg.Hooks.InTx
	if h.Empty() {
		return nil
	}
	return hook.Within(ctx, "hook settings in transaction", s.cfg.HookLimit, func(ctx context.Context) error {
		e.Context = ctx
		return store.Inside(func() error { return h.Trigger(e, nothing) })
	})
}

// runAfter runs hooks whose errors change nothing.
func (s *Service) runAfter(ctx context.Context, run func(context.Context) error) {
	ctx = store.WithTransaction(context.WithoutCancel(ctx), nil)
	if err := hook.Within(ctx, "hook settings after", s.cfg.HookLimit, run); err != nil {
		s.cfg.Log.Error("hook after a change of the settings", "error", err)
	}
}

// runAfterSuccess runs the AfterSuccess hooks: now or, inside of a transaction, when that is
// durable.
func (s *Service) runAfterSuccess(ctx context.Context, e *Event) {
	h := &s.cfg.Hooks.AfterSuccess
	if h.Empty() {
		return
	}
	s.later(func() {
		s.runAfter(ctx, func(ctx context.Context) error {
			e.Context = ctx
			return h.Trigger(e, nothing)
		})
	})
}

// runAfterFailure runs the AfterFailure hooks.
func (s *Service) runAfterFailure(ctx context.Context, e *RequestEvent, failed error) {
	h := &s.cfg.Hooks.AfterFailure
	if h.Empty() {
		return
	}
	e.Err = failed
	s.runAfter(ctx, func(ctx context.Context) error {
		e.Context = ctx
		return h.Trigger(e, nothing)
	})
}
