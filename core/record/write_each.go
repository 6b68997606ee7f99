// Writes of each matching record. The records are looked up inside of the transaction.

package record

import (
	"errors"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/store"
)

// ErrTooManyMatch is in the chain of the fault of a write of each matching record if more records
// match than the write may change.
var ErrTooManyMatch = errors.New("record: more records match than may be written")

// matching describes the records of a write of each matching record. They are looked up inside of
// the transaction, so that the write is about exactly those that match then; if the transaction
// runs again, they are looked up again.
type matching struct {
	filter string
	expr   lang.Expr
	rule   string // the list rule: only records that the caller finds match
	own    string // the rule of the action
	most   int    // 0: no limit
}

// match sets w.each if the write is about each matching record.
func (w *writeRequest) match() error {
	if w.op.Where == nil || w.earlyFault != nil {
		return nil
	}
	c, own := w.collection, w.collection.UpdateRule
	if w.op.Action == ActionDelete {
		own = w.collection.DeleteRule
	}
	list, err := w.rq.ruleFor(c.ListRule)
	if err != nil {
		return err
	}
	m := &matching{expr: w.op.Where, rule: list, most: w.op.AtMost}
	if m.own, err = w.rq.ruleFor(own); err != nil {
		return err
	}
	w.each = m
	return nil
}

// expand returns a write for each record that the write is about: w itself, if it is about one
// record.
func (t *writeTx) expand(w *writeRequest) ([]*writeRequest, error) {
	if w.each == nil || w.earlyFault != nil {
		return []*writeRequest{w}, nil
	}
	ids, err := w.matchingIDs(t.tx)
	if err != nil {
		return nil, readFault(err, fault.Invalid)
	}
	if m := w.each.most; m > 0 && len(ids) > m {
		return nil, &fault.Error{Kind: fault.Invalid, Message: "More records match than may be changed.", Err: ErrTooManyMatch}
	}
	writes := make([]*writeRequest, len(ids))
	for i, id := range ids {
		one := *w
		one.id, one.op.ID, one.each, one.ofEach = id, id, nil, true
		writes[i] = &one
	}
	return writes, nil
}

// matchingIDs returns the ids of the records, at most one more than the maximum.
func (w *writeRequest) matchingIDs(r store.Reader) (ids []string, err error) {
	m, body := w.each, w.op.Input.Body
	if w.input != nil {
		_, body = w.input.resolve(w.table.blank)
	}
	sel := query.Select{
		Scope: w.rq.scope(w.collection, body), Columns: []string{"id"}, Rule: m.rule,
		Filter: m.filter, FilterExpr: m.expr, Restricted: !w.rq.superuser,
	}
	// A rule about the result of modifiers is judged with each write.
	if m.own != "" && !w.input.modifies() {
		if query.CheckRule(w.rq.snapshot, w.collection, m.own) != nil {
			return nil, nil // a rule that does not compile is satisfied by no record
		}
		sel.Flags = []string{m.own}
	}
	plan, err := w.rq.service.planner.Compile(sel)
	if err != nil || plan.Empty {
		return nil, err
	}
	rows, err := r.Query(plan.SQL, plan.Args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() && (m.most == 0 || len(ids) <= m.most) {
		if len(sel.Flags) == 0 || rows.Bool(len(sel.Columns)) {
			ids = append(ids, rows.Text(0))
		}
	}
	return ids, rows.Close()
}

// modifies reports whether an assignment depends on the stored value.
func (a *acceptedInput) modifies() bool {
	if a == nil {
		return false
	}
	for _, s := range a.assignments {
		if s.modifier != replace {
			return true
		}
	}
	return false
}
