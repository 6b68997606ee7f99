package auth

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/schema/address"
)

// PasswordForm is what somebody sends who signs in with a password.
type PasswordForm struct {
	Identity      string `json:"identity"`
	Password      string `json:"password"`
	IdentityField string `json:"identityField"` // which field Identity is; empty: any that is configured
}

// maxInput is how long the parts of the form may be, in code points.
const maxInput = 255

// WithPassword signs the record in whose identity and password these are. A form
// that names nobody and a wrong password are the same fault.Invalid after the
// same time; a record that may not sign in is a fault.Forbidden, a storm of
// callers a fault.TooMany.
func (s *Service) WithPassword(ctx context.Context, caller record.Caller, collection string, form PasswordForm, expand string) (*Response, error) {
	c, err := s.collection(collection)
	if err != nil {
		return nil, err
	}
	if !c.Auth.PasswordAuth.Enabled {
		return nil, fault.New(fault.Forbidden, "The collection is not configured to allow password authentication.")
	}
	if fails := form.validate(c.Auth.PasswordAuth.IdentityFields); len(fails) > 0 {
		return nil, fault.Invalidate("An error occurred while validating the submitted data.", fails)
	}
	r, err := s.findByIdentity(ctx, c, form)
	if err != nil {
		return nil, err
	}
	ok, err := s.checkPassword(ctx, c, r, form.Password)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.New(fault.Invalid, "Failed to authenticate.")
	}
	caller.Context = "password"
	if err := s.admit(ctx, caller, r, "password"); err != nil {
		return nil, err
	}
	token, err := newToken(r, s.app.Now())
	if err != nil {
		return nil, err
	}
	return s.respond(ctx, caller, r, token, expand)
}

func (f *PasswordForm) validate(identityFields []string) fault.Fields {
	fails := fault.Fields{}
	fails.Set(input(f.Identity), "identity")
	fails.Set(input(f.Password), "password")
	if f.IdentityField != "" && !slices.Contains(identityFields, f.IdentityField) {
		fails.Set(fault.Leaf("validation_in_invalid", "Must be a valid value"), "identityField")
	}
	return fails
}

func input(s string) *fault.Field {
	if s == "" {
		return fault.Leaf("validation_required", "Cannot be blank")
	}
	if utf8.RuneCountInString(s) > maxInput {
		return fault.Leaf("validation_length_out_of_range",
			fmt.Sprintf("The length must be between 1 and %d", maxInput), "min", 1, "max", maxInput)
	}
	return nil
}

// findByIdentity is the first record that one of the identity fields leads to,
// nil if none does.
func (s *Service) findByIdentity(ctx context.Context, c *schema.Collection, form PasswordForm) (*record.Record, error) {
	for _, field := range identityFields(c, form) {
		// What is not unique does not say who somebody is. Saving the collection
		// refuses such a field, so this is an imported mistake.
		index, ok := c.UniqueIndex(field)
		if !ok {
			return nil, fmt.Errorf("auth: identity field %s of %s has no unique index", field, c.Name)
		}
		nocase := strings.EqualFold(index.Columns[0].Collate, "NOCASE")
		r, err := s.app.Records().FindFirst(ctx, c.ID, field, form.Identity, nocase)
		if err == nil {
			return r, nil
		}
		if fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
	}
	return nil, nil
}

// identityFields are the fields to look into, in order: the one that the form
// names, or all that are configured, email first and only for what can be one.
func identityFields(c *schema.Collection, form PasswordForm) []string {
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

// checkPassword takes as long for nobody as for somebody.
func (s *Service) checkPassword(ctx context.Context, c *schema.Collection, r *record.Record, plain string) (bool, error) {
	if r != nil && r.Text("password") != "" {
		return s.app.Passwords().Compare(ctx, r.Text("password"), plain)
	}
	cost := 0
	if f := c.Field("password"); f != nil {
		if kind, ok := f.Kind.(*schema.Password); ok {
			cost = kind.Cost
		}
	}
	return false, s.app.Passwords().Burn(ctx, plain, cost)
}
