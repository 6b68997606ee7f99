// Hooks of the settings: Request, Before, InTx, AfterSuccess, AfterFailure and Changed.

package settings

import (
	"context"

	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
)

// Hooks let code of an embedding program take part in reads and changes of the settings. Order,
// time limit and errors of handlers are as in record.Hooks.
type Hooks struct {
	// Request runs around each view and each update of the settings. Handlers may change Caller
	// and Body, or refuse the operation.
	Request hook.Hook[*RequestEvent]

	// Before runs before an update, outside of its transaction. Handlers may change Body, or
	// refuse the update.
	Before hook.Hook[*RequestEvent]

	// InTx runs in the transaction of an update, after the new settings were validated and
	// written. An error rolls the transaction back. A handler gets an error if it writes by a
	// service that is not bound to the transaction.
	InTx hook.Hook[*Event]

	// AfterSuccess runs when an update is durable, AfterFailure when an update has failed.
	// Their errors are logged.
	AfterSuccess hook.Hook[*Event]
	AfterFailure hook.Hook[*RequestEvent]

	// Changed runs after every change of the current settings, made by any process and in any
	// way: by the API, by SQL or by a restored backup. Events come one after the other, in the
	// order of the changes. While a handler runs, further changes may be merged into one event.
	// Errors are logged.
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
	Body      []byte // the JSON object of an update, to be merged into the settings
	Err       error  // in AfterFailure: why the update has failed
}

// Event is a change of the settings. Old and New are shared and must not be changed.
type Event struct {
	hook.Event
	Context  context.Context
	Caller   record.Caller // the caller of the update; the zero Caller in Changed
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

// runAfter runs the hooks after an update, outside of any transaction, and logs their error.
func (s *Service) runAfter(ctx context.Context, run func(context.Context) error) {
	ctx = store.WithTransaction(context.WithoutCancel(ctx), nil)
	if err := hook.Within(ctx, "hook settings after", s.cfg.HookLimit, run); err != nil {
		s.cfg.Log.Error("hook after a change of the settings", "error", err)
	}
}

// runAfterSuccess runs the AfterSuccess hooks: at once or, if s is bound to a transaction, when the
// transaction is durable.
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
