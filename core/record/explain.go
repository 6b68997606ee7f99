// Explanations of rules: whether a rule lets a caller do an operation, and which parts of the rule
// decide.

package record

import (
	"context"
	"errors"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Question asks whether a rule lets a caller do an operation with a record of a collection. The
// rule may differ from the saved rule.
type Question struct {
	Collection string    // id or name
	Operation  Operation // OpList, OpView, OpCreate, OpUpdate or OpDelete
	Rule       *string   // nil for a rule that only superusers pass

	// ID is the id of a stored record. If it is "", the fields of Body are judged as a stored
	// record. The ID of a create is ignored.
	ID   string
	Body map[string]any // the body of a create or an update
}

// Explanation is the answer to a Question. Explain writes nothing.
type Explanation struct {
	Allowed bool
	Problem *RuleProblem // the reason why the rule cannot be used; nil if it can
	// Warnings are sentences about parts of the rule that are valid but probably not intended.
	Warnings []string
	Clause   *Clause // the rule as a tree; nil if no rule was judged, as for superusers and for the rule ""
	// Whole is true if the time limit was reached before the parts of the rule were judged. Clause
	// is then the whole rule as a single part, without values.
	Whole bool

	SQL  string   // the statement of the rule; "" if no statement was necessary
	Args []string // the parameters of SQL as texts
	Plan []string // the query plan of the engine, a line for each step
	Time time.Duration
}

// RuleProblem is the reason why a rule cannot be used.
type RuleProblem struct {
	Message string
	Pos     int // the byte offset in the rule; 0 if it is not known
}

// Explain answers a question for a caller, by the statement that the operation itself would use.
// asks must be a superuser, else the fault is that of RequireSuperuser. The other faults are
// NotFound for an unknown collection and for a record that is not stored, and Invalid for an
// operation without a rule, a body that is not valid, and a rule that takes too long: longer than
// Config.ReadLimit, or than the deadline of ctx. The read counts for asks in the shares of readers.
func (s *Service) Explain(ctx context.Context, asks, caller Caller, q Question) (e *Explanation, err error) {
	if err := asks.RequireSuperuser(); err != nil {
		return nil, err
	}
	err = s.readWithRetry(caller, func(rq *readRequest) (err error) {
		e, err = rq.explain(ctx, asks, q)
		return readFault(err, fault.Invalid)
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}

func (rq *readRequest) explain(ctx context.Context, asks Caller, q Question) (*Explanation, error) {
	c := rq.snapshot.Find(q.Collection)
	if c == nil {
		return nil, missingCollection()
	}
	x := &explaining{rq: rq, collection: c, out: &Explanation{}}
	if _, err := rq.ruleFor(q.Rule); err != nil && fault.KindOf(err) == fault.Forbidden {
		return x.out, nil
	}
	if q.Rule != nil && *q.Rule != "" {
		if err := query.CheckRule(rq.snapshot, c, *q.Rule); err != nil {
			return x.broken(err)
		}
		x.out.Warnings = query.Warnings(rq.snapshot, c, *q.Rule)
	}
	err := rq.readFor(ctx, asks, func(r store.Reader) error {
		x.out = &Explanation{Warnings: x.out.Warnings}
		if err := x.prepare(r, q); err != nil {
			return err
		}
		rule, err := rq.ruleFor(q.Rule)
		if err != nil || rule == "" {
			x.out.Allowed = err == nil
			return err
		}
		return x.judge(r, rule)
	})
	if x.out.Whole && errors.Is(err, store.ErrTimeout) {
		err = nil
	}
	return x.out, err
}

// readFor is read with the time limit of an account and the share of the superuser who asks, so
// that a question about an account takes nothing of the share of this account.
func (rq *readRequest) readFor(ctx context.Context, asks Caller, fn func(store.Reader) error) error {
	ctx = store.WithCaller(ctx, rq.service.cfg.ReadLimit, asks.Share(), store.Work{})
	return rq.service.cfg.Store.Read(ctx, rq.ifCurrent(fn))
}

// explaining is the state of answering a Question.
type explaining struct {
	rq         *readRequest
	collection *schema.Collection
	record     *Record      // the record that the rule is judged on
	sel        query.Select // the statement of the operation without the rule
	out        *Explanation
}

func (x *explaining) broken(err error) (*Explanation, error) {
	var invalid *query.Error
	if !errors.As(err, &invalid) {
		return nil, err
	}
	x.out.Problem = &RuleProblem{invalid.Message, invalid.Pos}
	return x.out, nil
}

// prepare finds the record and the statement of the operation. For a write it does the steps before
// authorize.
func (x *explaining) prepare(r store.Reader, q Question) error {
	op := Op{Caller: x.rq.caller, Collection: x.collection.ID, ID: q.ID, Input: Input{Body: q.Body}}
	switch q.Operation {
	case OpList, OpView:
		return x.prepareRead(r, q)
	case OpCreate:
		op.Action, op.ID = ActionCreate, ""
	case OpUpdate:
		op.Action = ActionUpdate
	case OpDelete:
		op.Action = ActionDelete
	default:
		return fault.New(fault.Invalid, "No rule is judged for this operation.")
	}
	if x.collection.IsView() {
		return fault.New(fault.Invalid, "Unsupported collection type.")
	}
	if q.ID == "" && q.Operation != OpCreate {
		return x.imagine(q.Body)
	}
	w, err := x.write(r, op)
	if err != nil {
		return err
	}
	x.record = w.record
	if w.stored != nil {
		x.record = w.stored
	}
	x.sel = w.judged("")
	return nil
}

// write does the steps of a write before its rule is judged.
func (x *explaining) write(r store.Reader, op Op) (*writeRequest, error) {
	w := &writeRequest{rq: x.rq, op: op, id: op.ID, collection: x.collection, table: x.table()}
	if err := w.accept(); err != nil {
		return nil, err
	}
	if err := w.load(r); err != nil {
		return nil, err
	}
	w.become()
	return w, nil
}

func (x *explaining) prepareRead(r store.Reader, q Question) error {
	if q.ID == "" {
		return x.imagine(q.Body)
	}
	x.sel = x.rq.judged(x.collection, q.ID, "")
	found, err := x.table().read(r, q.ID)
	if err == nil && found == nil {
		err = missing()
	}
	x.record = found
	return err
}

func (x *explaining) table() *table { return x.rq.service.table(x.rq.snapshot, x.collection) }

// imagine judges a record with these fields as if it was stored. The request has no body then.
func (x *explaining) imagine(body map[string]any) error {
	if x.collection.IsView() {
		return fault.New(fault.Invalid, "The rows of a view come from its query: choose one.")
	}
	input, err := acceptInput(x.collection, Input{Body: body}, true)
	if err != nil {
		return err
	}
	x.record, _ = input.resolve(x.table().blank)
	x.sel = query.Select{Scope: x.rq.scope(x.collection, nil), Candidate: x.table().parameters(x.record)}
	return nil
}

// judge runs the statement of the rule, then judges the parts of the rule. Until they are judged,
// the answer is that of the whole rule.
func (x *explaining) judge(r store.Reader, rule string) error {
	expression, err := lang.Parse(rule)
	if err != nil {
		_, err = x.broken(err)
		return err
	}
	sel := x.sel
	sel.Rule = rule
	plan, err := x.rq.service.planner.Compile(sel)
	if invalid := (*query.Error)(nil); errors.As(err, &invalid) {
		_, err = x.broken(err)
		return err
	}
	if err != nil {
		return err
	}
	x.out.Allowed = plan.Passes
	if !plan.Passes && !plan.Empty {
		begin := time.Now()
		if x.out.Allowed, err = hasRow(r, plan.SQL, plan.Args...); err != nil {
			return err
		}
		x.out.Time = time.Since(begin)
		x.out.SQL = plan.SQL
		for _, v := range plan.Args {
			x.out.Args = append(x.out.Args, shownValue(v))
		}
	}
	x.out.Clause = &Clause{Text: rule, End: len(rule), Holds: x.out.Allowed, Known: true, Decides: true}
	if x.out.SQL != "" {
		if x.out.Plan, err = x.plan(r, plan); err != nil {
			return err
		}
	}
	x.out.Whole = true
	clause, err := x.clauses(r, rule, expression)
	if err != nil {
		return err
	}
	clause.decide()
	x.out.Clause, x.out.Whole = clause, false
	return nil
}

// plan returns the query plan of the engine for the statement.
func (x *explaining) plan(r store.Reader, plan *query.Plan) (lines []string, err error) {
	sql, column := x.rq.service.cfg.Store.Dialect().Explain(plan.SQL)
	rows, err := r.Query(sql, plan.Args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		lines = append(lines, rows.Text(column))
	}
	return lines, rows.Close()
}
