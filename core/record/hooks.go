// Hooks of records: Request, Before, InTx, After and Enrich.

package record

import (
	"context"
	"slices"

	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/trace"
)

// Hooks let code of embedders take part in reads and writes of records. Each handler is bound to
// all collections or to some. Handlers run one after the other in the order of their priority; the
// first error ends the operation. Request handlers run around the operation, without a time limit.
// All other handlers run on another goroutine than the request, for at most Config.HookLimit: a
// handler that takes longer, or that panics, fails its request and nothing else.
//
// The request is answered with the error of the handler: a fault (package fault) unchanged, any
// other error as an internal failure.
type Hooks struct {
	// Request runs around each operation of the service, before rules and input are checked.
	// Handlers may change the operation and its caller. The Request handlers of the operations
	// of a batch run before the batch begins. Find, DeleteWhere, Truncate and the look-ups
	// without a caller have no Request event.
	Request hook.Hook[*RequestEvent]

	// Batch runs around each batch, before the Request hooks of its operations. Handlers may
	// change the operations, or refuse the batch.
	Batch hook.Hook[*BatchEvent]

	// Before runs before a record is written, after the rule has allowed the write. Handlers may
	// change Record; the values that they set are validated like the input of a client, but no rule
	// is applied to the values. Before runs once, outside of the transaction, unless another write
	// changes the stored record meanwhile: then it runs again with the new record. After three
	// runs, and in a batch, Before runs inside of the transaction, with no other write beside it;
	// and it runs again there if a password has to be hashed first and the handler has written
	// records.
	Before hook.Hook[*WriteEvent]

	// InTx runs inside of the transaction, after the record was written. An error undoes
	// the whole transaction. No other write runs beside it, so all writes of the server wait for
	// a write of a collection with such a hook: bind InTx only where records must change
	// together.
	InTx hook.Hook[*WriteEvent]

	// AfterSuccess runs when the write is durable, AfterFailure when the write has failed and
	// nothing was stored; both run before the request is answered. Their errors are only logged.
	AfterSuccess hook.Hook[*WriteEvent]
	AfterFailure hook.Hook[*WriteEvent]

	// AccountChanged runs when the address or the password of an account has changed, beside
	// AfterSuccess and under the same terms. Original is the account before the change.
	AccountChanged hook.Hook[*WriteEvent]

	// Enrich runs for each record that is sent to a caller, also as a related record. Handlers may
	// change the fields that are sent; the stored record stays the same. Handlers run while the
	// records are being read, so they must be quick, and may not write. The handlers of one request
	// share one goroutine, and Config.HookLimit is their limit together.
	Enrich hook.Hook[*EnrichEvent]
}

// WriteEvent is the write of one record. Records that a cascade deletes have no event; they are in
// the change log.
type WriteEvent struct {
	hook.Event

	// Records is the service for the handler's own reads and writes. Within a transaction its
	// writes are part of that transaction, and no other service may be used to write.
	Records *Service

	Caller Caller
	Action Action // ActionCreate, ActionUpdate or ActionDelete

	// Record is the record after the write; for a delete, the record before it. Original is the
	// record before an update, else nil. Both belong to the handlers. Setting a password field sets
	// a new password.
	Record, Original *Record

	Err error // in AfterFailure: the error of the write
}

// Collection returns the collection of the record.
func (e *WriteEvent) Collection() *schema.Collection { return e.Record.collection }

// Changes reports whether the write changes the value of the field. A create changes the fields
// whose value is not the zero value, a delete changes every field. Changes is false for a field
// that the collection does not have. A handler bound to Fields runs if Changes is true of one of
// them.
func (e *WriteEvent) Changes(field string) bool {
	i := e.Record.collection.FieldIndex(field)
	if i < 0 || e.Action == ActionDelete {
		return i >= 0
	}
	f := e.Record.collection.Fields[i]
	was := f.Kind.Zero()
	if e.Original != nil {
		was = e.Original.values[i]
	}
	return f.Value(was) != f.Value(e.Record.values[i])
}

