// Subscriptions: a teller of the realtime hub that makes the messages about changes.

package graphql

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"strings"
	"sync/atomic"

	"github.com/loambase/loam/api/internal/graphql/document"
	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/realtime"
)

// TokenMark is a placeholder for the resume token in a message of a Subscription. It is replaced by
// the token of the transaction, or by null if the change is not the last of its transaction. JSON
// never contains this byte.
const TokenMark = 0

// Subscription is a running subscription: a realtime.Teller or, for a live query, a
// realtime.Lister.
type Subscription struct {
	Watch realtime.Watch // the subscription for the hub, without its ID

	service   *Service
	operation Operation
	superuser bool
	limits    settings.GraphQL
	plan      atomic.Pointer[changedPlan]
}

var (
	_ realtime.Teller = (*Subscription)(nil)
	_ realtime.Lister = (*Subscription)(nil)
)

// Start begins an operation for a client that can receive several results. An operation that is not
// a subscription is executed. Either the Subscription or the Result is nil.
func (s *Service) Start(ctx context.Context, request string, caller record.Caller, limits settings.GraphQL, op Operation, charge Charge) (*Subscription, *Result) {
	if wrong := s.persisted.resolve(&op, &limits, caller.Superuser()); wrong != nil {
		return nil, &Result{Errors: []*front.Error{wrong}}
	}
	x := &execution{service: s, caller: caller, limits: limits, operation: op}
	sub := &Subscription{service: s, operation: op, superuser: caller.Superuser(), limits: limits}
	checked, sch, result := x.check()
	if result == nil && checked.Kind() != "subscription" {
		return nil, s.Execute(ctx, request, caller, limits, op, charge)
	}
	if result == nil {
		result = sub.prepare(checked, sch, caller, charge)
	}
	if result != nil {
		return nil, result
	}
	sub.Watch.Key, sub.Watch.Bytes = sub.key(), sub.size()
	if sub.plan.Load().live != nil {
		sub.Watch.Lister = sub
	} else {
		sub.Watch.Teller = sub
	}
	return sub, nil
}

// check finds the operation in the present schema. The result is not nil if the operation is
// invalid.
func (x *execution) check() (*front.Operation, *served, *Result) {
	sch, err := x.service.schemas.current(x.service.cfg.Snapshot(), x.caller.Superuser())
	if err != nil {
		x.service.cfg.Log().Error("graphql schema failed", "error", err)
		return nil, nil, &Result{Errors: []*front.Error{failure(err, false)}}
	}
	doc, errs := sch.read(x.operation.Query, document.Limits{Tokens: x.limits.MaxTokens, Depth: maxNesting})
	if errs != nil {
		return nil, nil, &Result{Errors: x.unsuggested(errs)}
	}
	op, errs := doc.Operation(x.operation.Name, x.operation.Variables)
	if errs != nil {
		return nil, nil, &Result{Errors: errs}
	}
	return op, sch, nil
}

// prepare plans the subscription for a schema.
func (s *Subscription) prepare(op *front.Operation, sch *served, caller record.Caller, charge Charge) *Result {
	p := &planner{
		operation: op, front: sch.front, model: sch.model, caller: caller, charge: charge,
		limits: Limits{Depth: s.limits.MaxDepth, Rows: s.limits.MaxRows, RootFields: s.limits.MaxRootFields},
	}
	plan, err := p.changed(&s.Watch)
	if err != nil {
		return &Result{Errors: []*front.Error{err}}
	}
	plan.superuser = s.superuser
	s.plan.Store(plan)
	return nil
}

// key returns a key that is equal for subscriptions with the same messages; the argument since does
// not matter.
func (s *Subscription) key() string {
	variables := map[string]any{}
	for name, v := range s.operation.Variables {
		if name != s.plan.Load().sinceVariable || strings.Count(s.operation.Query, "$"+name) != 2 { // defined, and used once
			variables[name] = v
		}
	}
	text, _ := json.Marshal([]any{s.superuser, s.operation.Query, s.operation.Name, variables}) // from JSON
	sum := sha256.Sum256(text)
	return string(sum[:])
}

// size returns the bytes of memory of the subscription: the plan and, unless it is cached, the tree
// of the document.
func (s *Subscription) size() int {
	size := 2 * len(s.operation.Query)
	if size > 2*maxKept {
		size *= 12
	}
	return size
}

// Ask implements realtime.Teller.
func (s *Subscription) Ask(a *record.Audience) func(record.Shown) []byte {
	plan := s.plan.Load()
	a.Filter, a.Where, a.Tree = plan.filter, plan.where, plan.root.node
	return plan.message
}

// Changed implements realtime.Reviewer. The last message is a list of errors.
func (s *Subscription) Changed() []byte {
	if s.service.cfg.Snapshot() == s.plan.Load().snapshot {
		return nil
	}
	x := &execution{service: s.service, limits: s.limits, operation: s.operation}
	if s.superuser {
		x.caller = record.Root()
	}
	again := &Subscription{service: s.service, superuser: s.superuser, limits: s.limits}
	op, sch, wrong := x.check()
	if wrong == nil {
		wrong = again.prepare(op, sch, x.caller, nil)
	}
	if wrong != nil || again.Watch.Collection != s.Watch.Collection {
		return AppendErrors(nil, []*front.Error{{Code: front.SchemaChanged, Message: "The collections were changed: the subscription does not fit them any more."}})
	}
	s.plan.Store(again.plan.Load())
	return nil
}

// Missed returns the error of a subscription that cannot resume.
func Missed() []*front.Error {
	return []*front.Error{{Code: front.Conflict, Message: "Changes were missed: read anew what you show, and subscribe without since."}}
}

// Failed returns a failure of a service as errors of a result. Only superusers get the reason.
func Failed(err error, superuser bool) []*front.Error { return []*front.Error{failure(err, superuser)} }
