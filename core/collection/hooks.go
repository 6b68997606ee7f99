// Hooks of collections: Before, InTx, AfterSuccess and AfterFailure around each create,
// update, delete and import.

package collection

import (
	"context"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Hooks run code of an embedding program when collections are changed. Goroutines, time limits and
// errors are those of record.Hooks. Hooks are safe for concurrent use.
type Hooks struct {
	// Request runs around each operation of the service: list, view, create, update, delete and
	// import. Handlers may change List, Body, Import and Caller of the event, or refuse the
	// operation.
	Request hook.Hook[*OperationEvent]

	// Before runs before a collection is created, changed or deleted, outside of the
	// transaction. Handlers may change the body of the request, or refuse the change.
	Before hook.Hook[*RequestEvent]

	// InTx runs inside of the transaction, when the table has its new form. An error rolls back
	// the transaction.
	InTx hook.Hook[*Event]

	// AfterSuccess runs when the change is durable. An error is logged.
	AfterSuccess hook.Hook[*Event]

	// AfterFailure runs when nothing was changed.
	AfterFailure hook.Hook[*RequestEvent]
}

// OperationEvent is a request for an operation of the service.
type OperationEvent struct {
	hook.Event
	Operation  record.Operation // OpList, OpView, OpCreate, OpUpdate, OpDelete or OpImport
	Caller     record.Caller
	Collection *schema.Collection // of view, update and delete; nil if it does not exist
	List       *record.ListParams // of list; nil for other operations
	Body       []byte             // of create and update
	Import     *Import            // of import; nil for other operations
}

// OpImport is the import of collections, in addition to the operations of package record.
const OpImport record.Operation = "import"

// around runs do within the Request hooks. idOrName names the collection of the operation, or is
// "".
func (s *Service) around(ctx context.Context, e *OperationEvent, idOrName string, do func(*OperationEvent) error) error {
	h := &s.cfg.Hooks.Request
	if h.Empty() {
		return do(e)
	}
	if idOrName != "" {
		e.Collection = s.cfg.Snapshots.Load().Find(idOrName)
	}
	return h.Around(ctx, e, func() error { return do(e) }, names(e.Collection)...)
}

// RequestEvent is a requested change of a collection, before it happens (Before) or after
// it failed (AfterFailure).
type RequestEvent struct {
	hook.Event
	Caller     record.Caller
	Action     change.Action
	Collection *schema.Collection // before the change; nil for a create, and if it does not exist
	Body       []byte             // of the request; nil for a delete
	Err        error              // in AfterFailure: why the change has failed
}

// Event is a change of a collection that was made, in the transaction (InTx) or after its
// commit (AfterSuccess).
type Event struct {
	hook.Event
	Caller     record.Caller
	Action     change.Action
	Collection *schema.Collection // after the change; before it for a delete
	Original   *schema.Collection // before an update; nil for other actions

	// Records is the service for InTx handlers: it writes in the same transaction, by the new
	// definitions. InTx handlers must not write by another service.
	Records *record.Service
}

// names returns the names to which a handler may be bound: the id and the name of the collection.
func names(c *schema.Collection) []string {
	if c == nil {
		return nil
	}
	return []string{c.ID, c.Name}
}

// withHooks runs the Before hooks, then do with the body that the hooks have left, and the
// AfterFailure hooks if the Before hooks or do fail. It returns the error of the Before hooks or of
// do; an error of the AfterFailure hooks is only logged.
func (s *Service) withHooks(ctx context.Context, caller record.Caller, action change.Action, idOrName string, body []byte, do func(body []byte) error) error {
	e := &RequestEvent{Caller: caller, Action: action, Collection: s.cfg.Snapshots.Load().Find(idOrName), Body: body}
	err := s.cfg.Hooks.Before.Run(ctx, s.call("before"), e, names(e.Collection)...)
	if err == nil {
		err = do(e.Body)
	}
	if err != nil && !s.cfg.Hooks.AfterFailure.Empty() {
		e.Err = err
		// The request may have failed because its context ended; the hooks must run even then.
		after := store.WithTransaction(context.WithoutCancel(ctx), nil)
		failed := s.cfg.Hooks.AfterFailure.Run(after, s.call("after failure"), e, names(e.Collection)...)
		if failed != nil {
			s.cfg.Log.Error("hook after a failure", "error", failed)
		}
	}
	return err
}

// call returns the hook.Call of the hooks of a moment, for example "after success".
func (s *Service) call(moment string) hook.Call {
	return hook.Call{Name: "hook collection " + moment, Limit: s.cfg.HookLimit}
}

// events returns the differences between two snapshots as events: creates and updates in
// the order of the collections, then deletes. It compares pointers, as collections are
// immutable.
func events(was, is *schema.Snapshot, caller record.Caller) []*Event {
	var list []*Event
	for _, c := range is.All() {
		switch old := was.ByID(c.ID); old {
		case nil:
			list = append(list, &Event{Caller: caller, Action: change.Create, Collection: c})
		case c: // collections are immutable
		default:
			list = append(list, &Event{Caller: caller, Action: change.Update, Collection: c, Original: old})
		}
	}
	for _, c := range was.All() {
		if is.ByID(c.ID) == nil {
			list = append(list, &Event{Caller: caller, Action: change.Delete, Collection: c})
		}
	}
	return list
}

// changes returns the entries of the change log for the events.
func changes(list []*Event, actor string) []change.Change {
	var out []change.Change
	for _, e := range list {
		out = append(out, change.Change{Kind: change.Collection, Collection: e.Collection.ID, Action: e.Action, By: actor})
	}
	return out
}

// inTx runs the InTx hooks. It returns the binding of the services that the hooks used, which the
// caller must close even after an error; nil without hooks.
func (s *Service) inTx(ctx context.Context, tx store.Tx, bind record.Bind, list []*Event, next *schema.Snapshot) (*record.Binding, error) {
	if s.cfg.Hooks.InTx.Empty() {
		return nil, nil
	}
	b := bind(tx, func() *schema.Snapshot { return next })
	for _, event := range list {
		// A copy for each attempt: the engine may retry the transaction, and Records is bound to
		// one attempt.
		e := *event
		e.Records = b.Records
		b.Around = store.TransactionOf(ctx)
		call := s.call("in transaction")
		call.Inside = b.Call
		err := s.cfg.Hooks.InTx.Run(store.WithTransaction(ctx, b), call, &e, names(e.Collection)...)
		if err != nil {
			b.End()
			return b, err
		}
	}
	return b, nil
}

// after runs the AfterSuccess hooks. The change is durable: their errors are logged, and the end
// of the request does not cancel them.
func (s *Service) after(ctx context.Context, list []*Event) {
	if s.cfg.Hooks.AfterSuccess.Empty() {
		return
	}
	ctx = store.WithTransaction(context.WithoutCancel(ctx), nil)
	for _, e := range list {
		err := s.cfg.Hooks.AfterSuccess.Run(ctx, s.call("after success"), e, names(e.Collection)...)
		if err != nil {
			s.cfg.Log.Error("hook after a change", "collection", e.Collection.Name, "error", err)
		}
	}
}
