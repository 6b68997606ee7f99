// Package auth signs records of auth collections in: it checks passwords, issues
// tokens, and tells who a token belongs to.
//
// A token is a JWT signed with a key made of the record's tokenKey and the
// collection's secret, so that whatever changes one of them revokes it; nothing
// is stored about tokens. What was verified once is remembered (see cache) until
// its record, or any collection, changes.
package auth

import (
	"context"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Service signs in and recognises. It is safe for concurrent use.
type Service struct {
	app   *core.App
	cache *cache

	// find is FindByID of the records; a test lets changes happen during it.
	find func(ctx context.Context, collection, id string) (*record.Record, error)
}

// New is a Service on the app, whose commits it follows from now on. To be called
// before the app serves requests.
func New(app *core.App) *Service {
	s := &Service{app: app, cache: newCache()}
	s.find = func(ctx context.Context, collection, id string) (*record.Record, error) {
		return app.Records().FindByID(ctx, collection, id)
	}
	app.OnCommitted(s.forget)
	return s
}

// Response is what a caller who signed in gets.
type Response struct {
	Token  string
	Record []byte // JSON of the record as it sees itself
}

// collection is the auth collection of that id or name.
func (s *Service) collection(idOrName string) (*schema.Collection, error) {
	c := s.app.Snapshot().Find(idOrName)
	if c == nil {
		return nil, fault.New(fault.NotFound, "Missing or invalid collection context.")
	}
	if !c.IsAuth() {
		return nil, fault.New(fault.NotFound, "Missing or invalid auth collection context.")
	}
	return c, nil
}

// admit judges whether the record may sign in now, at the wish of the caller: first
// the rules, then the hooks.
func (s *Service) admit(ctx context.Context, caller record.Caller, r *record.Record, method string) error {
	if err := s.allow(ctx, caller, r); err != nil {
		return err
	}
	h, c := &s.app.Hooks().Auth, r.Collection()
	if !h.Bound(c.ID, c.Name) {
		return nil
	}
	e := &core.AuthEvent{Caller: caller, Method: method, Record: r.Clone()}
	return hook.Within(ctx, s.app.Config.HookLimit, func(ctx context.Context) error {
		e.Context = ctx
		return h.Trigger(e, func() error { return nil }, c.ID, c.Name)
	})
}

func (s *Service) allow(ctx context.Context, caller record.Caller, r *record.Record) error {
	c := r.Collection()
	if c.Name == schema.Superusers && !s.app.Settings().Current().SuperuserAllowed(caller.IP) {
		return fault.New(fault.Forbidden, "")
	}
	if caller.Superuser() {
		return nil
	}
	denied := fault.New(fault.Forbidden, "The request doesn't satisfy the collection requirements to authenticate.")
	rule := c.Auth.AuthRule
	switch {
	case rule == nil:
		return denied
	case *rule == "":
		return nil
	}
	ok, err := s.app.Records().Satisfies(ctx, caller, r, *rule)
	if err == nil && !ok {
		return denied
	}
	return err
}

// respond is the answer to a record that has signed in, seen by itself.
func (s *Service) respond(ctx context.Context, caller record.Caller, r *record.Record, token, expand string) (*Response, error) {
	body, err := s.app.Records().RenderOwn(ctx, caller, r, expand)
	if err != nil {
		return nil, err
	}
	return &Response{Token: token, Record: body}, nil
}
