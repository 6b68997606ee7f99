package auth

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// TokenType is the purpose of a token (docs/wire/auth-realtime-system.md §2.1).
type TokenType string

// The types. The collection has a secret and a duration for each.
const (
	Auth          TokenType = "auth"          // authenticates requests
	File          TokenType = "file"          // opens protected files
	Verification  TokenType = "verification"  // verifies an address
	PasswordReset TokenType = "passwordReset" // sets a new password
	EmailChange   TokenType = "emailChange"   // verifies a new address
)

// options returns the collection's options for tokens of the type.
func (t TokenType) options(c *schema.Collection) schema.Token {
	switch t {
	case Auth, confirmation:
		return c.Auth.AuthToken
	case File:
		return c.Auth.FileToken
	case Verification:
		return c.Auth.VerificationToken
	case PasswordReset:
		return c.Auth.PasswordResetToken
	case EmailChange:
		return c.Auth.EmailChangeToken
	}
	return schema.Token{} // without a secret no token is signed
}

// maxToken is the maximum length of a token. No issued token is longer, so longer tokens are not
// parsed.
const maxToken = 4096

// errToken is the error of every token that is not valid.
var errToken = errors.New("auth: invalid token")

// claims are the claims of a token, in the order of the wire format.
type claims struct {
	AuthTime     *jwt.NumericDate `json:"auth_time,omitempty"` // of Auth tokens, if sessions are limited: the time of the sign-in
	CollectionID string           `json:"collectionId"`
	Email        string           `json:"email,omitempty"`
	ExpiresAt    *jwt.NumericDate `json:"exp,omitempty"` // nil for a token that does not expire
	IssuedAt     *jwt.NumericDate `json:"iat,omitempty"`
	ID           string           `json:"id"`
	NotBefore    *jwt.NumericDate `json:"nbf,omitempty"`
	NewEmail     string           `json:"newEmail,omitempty"`
	Refreshable  *bool            `json:"refreshable,omitempty"` // of Auth tokens only
	Session      string           `json:"session,omitempty"`     // of confirmations: the hash of a secret of the session
	Type         TokenType        `json:"type"`
}

func (c *claims) refreshable() bool { return c.Refreshable != nil && *c.Refreshable }

// began returns the beginning of the session of the token; zero if the token does not have it.
func (c *claims) began() time.Time {
	if c.AuthTime == nil {
		return time.Time{}
	}
	return c.AuthTime.Time
}

// The methods of jwt.Claims.

func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return c.ExpiresAt, nil }
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error)       { return c.IssuedAt, nil }
func (c *claims) GetNotBefore() (*jwt.NumericDate, error)      { return c.NotBefore, nil }
func (c *claims) GetIssuer() (string, error)                   { return "", nil }
func (c *claims) GetSubject() (string, error)                  { return "", nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error)       { return nil, nil }

// Token is the content of a token.
type Token struct {
	Type     TokenType
	Email    string    // of Verification, PasswordReset and EmailChange: the address at the time of issue
	NewEmail string    // of EmailChange
	Expires  time.Time // of a verified token; zero if it does not expire
}

// NewToken returns a new token for the record. An Auth token can be refreshed. A record without a
// tokenKey, and a record of a collection without a secret for such tokens, is an error.
func (s *Service) NewToken(r *record.Record, t Token) (string, error) {
	if t.Type == Auth {
		now := s.app.Now()
		return newAuthToken(r, now, now)
	}
	return newToken(r, claims{Type: t.Type, Email: t.Email, NewEmail: t.NewEmail}, s.app.Now())
}

// Verify returns a copy of the record that a token of the type was issued for, and the content of
// the token. The record is nil if the token is not valid. An error means that the token could not
// be checked.
func (s *Service) Verify(ctx context.Context, token string, t TokenType) (*record.Record, Token, error) {
	v, err := s.verify(ctx, s.app.Snapshot(), token, t)
	if v == nil {
		return nil, Token{}, err
	}
	said := Token{Type: t, Email: v.claims.Email, NewEmail: v.claims.NewEmail}
	if v.claims.ExpiresAt != nil {
		said.Expires = v.claims.ExpiresAt.Time
	}
	return v.record.Clone(), said, nil
}

