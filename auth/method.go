package auth

import (
	"context"
	"errors"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Method is one way to sign in, in a file of its own. The Service does what all of
// them share: it finds the collection, asks rules and hooks, and issues the token.
type Method interface {
	// Name is what hooks, and rules by @request.context, call the method.
	Name() string

	// Enabled returns nil if the collection lets records sign in by this method, else
	// the Forbidden fault to answer.
	Enabled(c *schema.Collection) error

	// Describe fills in what clients are told about the method.
	Describe(ctx context.Context, c *schema.Collection, m *Methods)

	// Form returns a pointer to an empty form, for the client's input to be decoded into.
	Form() any

	// Finish returns the record whose identity the form proves. A form that proves none
	// is an Invalid fault, whatever is wrong with it, after the same time. Of a method
	// of several steps this is the last one; those before have endpoints of their own.
	Finish(ctx context.Context, a Attempt) (Proof, error)
}

// Proof is the outcome of a method.
type Proof struct {
	Record *record.Record // whose identity is proven
	Meta   any            // told to the client beside the token, as JSON; nil for nothing
}

// Attempt is somebody who tries to sign in.
type Attempt struct {
	Caller     record.Caller
	Collection *schema.Collection
	Form       any // as from Method.Form, filled in
}

// Method returns the method of that name, nil if there is none.
func (s *Service) Method(name string) Method {
	for _, m := range s.methods {
		if m.Name() == name {
			return m
		}
	}
	return nil
}

// Options are what a sign-in may be asked for beside its form.
type Options struct {
	Expand string // as for any record
	MFAID  string // of a sign-in by another method, which this one completes
}

// SignIn signs the record in whose identity the form proves. The form is one of the
// method's. If the collection asks the record for a second method, the Response has an
// MFAID and nothing else. Failures are those of the method; and Forbidden faults for methods that
// are not enabled and for records that rules or hooks refuse.
func (s *Service) SignIn(ctx context.Context, caller record.Caller, collection string, m Method, form any, o Options) (*Response, error) {
	c, err := s.collection(collection)
	if err != nil {
		return nil, err
	}
	if err := m.Enabled(c); err != nil {
		return nil, err
	}
	// Before the form: the answer must not tell a right password from a wrong one.
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

// failedMessage is the message to a client that has proven no identity, whatever the cause.
const failedMessage = "Failed to authenticate."

// errFailed is the one answer to a form that proves no identity. Why is for the log.
func errFailed(why string) error {
	return fault.Wrap(fault.Invalid, failedMessage, errors.New("auth: "+why))
}

// wrongSecret is the cause of a sign-in with a wrong password or an unknown identity. It is for the log
// and for NextTry; clients of the API do not get it.
type wrongSecret struct {
	why   string
	free  int           // see NextTry
	delay time.Duration // see NextTry
}

func (e *wrongSecret) Error() string { return "auth: " + e.why }

// NextTry reads the error of a sign-in with a wrong password or an unknown identity. free is the number
// of further tries with this identity that do not have to wait, delay the time until the next try is
// taken; one of the two is 0. For other errors known is false.
func NextTry(err error) (free int, delay time.Duration, known bool) {
	var wrong *wrongSecret
	if !errors.As(err, &wrong) {
		return 0, 0, false
	}
	return wrong.free, wrong.delay, true
}

// Methods tells clients how to sign in to a collection
// (docs/wire/auth-realtime-system.md §1.4). The order of the properties is that of the
// wire. What no Method fills in is off.
type Methods struct {
	Password PasswordMethod `json:"password"`
	OAuth2   OAuth2Method   `json:"oauth2"`
	MFA      TimedMethod    `json:"mfa"`
	OTP      TimedMethod    `json:"otp"`

	// What old clients look at.
	AuthProviders    []OAuth2Provider `json:"authProviders" schema:"nullable"` // null without OAuth2
	UsernamePassword bool             `json:"usernamePassword"`
	EmailPassword    bool             `json:"emailPassword"`
}

// PasswordMethod describes signing in with a password and one of the fields.
type PasswordMethod struct {
	IdentityFields []string `json:"identityFields"`
	Enabled        bool     `json:"enabled"`
}

// OAuth2Method describes signing in through other services.
type OAuth2Method struct {
	Providers []OAuth2Provider `json:"providers"`
	Enabled   bool             `json:"enabled"`
}

// OAuth2Provider tells how to send a person to a service. State and CodeVerifier are new
// each time and stored nowhere: the client keeps them until the person comes back.
type OAuth2Provider struct {
	Name                string `json:"name"`
	DisplayName         string `json:"displayName"`
	Logo                string `json:"logo"` // an SVG image
	State               string `json:"state"`
	AuthURL             string `json:"authURL"` // ends with "&redirect_uri=", to be completed
	AuthURLOld          string `json:"authUrl"` // the same for old clients
	CodeVerifier        string `json:"codeVerifier"`
	CodeChallenge       string `json:"codeChallenge"`
	CodeChallengeMethod string `json:"codeChallengeMethod"`
}

// TimedMethod describes a way to sign in that has to be completed in time.
type TimedMethod struct {
	Enabled  bool  `json:"enabled"`
	Duration int64 `json:"duration"` // seconds
}

// Methods returns the ways to sign in to the auth collection. What a collection says
// about ways that no Method offers has no effect: clients are told that they are off.
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
