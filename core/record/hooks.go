package record

import (
	"context"
	"slices"

	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/schema"
)

// Hooks are where code of embedders takes part in what happens to records. Each is
// bound for all collections or for some. Handlers run one after the other in the
// order of their priority; the first error ends it. Those of Request run around the
// operation, as long as it takes. All others run on goroutines of their own for at
// most Config.HookLimit: one that takes longer is a failure of its request and of
// nothing else, and so is a panic.
//
// An error of a handler is what the request is answered with: a fault (package
// fault) as it is, anything else as an internal failure.
type Hooks struct {
	// Request runs around each operation that is asked of the service, before
	// anything is looked at. Handlers may change what is asked and by whom. The
	// operations of a batch have theirs before the batch begins.
	Request hook.Hook[*RequestEvent]

	// Before runs before a record is written, once the caller was found to be allowed
	// to. Handlers may change Record; what they set is validated like what a client
	// sends, but no rule is asked about it. It runs outside of the transaction, once,
	// unless the stored record is changed by somebody else in the meantime: then it
	// runs again with the new one. After three times, and in a batch, it runs inside
	// of the transaction, with no other write beside it.
	Before hook.Hook[*WriteEvent]

	// InTx runs inside of the transaction, after the record was written. An error
	// undoes it all. No other write runs beside it, so a write of a collection that
	// has such a hook costs everybody: bind it only where rows must change together.
	InTx hook.Hook[*WriteEvent]

	// AfterSuccess runs when the write is durable, AfterFailure when nothing of it was
	// stored. An error of theirs is logged: what was done is done.
	AfterSuccess hook.Hook[*WriteEvent]
	AfterFailure hook.Hook[*WriteEvent]

	// Enrich runs for each record that is sent to somebody, also as a related one.
	// Handlers may change what is shown; nothing of it is stored. They run while the
	// records are being read, so they must be quick, and may not write.
	Enrich hook.Hook[*EnrichEvent]
}

// WriteEvent is one record that is written. Records that a deletion takes along are
// in the change log only.
type WriteEvent struct {
	hook.Event
	Context context.Context // ends when the handler has to be done

	// Records is the service to use: within a transaction what it does is part of
	// that, and no other service may be used to write.
	Records *Service

	Caller Caller
	Action Action // ActionCreate, ActionUpdate or ActionDelete

	// Record is as it is to be, or was to be; what is deleted as it was. Original is
	// as it was before an update, else nil. Both belong to the handlers. To set a
	// password field is to set a new password.
	Record, Original *Record

	Err error // in AfterFailure: why
}

// Collection is that of the record.
func (e *WriteEvent) Collection() *schema.Collection { return e.Record.collection }

// RequestEvent is an operation that is asked of the service.
type RequestEvent struct {
	hook.Event
	Context    context.Context
	Operation  Operation
	Caller     Caller
	Collection *schema.Collection
	ID         string      // view, update, delete
	List       *ListParams // list; else nil
	Input      *Input      // create, update, upsert; else nil
}

// Operation is what can be asked of the service.
type Operation string

// The operations.
const (
	OpList   Operation = "list"
	OpView   Operation = "view"
	OpCreate Operation = "create"
	OpUpdate Operation = "update"
	OpUpsert Operation = "upsert"
	OpDelete Operation = "delete"
)

// EnrichEvent is a record that is sent to a caller.
type EnrichEvent struct {
	hook.Event
	Context context.Context // ends when the handlers have to be done
	Caller  Caller
	Record  *Record // all of it; belongs to the handlers

	hidden map[string]bool
	extra  map[string]any
}

// Hide leaves fields out of what is sent.
func (e *EnrichEvent) Hide(fields ...string) {
	if e.hidden == nil {
		e.hidden = map[string]bool{}
	}
	for _, f := range fields {
		e.hidden[f] = true
	}
}

// Add sends a value beside the fields, as encoding/json encodes it. A key that
// something else has already is ignored.
func (e *EnrichEvent) Add(key string, value any) {
	if e.extra == nil {
		e.extra = map[string]any{}
	}
	e.extra[key] = value
}

// names are what handlers may call a collection by.
func names(c *schema.Collection) []string { return []string{c.ID, c.Name} }

// aroundRequest runs do within the Request hooks of the collection, if there are any. do
// gets the operation as the handlers have left it.
func (s *Service) aroundRequest(e *RequestEvent, collection string, do func(*RequestEvent) error) error {
	c := s.cfg.Snapshot().Find(collection)
	if c == nil || !s.cfg.Hooks.Request.Bound(c.ID, c.Name) {
		return do(e)
	}
	e.Collection = c
	return s.cfg.Hooks.Request.Trigger(e, func() error { return do(e) }, c.ID, c.Name)
}

// runRequestHooks runs the Request hooks of the operations of a batch, and returns the
// operations as the handlers have left them.
func (s *Service) runRequestHooks(ctx context.Context, ops []Op) ([]Op, error) {
	if s.cfg.Hooks.Request.Empty() {
		return ops, nil
	}
	ops = slices.Clone(ops)
	for i := range ops {
		err := s.aroundRequest(ops[i].requestEvent(ctx), ops[i].Collection, func(e *RequestEvent) error {
			ops[i].take(e)
			return nil
		})
		if err != nil {
			return nil, batchFault(ctx, i, err)
		}
	}
	return ops, nil
}

func (op *Op) requestEvent(ctx context.Context) *RequestEvent {
	operation := [...]Operation{ActionCreate: OpCreate, ActionUpdate: OpUpdate, ActionUpsert: OpUpsert, ActionDelete: OpDelete}
	e := &RequestEvent{Context: ctx, Operation: operation[op.Action], Caller: op.Caller, ID: op.ID}
	if op.Action != ActionDelete {
		e.Input = &op.Input
	}
	return e
}

// take changes the operation to what the handlers have left in the event.
func (op *Op) take(e *RequestEvent) {
	op.Caller, op.ID = e.Caller, e.ID
	if e.Input != nil {
		op.Input = *e.Input
	}
}
