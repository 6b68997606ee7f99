package auth

import (
	"context"
	"fmt"

	"github.com/loambase/loam/auth/provider"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Hooks are where code of an embedding program takes part in signing in. Handlers may
// be bound and removed at any time.
type Hooks struct {
	// Attempt runs around each attempt to sign in by a method, before the form is checked.
	// Handlers may change the form, refuse the attempt, or authenticate it themselves: a
	// handler that sets Record, instead of calling Next or after Next has failed, and returns
	// nil, signs in that record.
	Attempt hook.Hook[*AttemptEvent]

	// SignIn runs when a record has proved its identity and the rules of its collection
	// let it sign in, before it gets its token. An error refuses.
	SignIn hook.Hook[*Event]

	// Respond runs when a record has signed in or refreshed its token, before the response is
	// sent. Handlers may change the response. An error refuses the sign-in.
	Respond hook.Hook[*RespondEvent]

	// OAuth2 runs around the sign-in of a person whom another service has vouched for,
	// before the account is linked or made: handlers may change what the service has
	// told, what a new account begins with, and whose account it is. An error refuses.
	OAuth2 hook.Hook[*OAuth2Event]

	// The flows of mailed tokens. Handlers run around what the request does, and only
	// for a record that it is about: for Confirm hooks the token is good, and is checked
	// once more after them. An error of RequestVerification, RequestPasswordReset and
	// RequestOTP is logged and keeps the mail from being sent: the answer has gone out, the same as for
	// an address without an account. Errors of the others refuse.
	RequestVerification  hook.Hook[*FlowEvent]
	ConfirmVerification  hook.Hook[*FlowEvent]
	RequestPasswordReset hook.Hook[*FlowEvent]
	ConfirmPasswordReset hook.Hook[*FlowEvent]
	RequestEmailChange   hook.Hook[*FlowEvent]
	ConfirmEmailChange   hook.Hook[*FlowEvent]
	RequestOTP           hook.Hook[*FlowEvent]
}

// AttemptEvent is an attempt to sign in.
type AttemptEvent struct {
	hook.Event
	Context context.Context
	Caller  record.Caller
	Method  string         // the Name of a Method
	Form    any            // *PasswordForm, *OTPForm or *OAuth2Form; may be changed
	Record  *record.Record // after Next: the authenticated record; nil if Next has failed

	collection *schema.Collection
}

// Collection returns the auth collection of the sign-in.
func (e *AttemptEvent) Collection() *schema.Collection { return e.collection }

// RespondEvent is the response to a sign-in, or to a refresh of a token.
type RespondEvent struct {
	hook.Event
	Context  context.Context
	Caller   record.Caller
	Method   string         // the Name of a Method, or "refresh"
	Record   *record.Record // a copy of the record that has signed in, owned by the handlers
	Response *Response      // may be changed
}

// Collection returns the collection of the record.
func (e *RespondEvent) Collection() *schema.Collection { return e.Record.Collection() }

// FlowEvent is a request of a mail with a token, or what was mailed coming back.
type FlowEvent struct {
	hook.Event
	Context  context.Context
	Caller   record.Caller
	Record   *record.Record // whose account it is; belongs to the handlers
	NewEmail string         // of a change of address
}

// Collection returns the collection of the record.
func (e *FlowEvent) Collection() *schema.Collection { return e.Record.Collection() }

// OAuth2Event is a person who signs in through another service.
type OAuth2Event struct {
	hook.Event
	Context    context.Context
	Caller     record.Caller
	Provider   string         // its name
	User       *provider.User // what it tells; may be changed
	Record     *record.Record // the account; nil if one will be made. Another one may be put here
	CreateData map[string]any // of a new account, as the client has sent it; may be changed

	collection *schema.Collection
}

// Collection returns the auth collection of the sign-in.
func (e *OAuth2Event) Collection() *schema.Collection { return e.collection }

// Event is a record that signs in.
type Event struct {
	hook.Event
	Context context.Context
	Caller  record.Caller
	Method  string         // the Name of a Method, "refresh" or "impersonate"
	Record  *record.Record // that signs in; belongs to the handlers
}

// Collection returns the collection of the record.
func (e *Event) Collection() *schema.Collection { return e.Record.Collection() }

// Hooks returns the hooks of the service.
func (s *Service) Hooks() *Hooks { return &s.hooks }

// runSignInHooks asks the handlers whether the record may sign in.
func (s *Service) runSignInHooks(ctx context.Context, caller record.Caller, r *record.Record, method string) error {
	h, c := &s.hooks.SignIn, r.Collection()
	if !h.Bound(c.ID, c.Name) {
		return nil
	}
	e := &Event{Caller: caller, Method: method, Record: r.Clone()}
	return hook.Named(ctx, "hook auth", s.app.Config.HookLimit, func(ctx context.Context) error {
		e.Context = ctx
		return h.Trigger(e, func() error { return nil }, c.ID, c.Name)
	})
}

// runAttemptHooks runs m.Finish within the Attempt hooks.
func (s *Service) runAttemptHooks(ctx context.Context, m Method, a Attempt) (proof Proof, err error) {
	h, c := &s.hooks.Attempt, a.Collection
	if !h.Bound(c.ID, c.Name) {
		return m.Finish(ctx, a)
	}
	inner, err := hook.Deeper(ctx)
	if err != nil {
		return Proof{}, err
	}
	e := &AttemptEvent{Context: inner, Caller: a.Caller, Method: m.Name(), Form: a.Form, collection: c}
	finish := func() error {
		if e.Record != nil { // a handler has authenticated the attempt
			return nil
		}
		a.Caller, a.Form = e.Caller, e.Form
		proof, err = m.Finish(ctx, a)
		e.Record = proof.Record
		return err
	}
	if err := h.Trigger(e, finish, c.ID, c.Name); err != nil {
		return Proof{}, err
	}
	switch {
	case e.Record == nil:
		return Proof{}, errFailed("a hook has swallowed the failure")
	case e.Record.Collection().ID != c.ID:
		return Proof{}, fmt.Errorf("auth: a hook signs in a record of %s to %s", e.Record.Collection().Name, c.Name)
	}
	proof.Record = e.Record
	return proof, nil
}

// runRespondHooks runs the Respond hooks, which may change the response.
func (s *Service) runRespondHooks(ctx context.Context, caller record.Caller, r *record.Record, method string, response *Response) error {
	h, c := &s.hooks.Respond, r.Collection()
	if !h.Bound(c.ID, c.Name) {
		return nil
	}
	e := &RespondEvent{Caller: caller, Method: method, Record: r.Clone(), Response: response}
	return hook.Within(ctx, s.app.Config.HookLimit, func(ctx context.Context) error {
		e.Context = ctx
		return h.Trigger(e, func() error { return nil }, c.ID, c.Name)
	})
}
