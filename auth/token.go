package auth

import (
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/loambase/loam/core/record"
)

// typeAuth is the type of the tokens that stand for a record in requests.
const typeAuth = "auth"

// maxToken is longer than any token that was issued here; what is longer is not
// looked at.
const maxToken = 4096

// errToken is any token that is not valid.
var errToken = errors.New("auth: invalid token")

// claims are what a token says, in the order of the wire.
type claims struct {
	CollectionID string           `json:"collectionId"`
	ExpiresAt    *jwt.NumericDate `json:"exp,omitempty"` // nil: never
	IssuedAt     *jwt.NumericDate `json:"iat,omitempty"`
	ID           string           `json:"id"`
	NotBefore    *jwt.NumericDate `json:"nbf,omitempty"`
	Refreshable  bool             `json:"refreshable"`
	Type         string           `json:"type"`
}

// The methods by which the library reads claims.

func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return c.ExpiresAt, nil }
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error)       { return c.IssuedAt, nil }
func (c *claims) GetNotBefore() (*jwt.NumericDate, error)      { return c.NotBefore, nil }
func (c *claims) GetIssuer() (string, error)                   { return "", nil }
func (c *claims) GetSubject() (string, error)                  { return "", nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error)       { return nil, nil }

// newToken is a fresh auth token of the record.
func newToken(r *record.Record, now time.Time) (string, error) {
	c := r.Collection()
	key := signingKey(r)
	if key == nil {
		return "", errors.New("auth: record " + r.ID() + " of " + c.Name + " has no key to sign with")
	}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, &claims{
		CollectionID: c.ID,
		ExpiresAt:    jwt.NewNumericDate(now.Add(time.Duration(c.Auth.AuthToken.Duration) * time.Second)),
		ID:           r.ID(),
		Refreshable:  true,
		Type:         typeAuth,
	}).SignedString(key)
}

// signingKey is what the record's auth tokens are signed with; nil if a part of
// it is missing, because then the rest could be known from elsewhere.
func signingKey(r *record.Record) []byte {
	tokenKey, secret := r.Text("tokenKey"), r.Collection().Auth.AuthToken.Secret
	if tokenKey == "" || secret == "" {
		return nil
	}
	return []byte(tokenKey + secret)
}

// unverified is a token that was read and not yet verified.
type unverified struct {
	claims    claims
	signed    string
	signature []byte
}

// parseToken reads a token whose claims are complete and hold now. Nothing of it
// may be believed before verify.
func parseToken(text string, now time.Time) (*unverified, error) {
	// Strict: else one token could be written in several ways.
	clock := jwt.WithTimeFunc(func() time.Time { return now })
	token := &unverified{}
	parsed, parts, err := jwt.NewParser(jwt.WithStrictDecoding()).ParseUnverified(text, &token.claims)
	if err != nil || parsed.Method != jwt.SigningMethodHS256 {
		return nil, errToken
	}
	if err := jwt.NewValidator(clock, jwt.WithIssuedAt()).Validate(&token.claims); err != nil {
		return nil, errToken
	}
	if c := &token.claims; c.ID == "" || c.CollectionID == "" || c.Type != typeAuth {
		return nil, errToken
	}
	token.signed, token.signature = text[:len(parts[0])+1+len(parts[1])], parsed.Signature
	return token, nil
}

// verify says whether the record's key has signed the token.
func (t *unverified) verify(r *record.Record) bool {
	key := signingKey(r)
	return key != nil && jwt.SigningMethodHS256.Verify(t.signed, t.signature, key) == nil
}
