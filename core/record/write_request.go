// A write request: one operation with its collection, record and caller.

package record

import (
	"strconv"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/where"
)

// writeRequest is one request to change a record, on its way through the phases of
// write.go.
type writeRequest struct {
	rq         *readRequest
	op         Op
	collection *schema.Collection
	table      *table
	input      *acceptedInput // nil for a delete
	id         string         // of the record
	drawnID    bool           // it is a random one: if the write begins again, it gets another one
	earlyFault error          // known before the transaction; reported when it is the write's turn

	links map[string]*writeRequest // the writes whose ids fields are to hold

	each        *matching // if not nil, the write stands for one of each record that matches
	turn        int       // position, among those that were asked for, of the write that it is or was made for
	ofEach      bool      // it was made for a record that matches
	unreachable bool      // there is no such record, or not for the caller
	skipped     bool      // nothing was written: it is one of each, and unreachable

	rehearsed bool // the transaction will be rolled back: passwords are not hashed in it

	hooks  *hookResult   // nil until the Before hooks have run
	work   *passwordWork // where oldPassword is compared
	hashes []string      // of input.passwords, once they are made

	// What load and authorize come to; each attempt sets them anew.
	stored  *Record        // nil where there is none
	record  *Record        // as it is to be; nil for a delete
	body    map[string]any // @request.body, as rules see it
	manager bool           // the caller satisfies the manage rule, or is a superuser
}

// Op is one write, as Batch takes several.
type Op struct {
	Caller     Caller // method, headers and query of the sub-request; Auth of the outer one
	Action     Action
	Collection string // id or name
	ID         string // update, delete
	Input      Input
	Expand     string

	// Where, if it is not nil, makes an update or a delete one of each record that satisfies
	// it, the list rule and the rule of the action; ID is not looked at then. More than
	// AtMost such records are ErrAtMost. Passwords and files cannot be set so.
	Where  where.Expr
	AtMost int

	// Links are fields that get the ids of records of earlier writes. Only of WriteAll.
	Links []Link

	// Invalid is set if the request could not be understood as a write. Batch reports
	// it when it reaches this request, so that the first failure in order is the one
	// that is reported.
	Invalid *fault.Error
}

// Link is a field that is to hold the id of the record of another Op.
type Link struct {
	Field string
	Op    int // position of the Op, before the one that has the link
}

// Action is what an Op does.
type Action uint8

// The actions of a batch.
const (
	ActionCreate Action = iota
	ActionUpdate
	ActionUpsert
	ActionDelete
)

// String returns "create", "update", "upsert" or "delete".
func (a Action) String() string {
	switch a {
	case ActionCreate:
		return "create"
	case ActionUpdate:
		return "update"
	case ActionUpsert:
		return "upsert"
	case ActionDelete:
		return "delete"
	}
	return "Action(" + strconv.Itoa(int(a)) + ")"
}

// failure is the message of a write that cannot be done.
func (a Action) failure() string {
	switch a {
	case ActionUpdate:
		return updateFailed
	case ActionDelete:
		return deleteFailed
	}
	return createFailed
}

// resolve finds the collection. A write that fails already is a request too, with its
// earlyFault: in a batch, others come before it.
func (s *Service) resolve(op Op, work *passwordWork) *writeRequest {
	w := &writeRequest{rq: s.newRead(op.Caller), op: op, id: op.ID, work: work}
	if op.Invalid != nil {
		w.earlyFault = op.Invalid
		return w
	}
	w.collection = w.rq.snapshot.Find(op.Collection)
	if w.earlyFault = w.rejectEarly(); w.earlyFault == nil {
		w.table = s.table(w.rq.snapshot, w.collection)
	}
	return w
}

// rejectEarly is the fault that can be told without a look at the records.
func (w *writeRequest) rejectEarly() error {
	c := w.collection
	switch {
	case c == nil && w.op.Action == ActionDelete:
		return missingCollection()
	case c == nil:
		return fault.New(fault.NotFound, "Missing or invalid collection context.")
	case c.IsView():
		return fault.New(fault.Invalid, "Unsupported collection type.")
	}
	var err error
	switch w.op.Action {
	case ActionCreate:
		_, err = w.rq.ruleFor(c.CreateRule)
	case ActionUpdate:
		_, err = w.rq.ruleFor(c.UpdateRule)
	case ActionDelete:
		_, err = w.rq.ruleFor(c.DeleteRule)
	}
	return err
}

// load reads the stored record, unless the write is a create. The record of an update
// or a delete must exist; the one of an upsert decides which of the two it is.
func (w *writeRequest) load(r store.Reader) (err error) {
	w.stored, w.record, w.body, w.manager, w.unreachable = nil, nil, nil, w.rq.superuser, false
	w.rq.now = w.rq.service.cfg.Now()
	if w.op.Action == ActionCreate {
		return nil
	}
	if w.id != "" {
		if w.stored, err = w.table.read(r, w.id); err != nil {
			return err
		}
	}
	switch {
	case w.changedSinceHooks():
		return errMoved
	case w.stored == nil && w.op.Action != ActionUpsert:
		w.unreachable = true
		return missing()
	}
	return nil
}

// result is the record of a write that is done, for its caller; nil after a delete.
// asked is the caller before Request hooks.
func (w *writeRequest) result(asked Caller) *Record {
	if w.record == nil {
		return nil
	}
	w.record.stored, w.record.home = true, w.rq.service
	w.record.written = &written{asked: asked.Auth, caller: w.viewer()}
	return w.record
}

// viewer is the caller as rules see it that are judged for the answer.
func (w *writeRequest) viewer() Caller {
	c := w.rq.caller
	c.Body = w.body
	return c
}

// changes reports whether the write changes a text field of the stored record.
func (w *writeRequest) changes(field string) bool {
	return w.stored.Text(field) != w.record.Text(field)
}

// invalid is the fault of wrong fields, nil if there are none; err goes first.
func invalid(err error, message string, fails fault.Fields) error {
	if err == nil && len(fails) > 0 {
		return fault.Invalidate(message, fails)
	}
	return err
}
