package auth

import (
	"context"
	"fmt"

	"github.com/loambase/loam/auth/provider"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Hooks let code of an embedding program take part in signing in. Handlers may be bound and removed
// at any time.
type Hooks struct {
	// Attempt runs around each attempt to sign in by a method, before the form is checked.
	// Handlers may change the form, refuse the attempt, or authenticate it themselves: a
	// handler that sets Record, instead of calling Next or after Next has failed, and returns
	// nil, signs in that record.
	Attempt hook.Hook[*AttemptEvent]

	// SignIn runs after a record has proved its identity and the rules of its collection have
	// admitted it, before it gets its token. An error refuses the sign-in.
	SignIn hook.Hook[*Event]

	// Respond runs when a record has signed in or refreshed its token, before the response is
	// sent. Handlers may change the response. An error refuses the sign-in.
	Respond hook.Hook[*RespondEvent]

	// OAuth2 runs around a sign-in by OAuth2, after the provider has confirmed the user and
	// before the account is linked or created. Handlers may change User, CreateData and Record.
	// An error refuses the sign-in.
	OAuth2 hook.Hook[*OAuth2Event]

	// The flows of mailed tokens. Handlers run around the work of the request, and only if an
	// account was found: Confirm hooks run with a valid token, which is checked once more after
	// them. RequestVerification, RequestPasswordReset and RequestOTP run after the answer, which
	// is the same for an address without an account: an error is logged, and keeps the mail from
	// being sent. An error of any other hook refuses the request.
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
	Caller record.Caller
	Method string         // the Name of a Method
	Form   any            // *PasswordForm, *OTPForm or *OAuth2Form; may be changed
	Record *record.Record // after Next: the authenticated record; nil if Next has failed

	collection *schema.Collection
}

// Collection returns the auth collection of the sign-in.
func (e *AttemptEvent) Collection() *schema.Collection { return e.collection }

// RespondEvent is the response to a sign-in, or to a refresh of a token.
type RespondEvent struct {
	hook.Event
	Caller   record.Caller
	Method   string         // the Name of a Method, or "refresh"
	Record   *record.Record // a copy of the record that has signed in, owned by the handlers
	Response *Response      // may be changed
}

// Collection returns the collection of the record.
func (e *RespondEvent) Collection() *schema.Collection { return e.Record.Collection() }

// FlowEvent is a request for a mail with a token, or the confirmation with a mailed token.
type FlowEvent struct {
	hook.Event
	Caller   record.Caller
	Record   *record.Record // a copy of the account, owned by the handlers
	NewEmail string         // the new address, in the hooks of an email change
}

// Collection returns the collection of the record.
func (e *FlowEvent) Collection() *schema.Collection { return e.Record.Collection() }

// OAuth2Event is a sign-in by OAuth2.
type OAuth2Event struct {
	hook.Event
	Caller     record.Caller
	Provider   string         // name of the provider
	User       *provider.User // the user as the provider describes them; may be changed
	Record     *record.Record // the account; nil if a new one will be created. May be set
	CreateData map[string]any // of a new account, as the client has sent it; may be changed

	collection *schema.Collection
}

// Collection returns the auth collection of the sign-in.
func (e *OAuth2Event) Collection() *schema.Collection { return e.collection }

// Event is the sign-in of a record.
type Event struct {
	hook.Event
	Caller record.Caller
	Method string         // the Name of a Method, "refresh" or "impersonate"
	Record *record.Record // a copy of the record that signs in, owned by the handlers
}

// Collection returns the collection of the record.
func (e *Event) Collection() *schema.Collection { return e.Record.Collection() }

// Hooks returns the hooks of the service.
func (s *Service) Hooks() *Hooks { return &s.hooks }

// runSignInHooks runs the SignIn hooks. An error refuses the sign-in.
func (s *Service) runSignInHooks(ctx context.Context, caller record.Caller, r *record.Record, method string) error {
	h, c := &s.hooks.SignIn, r.Collection()
	if !h.Bound(c.ID, c.Name) {
		return nil
	}
	e := &Event{Caller: caller, Method: method, Record: r.Clone()}
	return h.Run(ctx, hook.Call{Name: "hook auth", Limit: s.app.Config.HookLimit}, e, c.ID, c.Name)
}

// runAttemptHooks runs m.Finish within the Attempt hooks.
func (s *Service) runAttemptHooks(ctx context.Context, m Method, a Attempt) (proof Proof, err error) {
	h, c := &s.hooks.Attempt, a.Collection
	if !h.Bound(c.ID, c.Name) {
		return m.Finish(ctx, a)
	}
	e := &AttemptEvent{Caller: a.Caller, Method: m.Name(), Form: a.Form, collection: c}
	finish := func() error {
		if e.Record != nil { // a handler has authenticated the attempt
			return nil
		}
		a.Caller, a.Form = e.Caller, e.Form
		proof, err = m.Finish(ctx, a)
		e.Record = proof.Record
		return err
	}
	if err := h.Around(ctx, e, finish, c.ID, c.Name); err != nil {
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
	return h.Run(ctx, hook.Call{Name: "hook auth respond", Limit: s.app.Config.HookLimit}, e, c.ID, c.Name)
}
