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

// The flows in verification.go, reset.go and emailchange.go have two halves. A request
// sends a mail with a token to an address. A confirmation proves by the token that the
// mail was read, and changes the record.
//
// Nobody learns from a request whether an address has an account: what depends on that
// happens after the answer.

// EmailForm is the input of a request: the address of the account.
type EmailForm struct {
	Email string `json:"email"`
}

// formFault is the fault of a form whose parts are wrong; nil if none is.
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

// findByEmail returns the record of that address, nil if there is none.
func (s *Service) findByEmail(ctx context.Context, c *schema.Collection, email string) (*record.Record, error) {
	return findByEmail(ctx, s.app.Records(), c, email)
}

// findByEmail is Service.findByEmail by the records of a transaction.
func findByEmail(ctx context.Context, records *record.Service, c *schema.Collection, email string) (*record.Record, error) {
	r, err := records.FindUnique(ctx, c.ID, "email", email)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	return r, err
}

// maxLater bounds how many requests have work left when they are answered.
const maxLater = 64

// later runs fn when the request may already be answered. The error of fn is logged with
// the record. If too much is under way, later returns a fault.TooMany: the caller must
// find out before it looks for a record, by reserve.
func (s *Service) later(r *record.Record, name string, fn func(ctx context.Context) error) {
	s.app.Go(name, func(ctx context.Context) error {
		defer s.release()
		if err := fn(ctx); err != nil && ctx.Err() == nil {
			s.app.Log().Warn(name+" failed", "collection", r.Collection().Name, "record", r.ID(), "error", err)
		}
		return nil
	})
}

// reserve takes a place for later; release gives it back.
func (s *Service) reserve() error {
	select {
	case s.places <- struct{}{}:
		return nil
	default:
		return fault.New(fault.TooMany, "")
	}
}

func (s *Service) release() { <-s.places }

// request is a request of a mail for the account of an address: it answers the same
// whether there is one. act sends the mail.
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

// sendToken mails a token of the type to the record's address, unless a mail of the
// kind is not two minutes old. A mail that fails for good does not count.
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
	failed(s.app.Mails().Queue(m, failed)) // which has logged it
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

// finder looks a record up: FindByID of a record.Service.
type finder func(ctx context.Context, collection, id string) (*record.Record, error)

// openToken returns what a token of the type proves for a record of the collection. The
// failure says what is wrong with it.
func (s *Service) openToken(ctx context.Context, find finder, c *schema.Collection, token string, t TokenType) (*verified, *fault.Field, error) {
	if token == "" {
		return nil, fault.Leaf("validation_required", "Cannot be blank"), nil
	}
	// Wire: what the token says is looked at before its signature.
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

// unverifiedClaims are what a token says that nobody has checked.
func unverifiedClaims(token string) (said claims) {
	if len(token) > maxToken {
		return said
	}
	if _, _, err := jwt.NewParser().ParseUnverified(token, &said); err != nil {
		return claims{}
	}
	return said
}

// tokenFault is the fault of a token that proves nothing.
func tokenFault(leaf *fault.Field) error { return formFault(fault.Fields{"token": leaf}) }

// change changes a record by a token that is still good when that happens: in one
// transaction the token is checked once more, and set says what to save. A token that
// several confirmations use at once serves one of them, if it does not outlive the
// change.
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

// randomPassword returns a password that nobody knows and that the field takes.
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
	const every = "aA1!" // what patterns ask for
	if length <= len(every) {
		return every[:length]
	}
	return every + schema.RandomString(length-len(every), schema.AlphabetToken)
}

// errGuest returns the fault of a guest who asks for something that only accounts have.
func errGuest() error {
	return fault.New(fault.Unauthenticated, "The request requires valid record authorization token.")
}

// ownCollection is the fault of a caller who has not signed in to the collection.
func ownCollection(caller record.Caller, c *schema.Collection) error {
	if caller.Auth == nil {
		return errGuest()
	}
	// Wire: the name in the message is that of the token's collection.
	if own := caller.Auth.Collection(); own.ID != c.ID {
		return fault.New(fault.Forbidden, "The request requires auth record from "+own.Name+" collection.")
	}
	return nil
}

// checkSecret is the failure of a submitted password or code that is empty or has more than
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
