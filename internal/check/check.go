// Package check holds the generic checks of options and their failures (docs/wire/records.md §1.6).
package check

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/loambase/loam/core/fault"
)

// Between returns the failure of an option outside of low and high, nil if it is inside. 0
// passes: it stands for the default.
func Between[N int | int64](n, low, high N) *fault.Field {
	if n == 0 {
		return nil
	}
	return Within(n, low, high)
}

// Within returns the failure of a number outside of low and high, nil if it is inside.
func Within[N int | int64](n, low, high N) *fault.Field {
	switch {
	case n < low:
		return fault.Leaf("validation_min_greater_equal_than_required",
			fmt.Sprintf("Must be no less than %d", low), "threshold", low)
	case n > high:
		return fault.Leaf("validation_max_less_equal_than_required",
			fmt.Sprintf("Must be no greater than %d", high), "threshold", high)
	}
	return nil
}

// Needed does the same as Within, for an option that must be set: 0 is Blank.
func Needed[N int | int64](n, low, high N) *fault.Field {
	if n == 0 {
		return Blank()
	}
	return Within(n, low, high)
}

// Length returns the failure of a text whose number of code points is outside of low and high.
// The empty text passes; Filled refuses it.
func Length(s string, low, high int) *fault.Field {
	if s == "" {
		return nil
	}
	if n := utf8.RuneCountInString(s); n < low || n > high {
		return fault.Leaf("validation_length_out_of_range",
			fmt.Sprintf("The length must be between %d and %d", low, high), "max", high, "min", low)
	}
	return nil
}

// MaxName is the maximum length of a name of a collection, field or index in bytes, which every
// engine accepts without cutting the name.
const MaxName = 63

// NameLength returns the failure of a name with more than MaxName bytes, else nil.
func NameLength(s string) *fault.Field {
	if len(s) > MaxName {
		return fault.Leaf("validation_length_too_long",
			fmt.Sprintf("The length must be no more than %d", MaxName), "max", MaxName, "min", 0)
	}
	return nil
}

// Filled returns the failure of an empty text, else nil.
func Filled(s string) *fault.Field {
	if s == "" {
		return Blank()
	}
	return nil
}

// First returns the first failure that is not nil.
func First(fails ...*fault.Field) *fault.Field {
	for _, f := range fails {
		if f != nil {
			return f
		}
	}
	return nil
}

// IsWord reports whether s is made of ASCII letters, digits and underscores (^\w+$).
func IsWord(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return s != ""
}

// Word returns the failure of a text that IsWord does not accept, else nil.
func Word(s string) *fault.Field {
	if !IsWord(s) {
		return fault.Leaf("validation_match_invalid", "Must be in a valid format")
	}
	return nil
}

// Blank returns the failure of a required value that is missing.
func Blank() *fault.Field { return fault.Leaf("validation_required", "Cannot be blank") }

// Storable returns the failure of a text that not every engine can store, because it contains
// U+0000 or is not UTF-8; else nil.
func Storable(s string) *fault.Field {
	if strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) {
		return fault.Leaf("validation_invalid_value", "Invalid value")
	}
	return nil
}

// MaxSafe is the largest integer that every JSON client can represent.
const MaxSafe = 1<<53 - 1
