package auth

import (
	"context"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/mail"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// TokenForm is the input of a confirmation by a mailed token.
type TokenForm struct {
	Token string `json:"token"`
}

// verifiable returns the auth collection with that id or name, in which addresses are verified by
// mails.
func (s *Service) verifiable(collection string) (*schema.Collection, error) {
	c, err := s.collection(collection)
	if err == nil && c.Name == schema.Superusers {
		return nil, fault.New(fault.Invalid, "All superusers are verified by default.")
	}
	return c, err
}

// RequestVerification mails a link to the address, which proves that its reader owns the address.
// If the address has no account, is verified, or got such a mail in the last two minutes, no mail
// is sent, and the caller does not notice.
func (s *Service) RequestVerification(ctx context.Context, caller record.Caller, collection string, form EmailForm) error {
	c, err := s.verifiable(collection)
	if err != nil {
		return err
	}
	return s.request(ctx, c, form, "request of a verification", func(ctx context.Context, r *record.Record) error {
		if r.Bool("verified") {
			return nil
		}
		return s.runFlow(ctx, &s.hooks.RequestVerification, caller, r, "", func() error {
			return s.sendToken(caller, r, Verification, mail.Verification)
		})
	})
}

// ConfirmVerification marks the address of the token's record as verified. If the collection has no
// sign-in by password, the record gets a random one. The fault is Invalid for a token that is
// invalid or expired.
func (s *Service) ConfirmVerification(ctx context.Context, caller record.Caller, collection string, form TokenForm) error {
	c, err := s.verifiable(collection)
	if err != nil {
		return err
	}
	v, leaf, err := s.openToken(ctx, s.find, c, form.Token, Verification)
	if err != nil {
		return err
	}
	if leaf != nil {
		return tokenFault(leaf)
	}
	return s.runFlow(ctx, &s.hooks.ConfirmVerification, caller, v.record, "", func() error {
		password := randomPassword(c)
		_, err := s.change(ctx, c, form.Token, Verification, func(v *verified) error {
			if v.record.Bool("verified") {
				return nil
			}
			v.record.Set("verified", true)
			if !c.Auth.PasswordAuth.Enabled {
				v.record.Set("password", password)
			}
			return nil
		})
		if err == nil {
			s.locks.drop(lockKey{c.ID, v.record.ID(), mail.Verification})
		}
		return err
	})
}
