// Package auth signs records of auth collections in: methods prove an identity,
// tokens carry it from one request to the next.
//
// A token is a JWT signed with a key made of the record's tokenKey and the collection's secret, so
// that a change of either revokes the token; tokens are not stored. Verified tokens are cached
// until their record, or any collection, changes.
package auth

import (
	"context"

	"github.com/loambase/loam/auth/internal/fetch"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/budget"
)

// Service signs records in and verifies tokens. It is safe for concurrent use.
type Service struct {
	app     *core.App
	hooks   Hooks
	methods []Method // in the order for clients
	cache   *identities
	brake   *budget.Brake // of guesses of passwords
	guesses attempts      // of secrets by holders of another secret
	locks   locks         // of mails
	otps    promisedOTPs
	places  chan struct{} // reserved by work that continues after an answer

	oauth2    oauth2s
	images    images           // of new accounts
	delivered memory[struct{}] // codes
	appleUser memory[string]   // names, by the codes that they came with

	// find is FindByID of the record service, except in a test that makes changes during it.
	find finder
}

// images downloads images from the public internet. A *fetch.Client does so; a test has an
// implementation without the internet.
type images interface {
	Image(ctx context.Context, address string, limit int64) ([]byte, error)
}

// New returns a Service on the app, which need not be open yet. The Service observes the app's
// commits from now on, for the life of the app, and adds jobs to the app. An app has one Service,
// which must be made before requests are served.
func New(app *core.App) *Service {
	s := &Service{app: app, cache: newIdentities(), brake: budget.NewBrake(), places: make(chan struct{}, maxLater)}
	s.oauth2, s.images = oauth2s{s, newProviders(app)}, fetch.New()
	s.methods = []Method{passwords{app, s.brake}, otps{s}, s.oauth2}
	s.find = func(ctx context.Context, collection, id string) (*record.Record, error) {
		return app.Records().FindByID(ctx, collection, id)
	}
	app.OnCommitted(s.forget)
	app.Hooks().Records.AccountChanged.BindFunc(s.notify)
	s.addJobs()
	return s
}

// Response is the answer to a sign-in: a token and its record, or MFAID alone.
type Response struct {
	Token  string
	Record []byte // JSON, in the form for the record's owner
	Meta   []byte // JSON, the Meta of the method; nil for none

	// MFAID is set if a second method is needed; the second sign-in must send it.
	MFAID string
}

// collection returns the auth collection with that id or name.
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

// admit returns an error if the record may not sign in now, by the rules or by the hooks.
func (s *Service) admit(ctx context.Context, caller record.Caller, r *record.Record, method string) error {
	if err := s.allow(ctx, caller, r); err != nil {
		return err
	}
	return s.runSignInHooks(ctx, caller, r, method)
}

// fromAllowedAddress returns a fault for a superuser who comes from an address that is not allowed.
func (s *Service) fromAllowedAddress(caller record.Caller, c *schema.Collection) error {
	if c.Name == schema.Superusers && !s.app.Settings().Current().SuperuserAllowed(caller.IP) {
		return fault.New(fault.Forbidden, "")
	}
	return nil
}

// allow checks the authRule of the record's collection, and the address of a superuser.
func (s *Service) allow(ctx context.Context, caller record.Caller, r *record.Record) error {
	c := r.Collection()
	if err := s.fromAllowedAddress(caller, c); err != nil {
		return err
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

// respond makes the response, with the record in the form for its owner.
func (s *Service) respond(ctx context.Context, caller record.Caller, r *record.Record, token, expand string) (*Response, error) {
	body, err := s.app.Records().RenderOwn(ctx, caller, r, expand)
	if err != nil {
		return nil, err
	}
	return &Response{Token: token, Record: body}, nil
}
