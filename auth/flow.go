package auth

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/mail"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// The flows in verification.go, reset.go and emailchange.go have two halves. A request sends a mail
// with a token to an address. A confirmation proves by the token that the mail was read, and
// changes the record.
//
// A request does not reveal whether an address has an account: all work that depends on it is done
// after the answer.

// EmailForm is the input of a request with the address of an account.
type EmailForm struct {
	Email string `json:"email"`
}

// formFault returns the fault for the failures of a form; nil if there are none.
func formFault(fails fault.Fields) error {
	if len(fails) == 0 {
		return nil
	}
	return fault.Invalidate("An error occurred while validating the submitted data.", fails)
}

func (f EmailForm) validate() error {
	fails := fault.Fields{}
	fails.Set(checkEmail(f.Email), "email")
	return formFault(fails)
}

// findByEmail returns the record with that address, nil if there is none.
func (s *Service) findByEmail(ctx context.Context, c *schema.Collection, email string) (*record.Record, error) {
	return findByEmail(ctx, s.app.Records(), c, email)
}

// findByEmail finds a record as Service.findByEmail does, with the given record service.
func findByEmail(ctx context.Context, records *record.Service, c *schema.Collection, email string) (*record.Record, error) {
	r, err := records.FindUnique(ctx, c.ID, "email", email)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	return r, err
}

// maxLater is the maximum number of requests with work after their answer.
const maxLater = 64

// later runs fn in the background, where it may run after the answer of the request. The error of
// fn is logged with the record. The caller must have called reserve, before it looks for a record:
// it limits the number of such functions.
func (s *Service) later(r *record.Record, name string, fn func(ctx context.Context) error) {
	s.app.Go(name, func(ctx context.Context) error {
		defer s.release()
		if err := fn(ctx); err != nil && ctx.Err() == nil {
			s.app.Log().Warn(name+" failed", "collection", r.Collection().Name, "record", r.ID(), "error", err)
		}
		return nil
	})
}

// reserve reserves a place for later; release returns it. If all places are taken, it returns a
// fault.TooMany.
func (s *Service) reserve() error {
	select {
	case s.places <- struct{}{}:
		return nil
	default:
		return fault.New(fault.TooMany, "")
	}
}

func (s *Service) release() { <-s.places }

// request handles a request for a mail to the account with an address. Its answer does not depend
// on whether the account exists. act sends the mail.
func (s *Service) request(ctx context.Context, c *schema.Collection, form EmailForm, name string, act func(context.Context, *record.Record) error) error {
	if err := form.validate(); err != nil {
		return err
	}
	if err := s.reserve(); err != nil {
		return err
	}
	r, err := s.findByEmail(ctx, c, form.Email)
	if r == nil {
		s.release()
		return err
	}
	s.later(r, name, func(ctx context.Context) error { return act(ctx, r) })
	return nil
}

// sendToken mails a token of the type to the record's address, unless the last mail of the kind is
// less than two minutes old. A mail that fails permanently does not count.
func (s *Service) sendToken(caller record.Caller, r *record.Record, t TokenType, template mail.Template) error {
	key := lockKey{r.Collection().ID, r.ID(), template}
	if !s.locks.take(key, s.app.Now()) {
		return nil
	}
	email := r.Text("email")
	token, err := s.NewToken(r, Token{Type: t, Email: email})
	if err != nil {
		s.locks.drop(key)
		return err
	}
	m := s.mailTo(email, r, template, mail.Values{Token: token, Accept: acceptOf(caller)})
	m.Expires = s.app.Now().Add(seconds(t.options(r.Collection()).Duration))
	failed := func(err error) {
		if err != nil {
			s.locks.drop(key)
		}
	}
	failed(s.app.Mails().Queue(m, failed)) // Queue has logged the error
	return nil
}

// runFlow runs the handlers of a flow's hook around act.
func (s *Service) runFlow(ctx context.Context, h *hook.Hook[*FlowEvent], caller record.Caller, r *record.Record, newEmail string, act func() error) error {
	c := r.Collection()
	if !h.Bound(c.ID, c.Name) {
		return act()
	}
	e := &FlowEvent{Caller: caller, Record: r.Clone(), NewEmail: newEmail}
	return h.Around(ctx, e, act, c.ID, c.Name)
}

// finder finds a record by its id, as FindByID of a record.Service does.
type finder func(ctx context.Context, collection, id string) (*record.Record, error)

