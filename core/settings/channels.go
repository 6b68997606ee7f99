// Settings of channels: their names, and the rules for joining and sending.

package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/internal/check"
)

// Channel holds the options of channels whose names match a pattern (docs/wire/websocket.md §5).
type Channel struct {
	Pattern      string  `json:"pattern"`      // segments with ":" between; "*" is any one, "**" at the end any rest
	JoinRule     *string `json:"joinRule"`     // nil: superusers alone; "": everyone
	SendRule     *string `json:"sendRule"`     // the same
	Presence     bool    `json:"presence"`     // members see each other
	History      int     `json:"history"`      // number of earlier messages that a new member gets
	GraceSeconds int     `json:"graceSeconds"` // time for which a lost connection still counts as present
}

// Channels is a list of options. For each channel, the first entry with a matching pattern holds.
type Channels []Channel

// The bounds of Channels.
const (
	maxChannelPatterns = 100
	maxChannelHistory  = 100
	maxChannelGrace    = 10
)

// UnmarshalJSON replaces the list.
func (l *Channels) UnmarshalJSON(body []byte) error {
	list, err := freshList[Channel](body)
	if err == nil {
		*l = append(Channels{}, list...) // null is an empty list
	}
	return err
}

// validate checks all properties of each entry except its rules.
func (l Channels) validate(fails fault.Fields) {
	if len(l) > maxChannelPatterns {
		fails.Set(fault.Leaf("validation_length_too_long", fmt.Sprintf("There may be %d patterns", maxChannelPatterns)), "realtime", "channels")
	}
	for i, c := range l {
		set := func(leaf *fault.Field, name string) { fails.Set(leaf, "realtime", "channels", fault.Index(i), name) }
		set(patternFormat(c.Pattern), "pattern")
		set(check.Within(c.History, 0, maxChannelHistory), "history")
		set(check.Within(c.GraceSeconds, 0, maxChannelGrace), "graceSeconds")
	}
}

// checkRules checks the rules that the list did not have before. A rule that became invalid because
// a collection was deleted does not prevent other settings from being saved.
func (l Channels) checkRules(before Channels, check func(wildcards int, rule string) error) error {
	fails := fault.Fields{}
	for i, c := range l {
		if slices.ContainsFunc(before, c.equal) {
			continue
		}
		for name, rule := range map[string]*string{"joinRule": c.JoinRule, "sendRule": c.SendRule} {
			if rule == nil || *rule == "" {
				continue
			}
			if err := check(c.wildcards(), *rule); err != nil {
				fails.Set(fault.Leaf("validation_invalid_rule", "Invalid rule. Raw error: "+err.Error()), "realtime", "channels", fault.Index(i), name)
			}
		}
	}
	if len(fails) > 0 {
		return fault.Invalidate("An error occurred while saving the new settings.", fails)
	}
	return nil
}

func (c Channel) equal(other Channel) bool {
	same := func(a, b *string) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }
	return c.Pattern == other.Pattern && same(c.JoinRule, other.JoinRule) && same(c.SendRule, other.SendRule)
}

// wildcards returns the number of segments of the pattern that are wildcards.
func (c Channel) wildcards() (n int) {
	for s := range strings.SplitSeq(c.Pattern, ":") {
		if s == "*" || s == "**" {
			n++
		}
	}
	return n
}

// patternFormat accepts a name of channels whose segments may be "*", and the last one "**".
func patternFormat(pattern string) *fault.Field {
	bad := func() *fault.Field {
		return fault.Leaf("validation_invalid_pattern", "Use segments of A-Z a-z 0-9 _ - . / with : between; * is any one, ** at the end the rest")
	}
	if pattern == "" || len(pattern) > MaxChannelName {
		return bad()
	}
	segments := strings.Split(pattern, ":")
	for i, s := range segments {
		if s != "*" && (s != "**" || i != len(segments)-1) && (s == "" || !isChannelName(s)) {
			return bad()
		}
	}
	return nil
}

// MaxChannelName is the maximum length of the name of a channel, in bytes.
const MaxChannelName = 200

// IsChannelName reports whether channels may have the name.
func IsChannelName(name string) bool {
	return name != "" && len(name) <= MaxChannelName && isChannelName(name)
}

func isChannelName(text string) bool {
	return strings.IndexFunc(text, func(c rune) bool {
		return (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("_-.:/", c)
	}) < 0
}

// Match returns the entry for the channel of that name, and the name with the values of the
// wildcards; ok is false if no entry matches.
func (l Channels) Match(name string) (c Channel, values []string, ok bool) {
	segments := strings.Split(name, ":")
	for _, c := range l {
		if values, ok := matchPattern(strings.Split(c.Pattern, ":"), segments); ok {
			return c, append([]string{name}, values...), true
		}
	}
	return c, nil, false
}

func matchPattern(pattern, segments []string) (values []string, ok bool) {
	for i, p := range pattern {
		if i >= len(segments) {
			return nil, false
		}
		switch {
		case p == "**": // the non-empty rest
			rest := strings.Join(segments[i:], ":")
			return append(values, rest), rest != ""
		case p == "*" && segments[i] != "":
			values = append(values, segments[i])
		case p != segments[i]:
			return nil, false
		}
	}
	return values, len(pattern) == len(segments)
}
