// Allowed and forbidden domains of email and url fields.

package schema

import (
	"slices"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/internal/address"
)

// domainAllowed compares domains case-sensitively.
func domainAllowed(domain string, only, except []string) bool {
	if len(only) > 0 && !slices.Contains(only, domain) {
		return false
	}
	return !slices.Contains(except, domain)
}

// checkDomains validates the two lists, of which only one may be set.
func checkDomains(only, except []string) fault.Fields {
	fails := fault.Fields{}
	if len(only) > 0 && len(except) > 0 {
		empty := fault.Leaf("validation_empty", "Must be blank")
		fails.Set(empty, "onlyDomains")
		fails.Set(empty, "exceptDomains")
		return fails
	}
	for name, list := range map[string][]string{"onlyDomains": only, "exceptDomains": except} {
		for i, domain := range list {
			if !address.IsDomain(domain) {
				fails.Set(fault.Leaf("validation_is_domain", "Must be a valid domain"), name, fault.Index(i))
			}
		}
	}
	return fails
}