// openToken verifies a token of the type for a record of the collection. For an invalid token it
// returns the failure.
func (s *Service) openToken(ctx context.Context, find finder, c *schema.Collection, token string, t TokenType) (*verified, *fault.Field, error) {
	if token == "" {
		return nil, fault.Leaf("validation_required", "Cannot be blank"), nil
	}
	// Wire: the claims of the token are checked before its signature.
	said := unverifiedClaims(token)
	switch {
	case t == Verification && said.Email == "":
		return nil, fault.Leaf("validation_invalid_token_claims", "Missing email token claim"), nil
	case t == EmailChange && said.NewEmail == "":
		return nil, fault.Leaf("validation_invalid_token_payload", "Invalid token payload - newEmail must be set"), nil
	}
	v, err := s.verifyBy(ctx, find, s.app.Snapshot(), token, t)
	switch {
	case err != nil:
		return nil, nil, err
	case v == nil:
		return nil, fault.Leaf("validation_invalid_token", "Invalid or expired token"), nil
	case v.record.Collection().ID != c.ID:
		return nil, fault.Leaf("validation_token_collection_mismatch", "The provided token is for different auth collection"), nil
	case t == Verification && v.claims.Email != v.record.Text("email"):
		return nil, fault.Leaf("validation_token_email_mismatch", "The record email doesn't match with the requested token claims"), nil
	}
	return v, nil, nil
}

// unverifiedClaims returns the claims of a token, unchecked.
func unverifiedClaims(token string) (said claims) {
	if len(token) > maxToken {
		return said
	}
	if _, _, err := jwt.NewParser().ParseUnverified(token, &said); err != nil {
		return claims{}
	}
	return said
}

// tokenFault returns the fault of an invalid token.
func tokenFault(leaf *fault.Field) error { return formFault(fault.Fields{"token": leaf}) }

// change changes a record by a token that is still valid at the time of the change: in one
// transaction the token is checked again, and set returns the fields to save. If several
// confirmations use a token at once, and the change ends the token, one of them succeeds.
func (s *Service) change(ctx context.Context, c *schema.Collection, token string, t TokenType, set func(v *verified) error) (*record.Record, error) {
	var changed *record.Record
	err := s.app.Transaction(ctx, func(tx *core.Tx) error {
		v, leaf, err := s.openToken(tx.Context, tx.Records.FindByID, c, token, t)
		if err != nil {
			return err
		}
		if leaf != nil {
			return tokenFault(leaf)
		}
		if err := set(v); err != nil {
			return err
		}
		changed = v.record
		if len(v.record.Changed()) == 0 {
			return nil
		}
		changed, err = tx.Records.Save(tx.Context, record.Root(), v.record)
		return err
	})
	return changed, err
}

// randomPassword returns a random password that the field accepts.
func randomPassword(c *schema.Collection) string {
	length := 30
	if f := c.Field("password"); f != nil {
		if kind, ok := f.Kind.(*schema.Password); ok {
			if kind.Max > 0 {
				length = min(length, kind.Max)
			}
			length = max(length, kind.Min)
		}
	}
	const every = "aA1!" // characters that patterns may require
	if length <= len(every) {
		return every[:length]
	}
	return every + schema.RandomString(length-len(every), schema.AlphabetToken)
}

// errGuest returns the fault of a guest who requests an operation for accounts.
func errGuest() error {
	return fault.New(fault.Unauthenticated, "The request requires valid record authorization token.")
}

// ownCollection returns the fault of a caller who has not signed in to the collection.
func ownCollection(caller record.Caller, c *schema.Collection) error {
	if caller.Auth == nil {
		return errGuest()
	}
	// Wire: the name in the message is that of the collection of the token.
	if own := caller.Auth.Collection(); own.ID != c.ID {
		return fault.New(fault.Forbidden, "The request requires auth record from "+own.Name+" collection.")
	}
	return nil
}

// checkSecret returns the failure of a submitted password or code that is empty or has more than
// longest code points.
func checkSecret(secret string, longest int) *fault.Field {
	n := utf8.RuneCountInString(secret)
	switch {
	case n == 0:
		return fault.Leaf("validation_required", "Cannot be blank")
	case n > longest:
		return fault.Leaf("validation_length_out_of_range",
			fmt.Sprintf("The length must be between 1 and %d", longest), "min", 1, "max", longest)
	}
	return nil
}
