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

// The flows in verification.go, reset.go and emailchange.go consist of a request and a
// confirmation. A request sends a mail with a token to an address. A confirmation has this token,
// which proves that the mail was read, and changes the record.
//
// A client must not learn from a request whether an address has an account. So everything that
// depends on the account happens after the response.

// EmailForm is the input of a request for a mail: the address of the account.
type EmailForm struct {
	Email string `json:"email"`
}

// formFault returns the fault of a form with invalid fields; nil if fails is empty.
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

// findByEmail returns the record with the address, or nil.
func (s *Service) findByEmail(ctx context.Context, c *schema.Collection, email string) (*record.Record, error) {
	return findByEmail(ctx, s.app.Records(), c, email)
}

// findByEmail is Service.findByEmail within a transaction.
func findByEmail(ctx context.Context, records *record.Service, c *schema.Collection, email string) (*record.Record, error) {
	r, err := records.FindUnique(ctx, c.ID, "email", email)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	return r, err
}

// maxLater limits the requests that still have work after their response.
const maxLater = 64

// later runs fn in the background, so that the response does not wait for it, and then calls
// release. Its caller must have called reserve. An error of fn is logged with the record.
func (s *Service) later(r *record.Record, name string, fn func(ctx context.Context) error) {
	s.app.Go(name, func(ctx context.Context) error {
		defer s.release()
		if err := fn(ctx); err != nil && ctx.Err() == nil {
			s.app.Log().Warn(name+" failed", "collection", r.Collection().Name, "record", r.ID(), "error", err)
		}
		return nil
	})
}

// reserve takes a place for later; release frees the place. If all places are taken, the fault is
// TooMany. It must be called before the record is looked up, or the fault would show that the
// address has an account.
func (s *Service) reserve() error {
	select {
	case s.places <- struct{}{}:
		return nil
	default:
		return fault.New(fault.TooMany, "")
	}
}

func (s *Service) release() { <-s.places }

// request handles a request for a mail to an address. Its result does not depend on whether the
// address has an account. act sends the mail.
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

// sendToken mails a token of the type to the record's address, unless such a mail was sent in the
// last two minutes. A mail that fails for good does not count.
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
	failed(s.app.Mails().Queue(m, failed)) // Queue logs its error
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

// finder is the function FindByID of a record.Service.
type finder func(ctx context.Context, collection, id string) (*record.Record, error)

// openToken verifies a token of the type for a record of the collection. For a token that is not
// valid it returns a field with the reason.
func (s *Service) openToken(ctx context.Context, find finder, c *schema.Collection, token string, t TokenType) (*verified, *fault.Field, error) {
	if token == "" {
		return nil, fault.Leaf("validation_required", "Cannot be blank"), nil
	}
	// Wire: the claims are checked before the signature.
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

// unverifiedClaims returns the claims of a token without a check of its signature; no claims if the
// token cannot be parsed.
func unverifiedClaims(token string) (said claims) {
	if len(token) > maxToken {
		return said
	}
	if _, _, err := jwt.NewParser().ParseUnverified(token, &said); err != nil {
		return claims{}
	}
	return said
}

// tokenFault returns the fault of a token that is not valid.
func tokenFault(leaf *fault.Field) error { return formFault(fault.Fields{"token": leaf}) }

// change changes the record of a token in one transaction: it verifies the token again, lets set
// change the record, and saves the record. If the change ends the token, only one of several
// confirmations with this token succeeds.
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

// randomPassword returns a random password that the password field accepts, unless its pattern is
// unusual.
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
	const every = "aA1!" // the kinds of characters that patterns usually require
	if length <= len(every) {
		return every[:length]
	}
	return every + schema.RandomString(length-len(every), schema.AlphabetToken)
}

// errGuest returns the fault of a guest whose request requires an account.
func errGuest() error {
	return fault.New(fault.Unauthenticated, "The request requires valid record authorization token.")
}

// ownCollection returns a fault unless the caller is an account of the collection.
func ownCollection(caller record.Caller, c *schema.Collection) error {
	if caller.Auth == nil {
		return errGuest()
	}
	// Wire: the message names the collection of the token.
	if own := caller.Auth.Collection(); own.ID != c.ID {
		return fault.New(fault.Forbidden, "The request requires auth record from "+own.Name+" collection.")
	}
	return nil
}

// checkSecret returns a failure for a password or code that is empty or longer than longest, in
// code points.
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
