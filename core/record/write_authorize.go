// Authorization of writes: the rule judged on the stored record or the candidate.

package record

import (
	"errors"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
)

// errDenied is the error of a record that does not satisfy the rule.
var errDenied = errors.New("the rule is not satisfied")

// DeniedByRule reports whether a write failed because the record does not satisfy a rule of its
// collection. A locked rule, which no record satisfies, does not count.
func DeniedByRule(err error) bool { return errors.Is(err, errDenied) }

// authorize computes the new record and checks the rule. The create rule is judged on the new
// record, without the values that the server fills in, all other rules on the stored record. The
// fault of a denied create is Invalid; for an update and a delete it is NotFound, as if the record
// did not exist.
func (w *writeRequest) authorize(r store.Reader) error {
	w.become()
	c := w.collection
	switch {
	case w.op.Action == ActionDelete:
		return w.checkRule(r, c.DeleteRule, fault.NotFound, "")
	case w.stored != nil:
		return w.checkRule(r, c.UpdateRule, fault.NotFound, "")
	}
	return w.checkRule(r, c.CreateRule, fault.Invalid, createFailed)
}

// become computes the new record, and @request.body.
func (w *writeRequest) become() {
	switch {
	case w.op.Action == ActionDelete:
		w.body = w.op.Input.Body
		return
	case w.stored != nil:
		w.record, w.body = w.input.resolve(w.stored)
	default:
		w.record, w.body = w.input.resolve(w.table.blank)
		w.record.values[w.table.id] = w.id
	}
	w.setPasswords()
}

// judged returns a selection of the stored record or the candidate, if it satisfies the rule.
func (w *writeRequest) judged(rule string) query.Select {
	sel := query.Select{Scope: w.rq.scope(w.collection, w.body), Rule: rule}
	if w.stored == nil {
		sel.Candidate = w.candidate()
	} else {
		sel.ID, sel.Columns = w.id, []string{"id"}
	}
	return sel
}

// checkRule returns nil if the record satisfies the rule, else a fault of the kind. It also sets
// whether the caller is a manager of the record.
func (w *writeRequest) checkRule(r store.Reader, rule *string, kind fault.Kind, message string) error {
	expression, err := w.rq.ruleFor(rule)
	if err != nil {
		w.denied = true
		return err
	}
	err = w.satisfies(r, expression)
	if !errors.Is(err, errDenied) {
		return err
	}
	w.denied, w.unreachable = true, true
	f := &fault.Error{Kind: kind, Message: message, Reason: errDenied.Error(), Err: errDenied}
	if invalid := (*query.Error)(nil); errors.As(err, &invalid) {
		f.Reason = invalid.Message
	}
	return f
}

// satisfies judges the rule together with the manage rule, in one statement. If the record does not
// satisfy the rule, the error is errDenied. A rule that no longer compiles also gives errDenied,
// with the reason in the chain of the error.
func (w *writeRequest) satisfies(r store.Reader, rule string) error {
	manage := w.manageRule()
	if rule == "" && manage == "" {
		return nil
	}
	sel := w.judged(rule)
	if manage != "" {
		sel.Flags = []string{manage}
	}
	plan, err := w.rq.service.planner.Compile(sel)
	if invalid := (*query.Error)(nil); errors.As(err, &invalid) {
		return errors.Join(errDenied, err)
	}
	switch {
	case err != nil:
		return err
	case plan.Empty:
		return errDenied
	case plan.Passes || plan.Every && w.stored != nil: // load has read the record in this transaction
		return nil
	}
	rows, err := r.Query(plan.SQL, plan.Args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	passed := rows.Next()
	if passed && manage != "" {
		w.manager = rows.Bool(len(sel.Columns))
	}
	if err := rows.Close(); err != nil {
		return err
	}
	if !passed {
		return errDenied
	}
	return nil
}

// candidate returns the new record for the create rule. verified is false in it, so that no account
// verifies itself.
func (w *writeRequest) candidate() []store.Value {
	values := w.table.parameters(w.record)
	if w.collection.IsAuth() {
		values[w.collection.FieldIndex("verified")] = store.Bool(false)
	}
	return values
}

// manageRule returns the rule that makes the caller a manager, "" if the write has no part that
// only a manager may do.
func (w *writeRequest) manageRule() string {
	if w.rq.superuser || w.rq.caller.Auth == nil || !w.collection.IsAuth() || w.op.Action == ActionDelete {
		return ""
	}
	return w.rq.service.projection(w.rq.snapshot, w.collection, false).manage
}
