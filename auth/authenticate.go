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

// Authenticate returns the record that an auth token stands for, as the caller's own
// copy. A token that is malformed, expired, revoked or of another type is no error: the
// record is nil, its owner a guest. If the token could not be checked, because the
// database failed, that is an error: a signed-in caller is never treated as a guest.
func (s *Service) Authenticate(ctx context.Context, token string) (*record.Record, error) {
	id, err := s.identify(ctx, token)
	if id == nil {
		return nil, err
	}
	return id.record.Clone(), nil
}

// Identify is Authenticate that also returns when the token ends, the zero time for never.
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

// identify returns what an auth token stands for, nil if it is not valid.
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

// verified is a token that its record's key has signed.
type verified struct {
	claims     claims
	record     *record.Record
	generation mark // of the record, from before it was read
}

// verify checks a token of that type: its claims, and its signature by the record that
// it names. It returns nil for one that is not valid.
func (s *Service) verify(ctx context.Context, snapshot *schema.Snapshot, token string, t TokenType) (*verified, error) {
	return s.verifyBy(ctx, s.find, snapshot, token, t)
}

// verifyBy is verify that reads the record by find, as within a transaction.
func (s *Service) verifyBy(ctx context.Context, find finder, snapshot *schema.Snapshot, token string, t TokenType) (*verified, error) {
	parsed, err := parseToken(token, t, s.app.Now())
	if err != nil {
		return nil, nil
	}
	// Wire: a token may name its collection instead of giving its id.
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

// forget is told of every commit before it is acknowledged, and drops what is cached
// of the changed records. nil stands for changes that are not known.
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
