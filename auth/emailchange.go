package auth

import (
	"context"
	"errors"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/mail"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// EmailChangeForm is the input of RequestEmailChange.
type EmailChangeForm struct {
	NewEmail string `json:"newEmail"`
}

// changeMailTime is the time limit for a server to accept the mail while the caller waits.
const changeMailTime = 15 * time.Second

// changeable returns the auth collection with that id or name, in which e-mail addresses are
// changed by mails.
func (s *Service) changeable(collection string) (*schema.Collection, error) {
	c, err := s.collection(collection)
	if err == nil && c.Name == schema.Superusers {
		return nil, fault.New(fault.Invalid, "All superusers can change their emails directly.")
	}
	return c, err
}

// RequestEmailChange mails a link to the new address of the caller's account, and waits until a
// server has accepted the mail. The fault is Unauthenticated for a guest, Forbidden for an account
// of another collection; Invalid for an address that cannot be used, and if no server accepts the
// mail.
func (s *Service) RequestEmailChange(ctx context.Context, caller record.Caller, collection string, form EmailChangeForm) error {
	known := s.app.Snapshot().Find(collection)
	if known == nil {
		return fault.New(fault.NotFound, "Missing or invalid collection context.")
	}
	if err := ownCollection(caller, known); err != nil {
		return err
	}
	c, err := s.changeable(collection)
	if err != nil {
		return err
	}
	if err := s.checkNewEmail(ctx, caller.Auth, form.NewEmail); err != nil {
		return err
	}
	r, err := s.app.Records().FindByID(ctx, c.ID, caller.Auth.ID())
	if err != nil {
		return err
	}
	return s.runFlow(ctx, &s.hooks.RequestEmailChange, caller, r, form.NewEmail, func() error {
		token, err := s.NewToken(r, Token{Type: EmailChange, Email: r.Text("email"), NewEmail: form.NewEmail})
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, changeMailTime)
		defer cancel()
		if err := s.app.Mails().Send(ctx, s.mailTo(form.NewEmail, r, mail.EmailChange, mail.Values{Token: token, Accept: acceptOf(caller)})); err != nil {
			return fault.Wrap(fault.Invalid, "Failed to request email change.", err)
		}
		return nil
	})
}

// checkNewEmail returns the fault of an address that the account cannot have.
func (s *Service) checkNewEmail(ctx context.Context, r *record.Record, email string) error {
	leaf := checkEmail(email)
	if leaf == nil && email == r.Text("email") {
		leaf = fault.Leaf("validation_not_in_invalid", "Must not be in list")
	}
	if leaf == nil {
		other, err := s.findByEmail(ctx, r.Collection(), email)
		if err != nil {
			return err
		}
		if other != nil && other.ID() != r.ID() {
			leaf = fault.Leaf("validation_invalid_new_email", "Invalid new email address")
		}
	}
	if leaf == nil {
		return nil
	}
	return formFault(fault.Fields{"newEmail": leaf})
}

// EmailChangeConfirmation holds the token of the mail, and the password of the account.
type EmailChangeConfirmation struct {
	Token    string `json:"token"`
	Password string `json:"password"`
}

// maxOldPassword is the maximum length of the password in the form, in code points.
const maxOldPassword = 100

// ConfirmEmailChange sets the new, verified address of the token's record, which ends all its
// tokens. The fault is Invalid for a token that is invalid or expired, and for a wrong password;
// TooMany after several wrong passwords.
func (s *Service) ConfirmEmailChange(ctx context.Context, caller record.Caller, collection string, form EmailChangeConfirmation) error {
	c, err := s.changeable(collection)
	if err != nil {
		return err
	}
	v, leaf, err := s.openToken(ctx, s.find, c, form.Token, EmailChange)
	if err != nil {
		return err
	}
	fails := fault.Fields{}
	fails.Set(leaf, "token")
	fails.Set(checkSecret(form.Password, maxOldPassword), "password")
	if err := formFault(fails); err != nil {
		return err
	}
	// Only the holder of the token learns whether the new address is taken.
	other, err := s.findByEmail(ctx, c, v.claims.NewEmail)
	if err != nil {
		return err
	}
	if other != nil && other.ID() != v.record.ID() {
		return tokenFault(emailTaken())
	}
	if err := s.checkOwnPassword(ctx, v.record, form.Password); err != nil {
		return err
	}
	return s.runFlow(ctx, &s.hooks.ConfirmEmailChange, caller, v.record, v.claims.NewEmail, func() error {
		_, err := s.change(ctx, c, form.Token, EmailChange, func(v *verified) error {
			v.record.Set("email", v.claims.NewEmail)
			v.record.Set("verified", true)
			return nil
		})
		var f *fault.Error
		if errors.As(err, &f) && f.Fields["email"] != nil { // another account took the address first
			return tokenFault(emailTaken())
		}
		return err
	})
}

func emailTaken() *fault.Field {
	return fault.Leaf("validation_invalid_token_email", "The new email address is already registered")
}

// checkOwnPassword returns the fault of a password that is not the record's. The number of guesses
// with a mailed token is limited.
func (s *Service) checkOwnPassword(ctx context.Context, r *record.Record, password string) error {
	key := "password " + r.Collection().ID + "/" + r.ID()
	if err := s.guesses.add(key, s.app.Now(), "Too many attempts, please try again later."); err != nil {
		return err
	}
	ok, err := s.app.Passwords().Compare(ctx, r.Text("password"), password)
	if err != nil {
		return err
	}
	if !ok {
		return formFault(fault.Fields{"password": fault.Leaf("validation_invalid_password", "Missing or invalid auth record password")})
	}
	s.guesses.forget(key)
	return nil
}
