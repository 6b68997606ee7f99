package auth

import (
	"context"
	"errors"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Method is one way to sign in. Each has its own file. The Service does the work that all share: it
// finds the collection, judges rules, runs hooks, and issues the token.
type Method interface {
	// Name returns the name of the method for hooks and for rules (@request.context).
	Name() string

	// Enabled returns nil if the collection lets records sign in by this method, else the Forbidden
	// fault for the answer.
	Enabled(c *schema.Collection) error

	// Describe fills in the data about the method that clients get.
	Describe(ctx context.Context, c *schema.Collection, m *Methods)

	// Form returns a pointer to an empty form, into which the client's input is decoded.
	Form() any

	// Finish returns the record whose identity the form proves. A form that proves no identity is
	// an Invalid fault, whatever the cause, after the same time. In a method with several steps
	// Finish is the last step; the earlier steps have their own endpoints.
	Finish(ctx context.Context, a Attempt) (Proof, error)
}

// Proof is the result of a method.
type Proof struct {
	Record *record.Record // the record whose identity is proven
	Meta   any            // sent to the client beside the token, as JSON; nil: not sent
}

// Attempt is an attempt to sign in.
type Attempt struct {
	Caller     record.Caller
	Collection *schema.Collection
	Form       any // from Method.Form, filled in
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

// Options are further options of a sign-in beside its form.
type Options struct {
	Expand string // relations to expand, in the syntax for records
	MFAID  string // of an earlier sign-in by another method, which this sign-in completes
}

// SignIn signs in the record whose identity the form proves. The form is a form of the method. If
// the collection demands a second method, the Response has only an MFAID. Failures are those of the
// method; and Forbidden faults for methods that are not enabled and for records that rules or hooks
// refuse.
func (s *Service) SignIn(ctx context.Context, caller record.Caller, collection string, m Method, form any, o Options) (*Response, error) {
	c, err := s.collection(collection)
	if err != nil {
		return nil, err
	}
	if err := m.Enabled(c); err != nil {
		return nil, err
	}
	// This check comes before the form: the answer must not reveal whether a password is right.
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

// errFailed returns the fault of a form that proves no identity. It is the same for every cause;
// why is for the log.
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

// Methods describes to clients how to sign in to a collection (docs/wire/auth-realtime-system.md
// §1.4). The order of the properties is that of the wire. Properties that no Method fills in mean
// that the method is off.
type Methods struct {
	Password PasswordMethod `json:"password"`
	OAuth2   OAuth2Method   `json:"oauth2"`
	MFA      TimedMethod    `json:"mfa"`
	OTP      TimedMethod    `json:"otp"`

	// Properties for old clients.
	AuthProviders    []OAuth2Provider `json:"authProviders" schema:"nullable"` // null without OAuth2
	UsernamePassword bool             `json:"usernamePassword"`
	EmailPassword    bool             `json:"emailPassword"`
}

// PasswordMethod describes signing in with a password and one of the fields.
type PasswordMethod struct {
	IdentityFields []string `json:"identityFields"`
	Enabled        bool     `json:"enabled"`
}

// OAuth2Method describes signing in through OAuth2 providers.
type OAuth2Method struct {
	Providers []OAuth2Provider `json:"providers"`
	Enabled   bool             `json:"enabled"`
}

// OAuth2Provider describes how to send a person to a provider. State and CodeVerifier are new each
// time and not stored: the client keeps them until the person comes back.
type OAuth2Provider struct {
	Name                string `json:"name"`
	DisplayName         string `json:"displayName"`
	Logo                string `json:"logo"` // an SVG image
	State               string `json:"state"`
	AuthURL             string `json:"authURL"` // ends with "&redirect_uri="; clients append the address
	AuthURLOld          string `json:"authUrl"` // the same for old clients
	CodeVerifier        string `json:"codeVerifier"`
	CodeChallenge       string `json:"codeChallenge"`
	CodeChallengeMethod string `json:"codeChallengeMethod"`
}

// TimedMethod describes a method that must be completed in time.
type TimedMethod struct {
	Enabled  bool  `json:"enabled"`
	Duration int64 `json:"duration"` // seconds
}

// Methods returns the methods of signing in to the auth collection. Options of a collection for a
// method that does not exist have no effect: clients are told that the method is off.
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
