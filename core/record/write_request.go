// A write request: one operation with its collection, record and caller.

package record

import (
	"strconv"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/where"
)

// writeRequest is a request to change one record; write.go shows its phases.
type writeRequest struct {
	rq         *readRequest
	op         Op
	collection *schema.Collection
	table      *table
	input      *acceptedInput // nil for a delete
	id         string         // of the record
	drawnID    bool           // the id is random: if the write begins again, it gets another id
	earlyFault error          // known before the transaction, reported in the turn of the write

	links map[string]*writeRequest // maps a field to the earlier write whose id it gets

	each        *matching // if not nil, the write stands for a write of each matching record
	turn        int       // position, among the requested writes, of this write or of its origin
	ofEach      bool      // the write was made for a matching record
	unreachable bool      // the record does not exist, or the caller may not write it
	skipped     bool      // nothing was written: ofEach and unreachable are set

	rehearsed bool // the transaction will be rolled back: passwords are not hashed

	hooks  *hookResult   // nil until the Before hooks have run
	work   *passwordWork // compares oldPassword
	hashes []string      // of input.passwords, once the hashes are made

	// Set by load and authorize, anew in each attempt.
	stored  *Record        // nil if there is none
	record  *Record        // the new record; nil for a delete
	body    map[string]any // @request.body
	manager bool           // the caller satisfies the manage rule, or is a superuser
	denied  bool           // the rule has refused the write
}

// Op is one write of a Batch.
type Op struct {
	Caller     Caller // method, headers and query of the sub-request; Auth of the outer one
	Action     Action
	Collection string // id or name
	ID         string // update, delete
	Input      Input
	Expand     string

	// Where makes an update or a delete a write of each record that satisfies it, the list rule and
	// the rule of the action; ID is then ignored. nil: one record. The error for more than AtMost
	// such records is ErrTooManyMatch. Passwords and files cannot be set in such a write.
	Where  where.Expr
	AtMost int

	// Links are fields that get the ids of records of earlier writes. Only WriteAll uses them.
	Links []Link

	// Invalid is set if the request is not a valid write. Batch reports it in the turn of this
	// request, so that the first failure in order is reported.
	Invalid *fault.Error
}

// Link is a field that gets the id of the record of another Op.
type Link struct {
	Field string
	Op    int // position of the other Op, before the Op that has the link
}

// Action is the kind of a write.
type Action uint8

// The actions of an Op.
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

// failure returns the message of a write that has failed.
func (a Action) failure() string {
	switch a {
	case ActionUpdate:
		return updateFailed
	case ActionDelete:
		return deleteFailed
	}
	return createFailed
}

// resolve finds the collection and makes the request. A write that has failed already is a request
// with an earlyFault: in a batch, other writes come before it.
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

// rejectEarly returns the fault that is certain without reading the records, if there is one.
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

// load reads the stored record, unless the write is a create. The record of an update or a delete
// must exist. An upsert is an update if its record exists, else a create.
func (w *writeRequest) load(r store.Reader) (err error) {
	w.stored, w.record, w.body, w.manager, w.denied, w.unreachable = nil, nil, nil, w.rq.superuser, false, false
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

// result returns the record of a finished write, for its caller; nil after a delete. asked is the
// caller before Request hooks.
func (w *writeRequest) result(asked Caller) *Record {
	if w.record == nil {
		return nil
	}
	w.record.stored, w.record.home = true, w.rq.service
	w.record.written = &written{asked: asked.Auth, caller: w.viewer()}
	return w.record
}

// viewer returns the caller for the rules of the answer.
func (w *writeRequest) viewer() Caller {
	c := w.rq.caller
	c.Body = w.body
	return c
}

// changes reports whether the write changes a text field of the stored record.
func (w *writeRequest) changes(field string) bool {
	return w.stored.Text(field) != w.record.Text(field)
}

// invalid returns err or, if err is nil, the fault of the wrong fields; nil if there are none.
func invalid(err error, message string, fails fault.Fields) error {
	if err == nil && len(fails) > 0 {
		return fault.Invalidate(message, fails)
	}
	return err
}
