package auth

import (
	"cmp"
	"context"
	"errors"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// secondFactor decides whether a record that has signed in by a method needs another one.
// If it does, id names what is done so far: the second method is to be used with it as
// mfaID. If mfaID completes an earlier one, or no second method is needed, id is "".
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
	return "", gone(end(), expired) // of several at once the first one has it
}

// needsSecondFactor asks the collection. A rule that cannot be judged lets nobody in.
func (s *Service) needsSecondFactor(ctx context.Context, caller record.Caller, r *record.Record) (bool, error) {
	mfa := r.Collection().Auth.MFA
	if !mfa.Enabled || mfa.Rule == "" {
		return mfa.Enabled, nil
	}
	ok, err := s.app.Records().Satisfies(ctx, caller, r, mfa.Rule)
	if err != nil || ok {
		return ok, err
	}
	// No record satisfies a rule that does not compile: then not this one either.
	ok, err = s.app.Records().Satisfies(ctx, caller, r, "id != '' || ("+mfa.Rule+"\n)")
	if err == nil && !ok {
		err = fault.Wrap(fault.Invalid, "Failed to authenticate.", errors.New("auth: the rule of MFA cannot be judged"))
	}
	return false, err
}
