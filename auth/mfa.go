package auth

import (
	"cmp"
	"context"
	"errors"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// secondFactor decides whether a record that has signed in by a method needs a second method. If it
// does, id identifies this sign-in, and the second method must be used with it as mfaID. If mfaID
// completes an earlier sign-in, or no second method is needed, id is "".
func (s *Service) secondFactor(ctx context.Context, caller record.Caller, r *record.Record, method, mfaID string) (id string, err error) {
	needed, err := s.needsSecondFactor(ctx, caller, r)
	if err != nil || !needed {
		return "", err
	}
	if mfaID == "" {
		begun, err := s.app.Records().Create(ctx, record.Root(), schema.MFAs, record.Input{Body: map[string]any{
			"collectionRef": r.Collection().ID, "recordRef": r.ID(), "method": method,
		}})
		if err != nil {
			return "", err
		}
		return begun.ID(), nil
	}
	expired := fault.New(fault.Invalid, "Invalid or expired MFA session.")
	begun, err := s.app.Records().FindByID(ctx, schema.MFAs, mfaID)
	if err != nil {
		return "", gone(err, expired)
	}
	end := func() error { return s.app.Records().Delete(ctx, record.Root(), schema.MFAs, begun.ID()) }
	switch {
	case !s.app.Now().Before(begun.Time("created").Add(seconds(r.Collection().Auth.MFA.Duration))):
		return "", cmp.Or[error](ignoreGone(end()), expired)
	case begun.Text("collectionRef") != r.Collection().ID || begun.Text("recordRef") != r.ID():
		return "", fault.New(fault.Invalid, "Invalid MFA session.")
	case begun.Text("method") == method:
		return "", fault.New(fault.Invalid, "A different authentication method is required.")
	}
	return "", gone(end(), expired) // of several concurrent attempts the first succeeds
}

// needsSecondFactor judges the MFA rule of the collection. If the rule cannot be judged, a second
// method is needed.
func (s *Service) needsSecondFactor(ctx context.Context, caller record.Caller, r *record.Record) (bool, error) {
	mfa := r.Collection().Auth.MFA
	if !mfa.Enabled || mfa.Rule == "" {
		return mfa.Enabled, nil
	}
	ok, err := s.app.Records().Satisfies(ctx, caller, r, mfa.Rule)
	if err != nil || ok {
		return ok, err
	}
	// A rule that does not compile makes the whole expression fail: then no record satisfies it.
	ok, err = s.app.Records().Satisfies(ctx, caller, r, "id != '' || ("+mfa.Rule+"\n)")
	if err == nil && !ok {
		err = fault.Wrap(fault.Invalid, "Failed to authenticate.", errors.New("auth: the rule of MFA cannot be judged"))
	}
	return false, err
}