// errSessionOver is the fault of a token whose session has reached its maximum duration.
var errSessionOver = fault.New(fault.Unauthenticated, "The session is over, please sign in again.")

// newAuthToken returns a new Auth token of the record, which can be refreshed. If the collection
// limits sessions, the token ends with the session that began at began.
func newAuthToken(r *record.Record, began, now time.Time) (string, error) {
	refreshable := true
	said := claims{Type: Auth, Refreshable: &refreshable}
	c := r.Collection()
	if !c.IsAuth() || c.Auth.SessionDuration == 0 {
		return newToken(r, said, now)
	}
	said.AuthTime = jwt.NewNumericDate(began)
	left := said.AuthTime.Add(seconds(c.Auth.SessionDuration)).Sub(now)
	if left < time.Second {
		return "", errSessionOver
	}
	return newTokenFor(r, said, now, min(left, seconds(c.Auth.AuthToken.Duration)))
}

// newToken completes the claims and signs them.
func newToken(r *record.Record, said claims, now time.Time) (string, error) {
	return newTokenFor(r, said, now, 0)
}

// newTokenFor is newToken with a lifetime; 0 stands for the lifetime of the collection.
func newTokenFor(r *record.Record, said claims, now time.Time, life time.Duration) (string, error) {
	c := r.Collection()
	key := signingKey(r, said.Type)
	if key == nil {
		return "", errors.New("auth: record " + r.ID() + " of " + c.Name + " has no key to sign " + string(said.Type) + " tokens with")
	}
	said.CollectionID, said.ID = c.ID, r.ID()
	said.ExpiresAt = jwt.NewNumericDate(now.Add(cmp.Or(life, seconds(said.Type.options(c).Duration))))
	return jwt.NewWithClaims(jwt.SigningMethodHS256, &said).SignedString(key)
}

// signingKey returns the key that signs tokens of the type for the record. It is nil if tokenKey or
// secret is empty, because the other part alone may be known elsewhere.
func signingKey(r *record.Record, t TokenType) []byte {
	c := r.Collection()
	if !c.IsAuth() {
		return nil
	}
	tokenKey, secret := r.Text("tokenKey"), t.options(c).Secret
	if tokenKey == "" || secret == "" {
		return nil
	}
	if t == confirmation { // Auth tokens have the same secret, and need another signature
		secret += string(t)
	}
	return []byte(tokenKey + secret)
}

// unverified is a parsed token whose signature was not checked.
type unverified struct {
	claims    claims
	signed    string
	signature []byte
}

// parseToken parses a token of the type and checks its claims and times. The claims must not be
// trusted before signedBy.
func parseToken(text string, t TokenType, now time.Time) (*unverified, error) {
	if text == "" || len(text) > maxToken {
		return nil, errToken
	}
	// With lenient decoding, several texts would be the same token.
	clock := jwt.WithTimeFunc(func() time.Time { return now })
	token := &unverified{}
	parsed, parts, err := jwt.NewParser(jwt.WithStrictDecoding()).ParseUnverified(text, &token.claims)
	if err != nil || parsed.Method != jwt.SigningMethodHS256 {
		return nil, errToken
	}
	if _, critical := parsed.Header["crit"]; critical { // extensions that the server must understand: it knows none
		return nil, errToken
	}
	if err := jwt.NewValidator(clock, jwt.WithIssuedAt()).Validate(&token.claims); err != nil {
		return nil, errToken
	}
	if c := &token.claims; c.ID == "" || c.CollectionID == "" || c.Type != t {
		return nil, errToken
	}
	token.signed, token.signature = text[:len(parts[0])+1+len(parts[1])], parsed.Signature
	return token, nil
}

// signedBy reports whether the record's key has signed the token.
func (t *unverified) signedBy(r *record.Record) bool {
	key := signingKey(r, t.claims.Type)
	return key != nil && jwt.SigningMethodHS256.Verify(t.signed, t.signature, key) == nil
}
