package auth

import (
	"context"
	"fmt"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// Authenticate is the record that the token stands for, the caller's own copy of
// it, or nil for a guest: a token that is malformed, expired, revoked or of
// another type is not an error. A token that could not be looked into is one: who
// has signed in must not pass for a guest.
func (s *Service) Authenticate(ctx context.Context, token string) (*record.Record, error) {
	id, err := s.identify(ctx, token)
	if id == nil {
		return nil, err
	}
	return id.record.Clone(), nil
}

// identify is what the token stands for, nil if nothing.
func (s *Service) identify(ctx context.Context, token string) (*identity, error) {
	if token == "" || len(token) > maxToken {
		return nil, nil
	}
	snapshot, now := s.app.Snapshot(), s.app.Now()
	hash := hashToken(token)
	if id := s.cache.get(hash, snapshot.Number, now); id != nil {
		return id, nil
	}
	parsed, err := parseToken(token, now)
	if err != nil {
		return nil, nil
	}
	// Wire: a token may name its collection instead of giving its id.
	c := snapshot.Find(parsed.claims.CollectionID)
	if c == nil || !c.IsAuth() {
		return nil, nil
	}
	generation := s.cache.mark(parsed.claims.ID)
	r, err := s.find(ctx, c.ID, parsed.claims.ID)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("verify a token of %s: %w", c.Name, err)
	}
	if !parsed.verify(r) {
		return nil, nil
	}
	id := &identity{record: r, refreshable: parsed.claims.Refreshable, snapshot: snapshot.Number, generation: generation}
	if exp := parsed.claims.ExpiresAt; exp != nil {
		id.expires = exp.Unix()
	}
	s.cache.put(hash, id)
	return id, nil
}

// forget drops what is remembered of changed records, before anybody learns of
// the change. nil stands for changes that are not known.
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
