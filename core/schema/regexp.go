// Patterns of text fields, compiled once.

package schema

import (
	"regexp"

	"github.com/loambase/loam/core/fault"
)

// compiled returns the compiled pattern, nil if it is empty or invalid; then Validate fails.
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

// matches checks s against a pattern, and compiles the pattern if necessary.
func matches(re *regexp.Regexp, pattern, s string) *fault.Field {
	if pattern == "" {
		return nil
	}
	// NewSnapshot compiles the patterns. The field of a draft is not in a snapshot yet, so its
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

// checkPattern returns the failure of a pattern that is not a regular expression.
func checkPattern(pattern string) *fault.Field {
	if pattern == "" {
		return nil
	}
	if _, err := regexp.Compile(pattern); err != nil {
		return fault.Leaf("validation_invalid_regex", err.Error())
	}
	return nil
}
