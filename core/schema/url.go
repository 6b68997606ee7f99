// The field kind url.

package schema

import (
	"net/url"
	"slices"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/cast"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/address"
)

// URL is a field of one web address.
type URL struct {
	ExceptDomains Strings `json:"exceptDomains"`
	OnlyDomains   Strings `json:"onlyDomains"`
}

// Type is "url".
func (*URL) Type() string { return "url" }

// Multiple is false.
func (*URL) Multiple() bool { return false }

// Class is ClassText.
func (*URL) Class() Class { return ClassText }

// Column is a text column.
func (*URL) Column() store.ColumnKind { return store.ColumnText }

// Zero is "".
func (*URL) Zero() any { return "" }

// Cast is the text of a scalar.
func (*URL) Cast(v any) any { return cast.Text(v) }

// Validate judges the form of the address and its host.
func (u *URL) Validate(f *Field, v any) *fault.Field {
	s, _ := v.(string)
	if s == "" {
		return required(f, true)
	}
	if !address.IsURL(s) {
		return fault.Leaf("validation_invalid_url", "Must be a valid url")
	}
	if len(u.OnlyDomains) == 0 && len(u.ExceptDomains) == 0 {
		return nil
	}
	// Wire: the host counts with its port, and an address without a scheme has none.
	parsed, err := url.Parse(s)
	if err != nil || !domainAllowed(parsed.Host, u.OnlyDomains, u.ExceptDomains) {
		return fault.Leaf("validation_url_domain_not_allowed", "Url domain is not allowed")
	}
	return nil
}

// Check judges the options of the field.
func (u *URL) Check(*Field) fault.Fields {
	return checkDomains(u.OnlyDomains, u.ExceptDomains)
}

func (u *URL) clone() Kind {
	return &URL{ExceptDomains: slices.Clone(u.ExceptDomains), OnlyDomains: slices.Clone(u.OnlyDomains)}
}

func (*URL) load(rows store.Rows, col int) any { return rows.Text(col) }
