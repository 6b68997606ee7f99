// Package graphql serves GraphQL over the present collections (docs/graphql.md): it turns a request
// into trees of the record service, which judges the rules, and writes the answer from the records
// of the trees. DESIGN.md describes the path of a request.
package graphql

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/loambase/loam/api/internal/graphql/document"
	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
)

// Config holds the dependencies of a Service. Every field is required.
type Config struct {
	Records  func() *record.Service
	Auth     *auth.Service
	Snapshot func() *schema.Snapshot // returns the present collections
	Blobs    blob.Store

	// BrokenViews returns the views of a snapshot that the database cannot read: messages of the
	// database, by ids of views.
	BrokenViews func(context.Context, *schema.Snapshot) (map[string]string, error)

	Log func() *slog.Logger
	Go  func(name string, fn func(context.Context) error) // runs fn in the background, and logs its error

	WriteLimit func() time.Duration // of the transaction of a mutation
}

// Service answers operations. It is safe for concurrent use.
type Service struct {
	cfg       Config
	schemas   schemas
	persisted *persisted
	facts     *fileFacts
	memories  memories
}

// New returns a Service. It makes no schema before the first operation.
func New(cfg Config) *Service {
	s := &Service{cfg: cfg, persisted: newPersisted(), facts: newFileFacts(cfg.Records, cfg.Blobs)}
	s.schemas.views.ask, s.schemas.views.log = cfg.BrokenViews, cfg.Log
	return s
}

// Renew makes the schemas that are in use anew, in the background. It must be called when the
// collections have changed; an operation that comes before the new schema is made waits for it.
func (s *Service) Renew() {
	s.schemas.renew(s.cfg.Snapshot, s.cfg.Go)
}

// Operation is an operation of a client.
type Operation struct {
	Query     string
	Hash      string         // of Query, which may be left out if the server has the text; "" for none
	Name      string         // of the operation in Query; "" for the only one
	Variables map[string]any // with json.Numbers

	Token    string // of the caller, for authRefresh; "" for none
	ReadOnly bool   // only queries are allowed
}

// Result is the answer to an operation.
type Result struct {
	Data   []byte // JSON; nil if the operation was not executed
	Errors []*front.Error

	NotReadOnly bool // refused because of Operation.ReadOnly

	opened []byte  // opening and Data in one piece; nil if Data stands alone
	memory *memory // holds the bytes of opened; nil if opened has its own
}

// maxNesting is the maximum nesting of selections, lists and objects in a document, checked before
// its fields are counted.
const maxNesting = 100

// Execute runs an operation for a caller. Errors of the server are logged with the name of the
// request and answered as such.
func (s *Service) Execute(ctx context.Context, request string, caller record.Caller, limits settings.GraphQL, op Operation, charge Charge) *Result {
	return s.executeAll(ctx, request, caller, limits, []Operation{op}, charge)[0]
}

// executeAll runs operations one after the other. The limits hold for all of them together.
func (s *Service) executeAll(ctx context.Context, request string, caller record.Caller, limits settings.GraphQL, ops []Operation, charge Charge) []*Result {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(limits.TimeoutSeconds)*time.Second)
	defer cancel()
	results := make([]*Result, len(ops))
	var spent cost
	for i, op := range ops {
		x := &execution{service: s, request: request, caller: caller, limits: limits, operation: op, charge: charge, spent: spent}
		results[i] = x.execute(ctx)
		spent = x.spent
	}
	return results
}

// execute runs the operation.
func (x *execution) execute(ctx context.Context) *Result {
	s, before := x.service, x.spent
	if wrong := s.persisted.resolve(&x.operation, &x.limits, x.caller.Superuser()); wrong != nil {
		return &Result{Errors: []*front.Error{wrong}}
	}
	result, snapshot, err := x.run(ctx)
	if err != nil && (s.cfg.Snapshot() != snapshot || s.schemas.unfit(snapshot, err)) {
		// The collections have changed between the check and the read: run again with the new
		// collections.
		x.charge, x.spent = nil, before
		if result, snapshot, err = x.run(ctx); err != nil && s.cfg.Snapshot() != snapshot {
			return &Result{Data: null, Errors: []*front.Error{{Code: front.SchemaChanged, Message: "The collections are being changed, please try again."}}}
		}
	}
	if err == nil {
		return result
	}
	return &Result{Data: null, Errors: []*front.Error{x.told(ctx, err)}}
}

// told returns a failure of a service as an error for the client. It logs errors of the server.
func (x *execution) told(ctx context.Context, err error) *front.Error {
	told := failure(err, x.caller.Superuser())
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		told = &front.Error{Code: front.Timeout, Message: "The operation takes too long.", Path: told.Path}
	case fault.KindOf(err) == fault.Internal && ctx.Err() == nil:
		x.service.cfg.Log().Error("graphql operation failed", "request", x.request, "error", err)
	}
	return told
}

// execution is an operation that is being executed.
type execution struct {
	service   *Service
	request   string // the name of the request in the log
	caller    record.Caller
	limits    settings.GraphQL
	operation Operation
	charge    Charge
	spent     cost // the cost of the operations before it and, after planning, of this operation
}

