package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"time"

	"github.com/loambase/loam/core/record"
)

// confirmation is the type of the tokens of NewConfirmation. No endpoint of the API issues or
// accepts such a token.
const confirmation TokenType = "confirmation"

// CheckPassword checks the password of the caller's account, before a dangerous action. It runs the
// Attempt hooks as a sign-in by password does, but no SignIn and Respond hooks, and it makes no
// token. A wrong password delays further attempts from the same address, as a failed sign-in to the
// account does.
//
// The faults are Invalid for a wrong password, TooMany for an attempt too soon after failed
// attempts, Unauthenticated for a guest, and Forbidden for an account whose collection has no
// sign-in by password.
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

// NewConfirmation returns a token which proves that the owner of the session has typed the password
// of the account r. session is a secret of the session; the token contains only its hash. The token
// ends at expires, or earlier together with all other tokens of the account. If expires is not in
// the future, NewConfirmation returns an error.
func (s *Service) NewConfirmation(r *record.Record, session string, expires time.Time) (string, error) {
	now := s.app.Now()
	if !now.Before(expires) {
		return "", errToken
	}
	return newTokenFor(r, claims{Type: confirmation, Session: hashSession(session)}, now, expires.Sub(now))
}

// Confirmed returns the time at which the token ends, if the token is a valid confirmation for the
// account r and the session; otherwise the zero time. An error means that the token could not be
// checked.
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

// hashSession hashes the secret of a session for a token.
func hashSession(session string) string {
	sum := sha256.Sum256([]byte(session))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
