// Rate limit settings: rules with labels and audiences, and their validation.

package settings

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/loambase/loam/core/fault"
)

// RateLimits holds the limits of requests of a client in a time.
type RateLimits struct {
	Rules       Rules    `json:"rules"`
	ExcludedIPs []string `json:"excludedIPs"`
	Enabled     bool     `json:"enabled"`
}

// Rules is a list of rate limit rules. A request counts for one rule: the rule with the most
// specific label that applies to the request (docs/wire/auth-realtime-system.md §3.4), and of rules
// with the same label the first rule for the audience of the caller.
type Rules []Rule

// Rule is one rate limit: MaxRequests within Duration seconds.
type Rule struct {
	Label       string `json:"label"`    // the operation: "*:auth", "/api/", "POST /api/batch" …
	Audience    string `json:"audience"` // the callers: everybody if empty, "@guest" or "@auth"
	Duration    int64  `json:"duration"` // seconds
	MaxRequests int    `json:"maxRequests"`
}

// UnmarshalJSON replaces the rules.
func (r *Rules) UnmarshalJSON(body []byte) error {
	list, err := freshList[Rule](body)
	if err == nil {
		*r = list
	}
	return err
}

// freshList decodes a list that replaces another. Decoded into the old list, a new entry would keep
// properties of the old entry at its index.
func freshList[T any](body []byte) (list []T, err error) {
	err = json.Unmarshal(body, &list)
	return list, err
}

// validate checks each rule, and that no rule makes a later rule unreachable
// (docs/wire/auth-realtime-system.md §3.4).
func (l *RateLimits) validate(fails fault.Fields) {
	networks(fails, l.ExcludedIPs, "rateLimits", "excludedIPs")
	if l.Enabled && len(l.Rules) == 0 {
		fails.Set(needed(true, ""), "rateLimits", "rules")
	}
	for i, r := range l.Rules {
		set := func(leaf *fault.Field, name string) {
			fails.Set(leaf, "rateLimits", "rules", fault.Index(i), name)
		}
		set(cmp.Or(needed(true, r.Label), labelFormat(r.Label), l.Rules[:i].conflict(r)), "label")
		set(cmp.Or(needed(true, r.MaxRequests), atLeast(r.MaxRequests, 1)), "maxRequests")
		set(cmp.Or(needed(true, r.Duration), atLeast(r.Duration, 1)), "duration")
		switch r.Audience {
		case "", "@guest", "@auth":
		default:
			set(notInList(), "audience")
		}
	}
}

// conflict returns the failure of a rule whose label and audience a rule in r covers.
func (r Rules) conflict(rule Rule) *fault.Field {
	name := rule.Label + "@@" + rule.Audience
	for _, other := range r {
		old := other.Label + "@@" + other.Audience
		if strings.HasPrefix(name, old) || strings.HasPrefix(old, name) {
			return fault.Leaf("validation_conflicting_rate_limit_rule",
				fmt.Sprintf("Rate limit rule with label %s is in conflict with another rule", rule.Label))
		}
	}
	return nil
}

// labelFormat accepts "word", "word:tag", "*:tag", "/path" and "METHOD /path".
func labelFormat(label string) *fault.Field {
	if validLabel(label) {
		return nil
	}
	return fault.Leaf("validation_match_invalid", "Must be in a valid format")
}

// validLabel reports whether the label has a form that labelFormat accepts.
func validLabel(label string) bool {
	if method, path, ok := strings.Cut(label, " "); ok {
		return isWord(method) && isPath(path)
	}
	if isPath(label) {
		return true
	}
	if name, tag, ok := strings.Cut(label, ":"); ok {
		return (name == "*" || isWord(name)) && isWord(tag)
	}
	return isWord(label)
}

func isPath(s string) bool {
	return strings.HasPrefix(s, "/") && !strings.ContainsAny(s, " \t\r\n\x00")
}

func isWord(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}
