// The field kind email.

package schema

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/cast"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/address"
)

// Email is a field with an e-mail address, stored unchanged.
type Email struct {
	ExceptDomains Strings `json:"exceptDomains"`
	OnlyDomains   Strings `json:"onlyDomains"`
}

// Type returns "email".
func (*Email) Type() string { return "email" }

// Multiple returns false.
func (*Email) Multiple() bool { return false }

// Class returns ClassText.
func (*Email) Class() Class { return ClassText }

// Column returns store.ColumnText.
func (*Email) Column() store.ColumnKind { return store.ColumnText }

// Zero returns "".
func (*Email) Zero() any { return "" }

// Cast converts a scalar to its text.
func (*Email) Cast(v any) any { return cast.Text(v) }

// Validate checks the form of the address and its domain.
func (e *Email) Validate(f *Field, v any) *fault.Field {
	s, _ := v.(string)
	if s == "" {
		return required(f, true)
	}
	if !address.IsEmail(s) {
		return fault.Leaf("validation_is_email", "Must be a valid email address")
	}
	if !domainAllowed(s[strings.LastIndexByte(s, '@')+1:], e.OnlyDomains, e.ExceptDomains) {
		return fault.Leaf("validation_email_domain_not_allowed", "Email domain is not allowed")
	}
	return nil
}

// Check validates the options of the field.
func (e *Email) Check(*Field) fault.Fields {
	return checkDomains(e.OnlyDomains, e.ExceptDomains)
}

func (e *Email) clone() Kind {
	return &Email{ExceptDomains: slices.Clone(e.ExceptDomains), OnlyDomains: slices.Clone(e.OnlyDomains)}
}

func (*Email) load(rows store.Rows, col int) any { return rows.Text(col) }
