package auth

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/mail"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// RequestPasswordReset mails a link for setting a new password to the address. If the address has
// no account, or got such a mail in the last two minutes, no mail is sent, and the caller does not
// notice.
func (s *Service) RequestPasswordReset(ctx context.Context, caller record.Caller, collection string, form EmailForm) error {
	c, err := s.collection(collection)
	if err != nil {
		return err
	}
	if !c.Auth.PasswordAuth.Enabled {
		return fault.New(fault.Invalid, "The collection is not configured to allow password authentication.")
	}
	return s.request(ctx, c, form, "request of a password reset", func(ctx context.Context, r *record.Record) error {
		if c.Name == schema.Superusers && r.Text("email") == schema.InstallerEmail {
			return nil
		}
		return s.runFlow(ctx, &s.hooks.RequestPasswordReset, caller, r, "", func() error {
			return s.sendToken(caller, r, PasswordReset, mail.PasswordReset)
		})
	})
}

// PasswordResetForm holds a new password, and the mailed token.
type PasswordResetForm struct {
	Token           string `json:"token"`
	Password        string `json:"password"`
	PasswordConfirm string `json:"passwordConfirm"`
}

// ConfirmPasswordReset sets the password of the token's record, which ends all its tokens, and
// marks its address as verified, since the mail was read. The fault is Invalid for a token that is
// invalid or expired, and for a password that the field does not accept.
func (s *Service) ConfirmPasswordReset(ctx context.Context, caller record.Caller, collection string, form PasswordResetForm) error {
	c, err := s.collection(collection)
	if err != nil {
		return err
	}
	v, leaf, err := s.openToken(ctx, s.find, c, form.Token, PasswordReset)
	if err != nil {
		return err
	}
	fails := form.validate(c)
	fails.Set(leaf, "token")
	if err := formFault(fails); err != nil {
		return err
	}
	return s.runFlow(ctx, &s.hooks.ConfirmPasswordReset, caller, v.record, "", func() error {
		_, err := s.change(ctx, c, form.Token, PasswordReset, func(v *verified) error {
			v.record.Set("password", form.Password)
			if v.claims.Email == v.record.Text("email") {
				v.record.Set("verified", true)
			}
			return nil
		})
		if err == nil {
			s.locks.drop(lockKey{c.ID, v.record.ID(), mail.PasswordReset})
		}
		return resetFault(err)
	})
}

// resetFault returns the fault of a password that was not saved; other errors are returned
// unchanged.
func resetFault(err error) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.Invalid && f.Fields["token"] == nil {
		return &fault.Error{Kind: fault.Invalid, Message: "Failed to set new password.", Fields: f.Fields, Reason: f.Reason, Err: err}
	}
	return err
}

func (f *PasswordResetForm) validate(c *schema.Collection) fault.Fields {
	shortest := 8
	if field := c.Field("password"); field != nil {
		if kind, ok := field.Kind.(*schema.Password); ok && kind.Min > 0 {
			shortest = kind.Min
		}
	}
	fails := fault.Fields{}
	switch n := utf8.RuneCountInString(f.Password); {
	case n == 0:
		fails.Set(fault.Leaf("validation_required", "Cannot be blank"), "password")
	case n < shortest || n > maxInput:
		fails.Set(fault.Leaf("validation_length_out_of_range",
			fmt.Sprintf("The length must be between %d and %d", shortest, maxInput), "min", shortest, "max", maxInput), "password")
	}
	switch {
	case f.PasswordConfirm == "":
		fails.Set(fault.Leaf("validation_required", "Cannot be blank"), "passwordConfirm")
	case f.PasswordConfirm != f.Password:
		fails.Set(fault.Leaf("validation_values_mismatch", "Values don't match"), "passwordConfirm")
	}
	return fails
}
