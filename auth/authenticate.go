package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Authenticate returns a copy of the account of an auth token. For a token that is malformed,
// expired, revoked or of another type it returns nil and no error: the caller is a guest. If the
// database fails while the token is checked, it returns the error, so that a signed-in caller is
// never treated as a guest.
func (s *Service) Authenticate(ctx context.Context, token string) (*record.Record, error) {
	id, err := s.identify(ctx, token)
	if id == nil {
		return nil, err
	}
	return id.record.Clone(), nil
}

// Identify does the same as Authenticate, and also returns the expiry of the token, the zero time
// for never.
func (s *Service) Identify(ctx context.Context, token string) (r *record.Record, expires time.Time, err error) {
	id, err := s.identify(ctx, token)
	if id == nil {
		return nil, expires, err
	}
	if id.expires != 0 {
		expires = time.Unix(id.expires, 0)
	}
	return id.record.Clone(), expires, nil
}

// identify returns the identity of an auth token, nil if the token is not valid.
func (s *Service) identify(ctx context.Context, token string) (*identity, error) {
	if token == "" || len(token) > maxToken {
		return nil, nil
	}
	snapshot, now := s.app.Snapshot(), s.app.Now()
	hash := hashToken(token)
	if id := s.cache.get(hash, snapshot.Number, now); id != nil {
		return id, nil
	}
	v, err := s.verify(ctx, snapshot, token, Auth)
	if v == nil {
		return nil, err
	}
	id := &identity{
		record: v.record, refreshable: v.claims.refreshable(), began: v.claims.began(),
		snapshot: snapshot.Number, generation: v.generation,
	}
	if exp := v.claims.ExpiresAt; exp != nil {
		id.expires = exp.Unix()
	}
	s.cache.put(hash, id)
	return id, nil
}

// verified is a token with a valid signature.
type verified struct {
	claims     claims
	record     *record.Record
	generation mark // of the record, taken before the record was read
}

// verify checks a token of that type: its claims, and its signature by the record that it names. It
// returns nil for a token that is not valid.
func (s *Service) verify(ctx context.Context, snapshot *schema.Snapshot, token string, t TokenType) (*verified, error) {
	return s.verifyBy(ctx, s.find, snapshot, token, t)
}

// verifyBy does the same as verify, but reads the record by find, for example within a transaction.
func (s *Service) verifyBy(ctx context.Context, find finder, snapshot *schema.Snapshot, token string, t TokenType) (*verified, error) {
	parsed, err := parseToken(token, t, s.app.Now())
	if err != nil {
		return nil, nil
	}
	// Wire: a token may have the name of its collection instead of the id.
	c := snapshot.Find(parsed.claims.CollectionID)
	if c == nil || !c.IsAuth() {
		return nil, nil
	}
	generation := s.cache.mark(parsed.claims.ID)
	r, err := find(ctx, c.ID, parsed.claims.ID)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("verify a token of %s: %w", c.Name, err)
	}
	if !parsed.signedBy(r) {
		return nil, nil
	}
	return &verified{claims: parsed.claims, record: r, generation: generation}, nil
}

// forget is called with every commit before it is acknowledged, and removes the identities of
// changed records from the cache. nil stands for unknown changes.
func (s *Service) forget(changes []change.Change) {
	if changes == nil {
		s.cache.forgetAll()
		return
	}
	snapshot := s.app.Snapshot()
	for _, ch := range changes {
		if c := snapshot.ByID(ch.Collection); c == nil || c.IsAuth() {
			s.cache.forget(ch.Record)
		}
	}
}
