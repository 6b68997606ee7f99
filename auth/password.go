package auth

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/address"
	"github.com/loambase/loam/internal/budget"
	"github.com/loambase/loam/internal/password"
)

// PasswordForm is the input of a sign-in with a password.
type PasswordForm struct {
	Identity      string `json:"identity"`
	Password      string `json:"password"`
	IdentityField string `json:"identityField"` // the field with the identity; "" for all configured fields
}

// maxInput is the maximum length of a part of the form, in code points.
const maxInput = 255

// WithPassword signs in the record with the identity and the password: it is SignIn with the Method
// "password". An unknown identity and a wrong password give the same fault.Invalid after the same
// time. A record that may not sign in gets a fault.Forbidden. Too many callers at a time, and
// repeated failures from one address, get a fault.TooMany.
func (s *Service) WithPassword(ctx context.Context, caller record.Caller, collection string, form PasswordForm, expand string) (*Response, error) {
	return s.SignIn(ctx, caller, collection, passwords{s.app, s.brake}, &form, Options{Expand: expand})
}

// passwords is the Method "password".
type passwords struct {
	app   *core.App
	brake *budget.Brake // its keys are made of collection, identity and address
}

func (passwords) Name() string { return "password" }

func (passwords) Form() any { return &PasswordForm{} }

func (passwords) Enabled(c *schema.Collection) error {
	if c.Auth.PasswordAuth.Enabled {
		return nil
	}
	return fault.New(fault.Forbidden, "The collection is not configured to allow password authentication.")
}

func (passwords) Describe(_ context.Context, c *schema.Collection, m *Methods) {
	fields := c.Auth.PasswordAuth.IdentityFields
	m.Password = PasswordMethod{IdentityFields: fields, Enabled: true}
	m.EmailPassword = slices.Contains(fields, "email")
	m.UsernamePassword = slices.Contains(fields, "username")
}

func (m passwords) Finish(ctx context.Context, a Attempt) (Proof, error) {
	form, c := a.Form.(*PasswordForm), a.Collection
	if err := formFault(form.validate(c.Auth.PasswordAuth.IdentityFields)); err != nil {
		return Proof{}, err
	}
	r, err := m.findByIdentity(ctx, c, form)
	if err != nil {
		return Proof{}, err
	}
	key := m.key(a, r)
	if a.Caller.IP != "" { // the program itself has no address
		if err := m.brake.Check(key); err != nil {
			return Proof{}, err
		}
	}
	ok, err := m.checkPassword(ctx, m.app.Passwords().For(m.payer(a, key)), c, r, form.Password)
	if err != nil {
		return Proof{}, err
	}
	if ok {
		m.brake.Passed(key)
		return Proof{Record: r}, nil
	}
	why := "no record has this identity"
	if r != nil {
		why = "wrong password of " + r.ID()
	}
	free, delay := m.brake.Failed(key)
	return Proof{}, fault.Wrap(fault.Invalid, failedMessage, &wrongSecret{why, free, delay})
}

// key returns the key of an attempt for the brake. It is made of the address and of the record, or
// of the identity if there is no such record; so all identities of a record share a key.
func (m passwords) key(a Attempt, r *record.Record) uint64 {
	who := strings.ToLower(a.Form.(*PasswordForm).Identity)
	if r != nil {
		who = r.ID()
	}
	return m.brake.Key(a.Collection.ID, who, budget.Network(a.Caller.IP))
}

// payer returns the caller on whose budget the password is hashed. A guest who has signed in with
// this identity from this address before has a budget of its own, so that other guests cannot hold
// it up. Guests who sign in as superusers share another.
func (m passwords) payer(a Attempt, key uint64) budget.Caller {
	payer := a.Caller.Share()
	switch {
	case payer.Class != budget.Guest:
	case m.brake.HasPassed(key):
		payer.Class, payer.Group = budget.Known, strconv.FormatUint(key, 36)
	case a.Collection.Name == schema.Superusers:
		payer.Group = a.Collection.ID
	}
	return payer
}

func (f *PasswordForm) validate(identityFields []string) fault.Fields {
	fails := fault.Fields{}
	fails.Set(checkInput(f.Identity), "identity")
	fails.Set(checkInput(f.Password), "password")
	if f.IdentityField != "" && !slices.Contains(identityFields, f.IdentityField) {
		fails.Set(fault.Leaf("validation_in_invalid", "Must be a valid value"), "identityField")
	}
	return fails
}

func checkInput(s string) *fault.Field {
	if s == "" {
		return fault.Leaf("validation_required", "Cannot be blank")
	}
	if utf8.RuneCountInString(s) > maxInput {
		return fault.Leaf("validation_length_out_of_range",
			fmt.Sprintf("The length must be between 1 and %d", maxInput), "min", 1, "max", maxInput)
	}
	return nil
}

// findByIdentity returns the first record that has the identity in one of the fields, or nil.
func (m passwords) findByIdentity(ctx context.Context, c *schema.Collection, form *PasswordForm) (*record.Record, error) {
	for _, field := range identityFields(c, form) {
		// A value without a unique index identifies nobody. The API refuses such an identity field,
		// so the collection was imported.
		if _, ok := c.UniqueIndex(field); !ok {
			return nil, fmt.Errorf("auth: identity field %s of %s has no unique index", field, c.Name)
		}
		r, err := m.app.Records().FindUnique(ctx, c.ID, field, form.Identity)
		if err == nil {
			return r, nil
		}
		if fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
	}
	return nil, nil
}

// identityFields returns the fields to search, in order: the field that the form names, or all
// configured fields. email comes first, and only if the identity is an address.
func identityFields(c *schema.Collection, form *PasswordForm) []string {
	if form.IdentityField != "" {
		return []string{form.IdentityField}
	}
	configured := c.Auth.PasswordAuth.IdentityFields
	fields := make([]string, 0, len(configured))
	if slices.Contains(configured, "email") && address.IsEmail(form.Identity) {
		fields = append(fields, "email")
	}
	for _, field := range configured {
		if field != "email" {
			fields = append(fields, field)
		}
	}
	return fields
}

// checkPassword compares a password with that of the record r. It takes the same time if r is nil.
func (m passwords) checkPassword(ctx context.Context, hasher *password.Hasher, c *schema.Collection, r *record.Record, plain string) (bool, error) {
	if r != nil && r.Text("password") != "" {
		return hasher.Compare(ctx, r.Text("password"), plain)
	}
	cost := 0
	if f := c.Field("password"); f != nil {
		if kind, ok := f.Kind.(*schema.Password); ok {
			cost = kind.Cost
		}
	}
	return false, hasher.Burn(ctx, plain, cost)
}
