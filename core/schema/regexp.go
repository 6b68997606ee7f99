// Patterns of text fields, compiled once.

package schema

import (
	"regexp"

	"github.com/loambase/loam/core/fault"
)

// compiled is the pattern, nil if it is empty or wrong: then Validate fails on use.
func compiled(pattern string) *regexp.Regexp {
	if pattern == "" {
		return nil
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil
	}
	return re
}

// matches judges s by a pattern, which is compiled here if it was not before.
func matches(re *regexp.Regexp, pattern, s string) *fault.Field {
	if pattern == "" {
		return nil
	}
	// NewSnapshot compiles the patterns. The field of a draft is in no snapshot yet, so its
	// pattern is compiled here.
	if re == nil {
		var err error
		if re, err = regexp.Compile(pattern); err != nil {
			return fault.Leaf("validation_invalid_format", "Invalid value format")
		}
	}
	if !re.MatchString(s) {
		return fault.Leaf("validation_invalid_format", "Invalid value format")
	}
	return nil
}

// checkPattern is the failure of a pattern that is no regular expression.
func checkPattern(pattern string) *fault.Field {
	if pattern == "" {
		return nil
	}
	if _, err := regexp.Compile(pattern); err != nil {
		return fault.Leaf("validation_invalid_regex", err.Error())
	}
	return nil
}