// BatchEvent is a request for a batch of writes.
type BatchEvent struct {
	hook.Event
	Caller Caller // the caller of the first write; changes have no effect
	Ops    []Op   // handlers may change the operations
}

// RequestEvent is a request for an operation of the service.
type RequestEvent struct {
	hook.Event
	Operation  Operation
	Caller     Caller
	Collection *schema.Collection
	ID         string           // view, update, delete; "" if AtMost is set
	AtMost     int              // of an update or a delete by filter: the limit of records; else 0
	List       *ListParams      // of list; nil for other operations
	Aggregate  *AggregateParams // of aggregate; nil for other operations
	Input      *Input           // of create, update and upsert; nil for other operations
}

// Operation names an operation of the service.
type Operation string

// The operations.
const (
	OpList      Operation = "list"
	OpAggregate Operation = "aggregate"
	OpView      Operation = "view"
	OpCreate    Operation = "create"
	OpUpdate    Operation = "update"
	OpUpsert    Operation = "upsert"
	OpDelete    Operation = "delete"
)

// EnrichEvent is a record that is sent to a caller.
type EnrichEvent struct {
	hook.Event
	Caller Caller
	Record *Record // the record with all fields; owned by the handlers

	hidden map[string]bool
	extra  map[string]any
}

// Hide leaves fields out of the answer.
func (e *EnrichEvent) Hide(fields ...string) {
	if e.hidden == nil {
		e.hidden = map[string]bool{}
	}
	for _, f := range fields {
		e.hidden[f] = true
	}
}

// Add adds a key to the answer, with the value as encoding/json encodes it. If the answer has the
// key already, the value of the answer stays.
func (e *EnrichEvent) Add(key string, value any) {
	if e.extra == nil {
		e.extra = map[string]any{}
	}
	e.extra[key] = value
}

// names returns the names by which handlers may be bound to a collection.
func names(c *schema.Collection) []string { return []string{c.ID, c.Name} }

// aroundRequest runs do within the Request hooks of the collection, if there are any. do gets the
// operation with the changes of the handlers.
func (s *Service) aroundRequest(ctx context.Context, e *RequestEvent, collection string, do func(*RequestEvent) error) error {
	// An unknown collection has no handlers: do answers with the fault.
	c := s.cfg.Snapshot().Find(collection)
	if c == nil || !s.cfg.Hooks.Request.Bound(c.ID, c.Name) {
		e.Context = ctx
		return do(e)
	}
	e.Collection = c
	_, span := trace.Start(ctx, "hook request", trace.Internal)
	err := s.cfg.Hooks.Request.Around(ctx, e, func() error { return do(e) }, c.ID, c.Name)
	span.End(err)
	return err
}

// runRequestHooks runs the Request hooks of the operations of a batch, and returns the operations
// with the changes of the handlers. If a handler refuses an operation, failed is its position.
func (s *Service) runRequestHooks(ctx context.Context, ops []Op) (left []Op, failed int, err error) {
	if s.cfg.Hooks.Request.Empty() {
		return ops, 0, nil
	}
	ops = slices.Clone(ops)
	for i := range ops {
		err := s.aroundRequest(ctx, ops[i].requestEvent(), ops[i].Collection, func(e *RequestEvent) error {
			ops[i].take(e)
			return nil
		})
		if err != nil {
			return nil, i, err
		}
	}
	return ops, 0, nil
}

func (op *Op) requestEvent() *RequestEvent {
	operation := [...]Operation{ActionCreate: OpCreate, ActionUpdate: OpUpdate, ActionUpsert: OpUpsert, ActionDelete: OpDelete}
	e := &RequestEvent{Operation: operation[op.Action], Caller: op.Caller, ID: op.ID, AtMost: op.AtMost}
	if op.Action != ActionDelete {
		e.Input = &op.Input
	}
	return e
}

// take copies the changes of the handlers from the event to the operation.
func (op *Op) take(e *RequestEvent) {
	op.Caller, op.ID = e.Caller, e.ID
	if e.Input != nil {
		op.Input = *e.Input
	}
}