// run checks, plans and reads an operation in one snapshot. The error is an error of reading;
// errors of the operation are in the result.
func (x *execution) run(ctx context.Context) (*Result, *schema.Snapshot, error) {
	snapshot := x.service.cfg.Snapshot()
	sch, err := x.service.schemas.current(snapshot, x.caller.Superuser())
	if err != nil {
		return nil, snapshot, err
	}
	snapshot = sch.model.Snapshot
	doc, errs := sch.read(x.operation.Query, document.Limits{Tokens: x.limits.MaxTokens, Depth: maxNesting})
	if errs != nil {
		return &Result{Errors: x.unsuggested(errs)}, snapshot, nil
	}
	op, errs := doc.Operation(x.operation.Name, x.operation.Variables)
	if errs != nil {
		return &Result{Errors: errs}, snapshot, nil
	}
	if x.operation.ReadOnly && op.Kind() != "query" {
		return &Result{NotReadOnly: true}, snapshot, nil
	}
	if op.Kind() == "subscription" {
		return &Result{Errors: []*front.Error{front.Bad(nil, "Subscriptions need a WebSocket, or Accept: text/event-stream.")}}, snapshot, nil
	}
	p := &planner{
		operation: op, front: sch.front, model: sch.model, caller: x.caller, charge: x.charge, introspect: x.mayIntrospect(), cost: x.spent,
		limits: Limits{Depth: x.limits.MaxDepth, Rows: x.limits.MaxRows, RootFields: x.limits.MaxRootFields, Mutations: x.limits.MaxMutations},
	}
	planned, wrong := p.plan()
	x.spent = p.cost
	if wrong != nil {
		return &Result{Errors: []*front.Error{wrong}}, snapshot, nil
	}
	if planned.auth != nil {
		return x.authenticate(ctx, planned), snapshot, nil
	}
	if op.Kind() == "mutation" {
		result, err := x.write(ctx, planned, snapshot)
		return result, snapshot, err
	}
	read, err := x.read(ctx, planned)
	if err != nil {
		return nil, snapshot, err
	}
	failed := firstFailure(read)
	if failed != nil && x.service.cfg.Snapshot() != snapshot {
		return nil, snapshot, failed
	}
	return x.answer(ctx, planned, read), snapshot, nil
}

// firstFailure returns the first error of a root, nil if no root has an error.
func firstFailure(read []*record.Branch) error {
	for _, b := range read {
		if b.Err != nil {
			return b.Err
		}
	}
	return nil
}

// answer writes the records that were read. A root that has failed is null, with an error; if its
// type is not nullable, the answer has no data.
func (x *execution) answer(ctx context.Context, p *plan, read []*record.Branch) *Result {
	var errs []*front.Error
	failed := map[*level]bool{}
	for i, b := range read {
		if b.Err != nil {
			told := x.told(ctx, b.Err)
			told.Path = p.paths[i]
			errs, failed[p.roots[i]] = append(errs, told), true
		}
	}
	if slices.ContainsFunc(p.fields, func(f rootField) bool { return f.required && failed[f.root] }) {
		return &Result{Data: null, Errors: errs}
	}
	memory := x.service.memories.get()
	opened, unfit := x.encode(ctx, p, read, memory)
	for _, b := range read {
		b.Release()
	}
	return &Result{Data: opened[len(opening):], opened: opened, Errors: append(errs, unfit...), memory: memory}
}

// encode writes the answer. If the answer has files whose facts are not cached, encode reads their
// facts from the blob store, and writes the answer again.
func (x *execution) encode(ctx context.Context, p *plan, read []*record.Branch, memory *memory) ([]byte, []*front.Error) {
	facts := &factsOf{kept: x.service.facts, known: map[storedFile]fileFact{}, unknown: map[storedFile]bool{}}
	opened, unfit := encode(p, read, facts, memory)
	if len(facts.unknown) == 0 {
		return opened, unfit
	}
	if err := facts.ask(ctx, x.caller); err != nil {
		facts.failure = x.told(ctx, err)
	}
	return encode(p, read, facts, memory)
}

// read reads all trees of a plan from one snapshot of the database.
func (x *execution) read(ctx context.Context, p *plan) ([]*record.Branch, error) {
	if len(p.roots) == 0 {
		return nil, nil
	}
	nodes := make([]*record.Node, len(p.roots))
	for i, l := range p.roots {
		nodes[i] = l.node
	}
	read, err := x.service.cfg.Records().Trees(ctx, x.caller, nodes...)
	if err == nil {
		return read, nil
	}
	told := failure(err, x.caller.Superuser())
	if at := (*record.RootError)(nil); errors.As(err, &at) {
		told.Path = p.paths[at.Root]
	}
	return nil, errors.Join(told, err)
}

// mayIntrospect reports whether the caller may use introspection.
func (x *execution) mayIntrospect() bool {
	return x.limits.Introspection == settings.IntrospectionOn ||
		x.limits.Introspection == settings.IntrospectionSuperusers && x.caller.Superuser()
}

// unsuggested removes suggestions from messages if the caller may not introspect the schema.
func (x *execution) unsuggested(errs []*front.Error) []*front.Error {
	if x.mayIntrospect() {
		return errs
	}
	for i, e := range errs {
		plain := *e
		plain.Message = withoutSuggestion(e.Message)
		errs[i] = &plain
	}
	return errs
}
