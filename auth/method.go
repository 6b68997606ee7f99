package auth

import (
	"context"
	"errors"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Method is a way to sign in. Each method has a file of its own. The Service does the common part:
// it finds the collection, applies rules and hooks, and issues the token.
type Method interface {
	// Name is the name of the method in hooks and in the rule path @request.context.
	Name() string

	// Enabled returns nil if the collection has enabled this method, else a Forbidden fault for the
	// client.
	Enabled(c *schema.Collection) error

	// Describe adds the method to the description for clients.
	Describe(ctx context.Context, c *schema.Collection, m *Methods)

	// Form returns a pointer to an empty form, into which the input of the client is decoded.
	Form() any

	// Finish returns the record whose identity the form proves. If the form proves no identity, the
	// fault is Invalid, with the same message and after the same time for every reason. Finish is
	// the last step of the method; earlier steps have endpoints of their own.
	Finish(ctx context.Context, a Attempt) (Proof, error)
}

// Proof is the outcome of a method.
type Proof struct {
	Record *record.Record // the record whose identity is proven
	Meta   any            // sent to the client beside the token, as JSON; nil for nothing
}

// Attempt is an attempt to sign in.
type Attempt struct {
	Caller     record.Caller
	Collection *schema.Collection
	Form       any // the form of Method.Form, filled in
}

// Method returns the method with the name, or nil.
func (s *Service) Method(name string) Method {
	for _, m := range s.methods {
		if m.Name() == name {
			return m
		}
	}
	return nil
}

// Options are the parameters of a sign-in other than its form.
type Options struct {
	Expand string // the relations to expand in the record of the response
	MFAID  string // the MFAID of an earlier sign-in by another method, which this sign-in completes
}

// SignIn signs in the record whose identity the form proves. form is of the type that m.Form
// returns. If the collection requires a second method from the record, the Response has an MFAID
// and nothing else. The faults are those of the method, and Forbidden for a method that is not
// enabled and for a record that a rule or hook refuses.
func (s *Service) SignIn(ctx context.Context, caller record.Caller, collection string, m Method, form any, o Options) (*Response, error) {
	c, err := s.collection(collection)
	if err != nil {
		return nil, err
	}
	if err := m.Enabled(c); err != nil {
		return nil, err
	}
	// The address is checked before the form, so that the answer does not depend on the password.
	if err := s.fromAllowedAddress(caller, c); err != nil {
		return nil, err
	}
	caller.Context = m.Name()
	proof, err := s.runAttemptHooks(ctx, m, Attempt{Caller: caller, Collection: c, Form: form})
	if err != nil {
		return nil, err
	}
	return s.signIn(ctx, caller, m.Name(), proof, o)
}

// SignInRecord signs in a record that the program has authenticated in its own way. method is the
// name of that way for rules (@request.context), hooks and the second factor. The address check,
// authRule, the SignIn hooks, the second factor and the Respond hooks apply as for every method.
// meta is sent in the response as JSON; nil sends none. A nil record, or a record that is not in an
// auth collection, is an error. A record that authRule refuses is a Forbidden fault.
func (s *Service) SignInRecord(ctx context.Context, caller record.Caller, r *record.Record, method string, meta any, o Options) (*Response, error) {
	if r == nil || !r.Collection().IsAuth() {
		return nil, errors.New("auth: the record is no account")
	}
	if err := s.fromAllowedAddress(caller, r.Collection()); err != nil {
		return nil, err
	}
	caller.Context = method
	return s.signIn(ctx, caller, method, Proof{r, meta}, o)
}

// signIn completes a sign-in from the proof of any method: it applies authRule, the SignIn hooks,
// the second factor and the Respond hooks, and returns the response.
func (s *Service) signIn(ctx context.Context, caller record.Caller, method string, proof Proof, o Options) (*Response, error) {
	r := proof.Record
	if err := s.admit(ctx, caller, r, method); err != nil {
		return nil, err
	}
	mfaID, err := s.secondFactor(ctx, caller, r, method, o.MFAID)
	if err != nil {
		return nil, err
	}
	if mfaID != "" {
		return &Response{MFAID: mfaID}, nil
	}
	now := s.app.Now()
	token, err := newAuthToken(r, now, now)
	if err != nil {
		return nil, err
	}
	res, err := s.respond(ctx, caller, r, token, o.Expand)
	if err != nil {
		return nil, err
	}
	if proof.Meta != nil {
		if res.Meta, err = schema.Marshal(proof.Meta); err != nil {
			return nil, err
		}
	}
	if err := s.runRespondHooks(ctx, caller, r, method, res); err != nil {
		return nil, err
	}
	if err := s.noteOrigin(ctx, caller, r); err != nil {
		return nil, err
	}
	return res, nil
}

// failedMessage is the message for every sign-in that proves no identity.
const failedMessage = "Failed to authenticate."

// errFailed returns the fault of a form that proves no identity. why is only for the log.
func errFailed(why string) error {
	return fault.Wrap(fault.Invalid, failedMessage, errors.New("auth: "+why))
}

// wrongSecret is the cause in the fault of a sign-in with a wrong password or an unknown identity.
// The log and NextTry use it; clients of the API do not get it.
type wrongSecret struct {
	why   string
	free  int           // see NextTry
	delay time.Duration // see NextTry
}

func (e *wrongSecret) Error() string { return "auth: " + e.why }

// NextTry tells when a sign-in that failed by a wrong password or an unknown identity may be tried
// again: free is the number of further attempts without a wait, delay the time to wait before the
// next. One of the two is 0. known is false for any other error.
func NextTry(err error) (free int, delay time.Duration, known bool) {
	var wrong *wrongSecret
	if !errors.As(err, &wrong) {
		return 0, 0, false
	}
	return wrong.free, wrong.delay, true
}

// Methods describes to clients how to sign in to a collection (docs/wire/auth-realtime-system.md
// §1.4). The order of the properties is that of the wire format. A method that no Method describes
// is off.
type Methods struct {
	Password PasswordMethod `json:"password"`
	OAuth2   OAuth2Method   `json:"oauth2"`
	MFA      TimedMethod    `json:"mfa"`
	OTP      TimedMethod    `json:"otp"`

	// The properties that old clients read.
	AuthProviders    []OAuth2Provider `json:"authProviders" schema:"nullable"` // null without OAuth2
	UsernamePassword bool             `json:"usernamePassword"`
	EmailPassword    bool             `json:"emailPassword"`
}

// PasswordMethod describes the sign-in with a password and one of the identity fields.
type PasswordMethod struct {
	IdentityFields []string `json:"identityFields"`
	Enabled        bool     `json:"enabled"`
}

// OAuth2Method describes the sign-in through OAuth2 providers.
type OAuth2Method struct {
	Providers []OAuth2Provider `json:"providers"`
	Enabled   bool             `json:"enabled"`
}

// OAuth2Provider describes how to send a user to a provider. State and CodeVerifier are random and
// not stored by the server: the client keeps them until the user returns.
type OAuth2Provider struct {
	Name                string `json:"name"`
	DisplayName         string `json:"displayName"`
	Logo                string `json:"logo"` // an SVG image
	State               string `json:"state"`
	AuthURL             string `json:"authURL"` // ends with "&redirect_uri=", to which the client appends the address
	AuthURLOld          string `json:"authUrl"` // the same for old clients
	CodeVerifier        string `json:"codeVerifier"`
	CodeChallenge       string `json:"codeChallenge"`
	CodeChallengeMethod string `json:"codeChallengeMethod"`
}

// TimedMethod describes a way to sign in that must be completed within Duration.
type TimedMethod struct {
	Enabled  bool  `json:"enabled"`
	Duration int64 `json:"duration"` // seconds
}

// Methods returns the ways to sign in to the auth collection. Options of the collection for a way
// that no Method offers have no effect: the way is described as off.
func (s *Service) Methods(ctx context.Context, collection string) (*Methods, error) {
	c, err := s.collection(collection)
	if err != nil {
		return nil, err
	}
	described := &Methods{
		Password: PasswordMethod{IdentityFields: []string{}},
		OAuth2:   OAuth2Method{Providers: []OAuth2Provider{}},
	}
	for _, m := range s.methods {
		if m.Enabled(c) == nil {
			m.Describe(ctx, c, described)
		}
	}
	if c.Auth.MFA.Enabled {
		described.MFA = TimedMethod{Enabled: true, Duration: c.Auth.MFA.Duration}
	}
	return described, nil
}
