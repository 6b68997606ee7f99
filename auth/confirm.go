package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"time"

	"github.com/loambase/loam/core/record"
)

// confirmation is the type of the tokens of NewConfirmation. Clients of the API never get such a
// token, and no endpoint of the API accepts it.
const confirmation TokenType = "confirmation"

// CheckPassword checks the password of the caller's account again, before a dangerous action. It
// makes no token, and runs no SignIn and Respond hooks; the Attempt hooks run as for a sign-in by
// password. Wrong passwords here and in sign-ins to the account from the same address delay further
// attempts together. A wrong password is a fault.Invalid, an attempt too soon after failed attempts a
// fault.TooMany, a guest a fault.Unauthenticated, and an account of a collection without sign-in by
// password a fault.Forbidden.
func (s *Service) CheckPassword(ctx context.Context, caller record.Caller, password string) error {
	if caller.Auth == nil {
		return errGuest()
	}
	c, err := s.collection(caller.Auth.Collection().ID)
	if err != nil {
		return err
	}
	m := passwords{s.app, s.brake}
	if err := m.Enabled(c); err != nil {
		return err
	}
	form := &PasswordForm{Password: password}
	for _, field := range c.Auth.PasswordAuth.IdentityFields {
		if form.Identity == "" {
			form.Identity, form.IdentityField = caller.Auth.Text(field), field
		}
	}
	id := caller.Auth.ID()
	caller.Auth, caller.Context = nil, m.Name()
	proof, err := s.runAttemptHooks(ctx, m, Attempt{Caller: caller, Collection: c, Form: form})
	if err == nil && proof.Record.ID() != id {
		err = errFailed("a hook has signed in another account")
	}
	return err
}

// NewConfirmation returns a token that states that the owner of the session has typed the password
// of the account r. The token ends at expires, or earlier with all other tokens of the account.
// session is a secret of the session; the token has only its hash. An expires that has passed is an
// error.
func (s *Service) NewConfirmation(r *record.Record, session string, expires time.Time) (string, error) {
	now := s.app.Now()
	if !now.Before(expires) {
		return "", errToken
	}
	return newTokenFor(r, claims{Type: confirmation, Session: hashSession(session)}, now, expires.Sub(now))
}

// Confirmed returns the time at which a confirmation of the account r and the session ends. It returns
// the zero time for any other token, and an error if the token could not be checked.
func (s *Service) Confirmed(ctx context.Context, r *record.Record, session, token string) (expires time.Time, err error) {
	v, err := s.verify(ctx, s.app.Snapshot(), token, confirmation)
	if v == nil || v.record.ID() != r.ID() || v.record.Collection().ID != r.Collection().ID || v.claims.ExpiresAt == nil {
		return expires, err
	}
	if subtle.ConstantTimeCompare([]byte(v.claims.Session), []byte(hashSession(session))) != 1 {
		return expires, nil
	}
	return v.claims.ExpiresAt.Time, nil
}

// hashSession returns the form of the secret of a session in a token.
func hashSession(session string) string {
	sum := sha256.Sum256([]byte(session))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
