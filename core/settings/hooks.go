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
	Operation record.Operation // OpView or OpUpdate
	Caller    record.Caller
	Body      []byte // the JSON object of an update, to be merged into the settings
	Err       error  // in AfterFailure: the error of the update

	from *Settings // the settings from which the body was made; nil for any
}

// Event is a change of the settings. Old and New are shared and must not be changed.
type Event struct {
	hook.Event
	Caller   record.Caller // the caller of the update; the zero Caller in Changed
	Old, New *Settings
}

// around runs do within the Request hooks.
func (s *Service) around(ctx context.Context, e *RequestEvent, do func(*RequestEvent) error) error {
	return s.cfg.Hooks.Request.Around(ctx, e, func() error { return do(e) })
}

// call returns the hook.Call of the hooks of a moment, for example "after success".
func (s *Service) call(moment string) hook.Call {
	return hook.Call{Name: "hook settings " + moment, Limit: s.cfg.HookLimit}
}

// runInTx runs the InTx hooks.
func (s *Service) runInTx(ctx context.Context, e *Event) error {
	call := s.call("in transaction")
	call.Inside = store.Inside
	return s.cfg.Hooks.InTx.Run(ctx, call, e)
}

// runAfterSuccess runs the AfterSuccess hooks: at once or, if s is bound to a transaction, when the
// transaction is durable.
func (s *Service) runAfterSuccess(ctx context.Context, e *Event) {
	if s.cfg.Hooks.AfterSuccess.Empty() {
		return
	}
	s.later(func() { s.logFailure(s.cfg.Hooks.AfterSuccess.Run(afterwards(ctx), s.call("after success"), e)) })
}

// runAfterFailure runs the AfterFailure hooks.
func (s *Service) runAfterFailure(ctx context.Context, e *RequestEvent, failed error) {
	e.Err = failed
	s.logFailure(s.cfg.Hooks.AfterFailure.Run(afterwards(ctx), s.call("after failure"), e))
}

// afterwards returns ctx for the hooks that run after an update: without its transaction, and
// without its cancellation.
func afterwards(ctx context.Context) context.Context {
	return store.WithTransaction(context.WithoutCancel(ctx), nil)
}

func (s *Service) logFailure(err error) {
	if err != nil {
		s.cfg.Log.Error("hook after a change of the settings", "error", err)
	}
}
