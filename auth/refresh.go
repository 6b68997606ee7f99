package auth

import (
	"context"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// Refresh exchanges the token of the caller for a new token of the same record. A token that cannot
// be refreshed is returned unchanged. The record must still be allowed to sign in. If the session
// has reached the maximum duration of the collection, the fault is Unauthenticated.
func (s *Service) Refresh(ctx context.Context, caller record.Caller, collection, token, expand string) (*Response, error) {
	c := s.app.Snapshot().Find(collection)
	if c == nil {
		return nil, fault.New(fault.NotFound, "Missing or invalid collection context.")
	}
	id, err := s.identify(ctx, token)
	if err != nil {
		return nil, err
	}
	if id == nil || caller.Auth == nil || caller.Auth.ID() != id.record.ID() {
		return nil, errGuest()
	}
	if err := ownCollection(caller, c); err != nil {
		return nil, err
	}
	r := id.record.Clone()
	if err := s.admit(ctx, caller, r, "refresh"); err != nil {
		return nil, err
	}
	if id.refreshable {
		now := s.app.Now()
		began := id.began
		if began.IsZero() { // a token that was issued before sessions were limited
			began = now
		}
		if token, err = newAuthToken(r, began, now); err != nil {
			return nil, err
		}
	}
	response, err := s.respond(ctx, caller, r, token, expand)
	if err != nil {
		return nil, err
	}
	if err := s.runRespondHooks(ctx, caller, r, "refresh", response); err != nil {
		return nil, err
	}
	return response, nil
}
