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

// URL is a field with a web address.
type URL struct {
	ExceptDomains Strings `json:"exceptDomains"`
	OnlyDomains   Strings `json:"onlyDomains"`
}

// Type returns "url".
func (*URL) Type() string { return "url" }

// Multiple returns false.
func (*URL) Multiple() bool { return false }

// Class returns ClassText.
func (*URL) Class() Class { return ClassText }

// Column returns store.ColumnText.
func (*URL) Column() store.ColumnKind { return store.ColumnText }

// Zero returns "".
func (*URL) Zero() any { return "" }

// Cast converts a scalar to its text.
func (*URL) Cast(v any) any { return cast.Text(v) }

// Validate checks the form of the address and its host.
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
	// Wire: the host includes its port; an address without a scheme has no host.
	parsed, err := url.Parse(s)
	if err != nil || !domainAllowed(parsed.Host, u.OnlyDomains, u.ExceptDomains) {
		return fault.Leaf("validation_url_domain_not_allowed", "Url domain is not allowed")
	}
	return nil
}

// Check validates the options of the field.
func (u *URL) Check(*Field) fault.Fields {
	return checkDomains(u.OnlyDomains, u.ExceptDomains)
}

func (u *URL) clone() Kind {
	return &URL{ExceptDomains: slices.Clone(u.ExceptDomains), OnlyDomains: slices.Clone(u.OnlyDomains)}
}

func (*URL) load(rows store.Rows, col int) any { return rows.Text(col) }
