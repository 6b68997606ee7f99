package schema

import (
	"fmt"
	"unicode/utf8"

	"github.com/loambase/loam/core/fault"
)

// The generic failures of docs/wire/records.md §1.6, as settings use them.

// between judges an option that is free to be 0.
func between[N int | int64](n, low, high N) *fault.Field {
	if n == 0 {
		return nil
	}
	return within(n, low, high)
}

// within judges a number that is there.
func within[N int | int64](n, low, high N) *fault.Field {
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

// needed is within for an option that must not be 0.
func needed[N int | int64](n, low, high N) *fault.Field {
	if n == 0 {
		return blank()
	}
	return within(n, low, high)
}

// length judges a text by its code points; the empty text passes.
func length(s string, low, high int) *fault.Field {
	if s == "" {
		return nil
	}
	if n := utf8.RuneCountInString(s); n < low || n > high {
		return fault.Leaf("validation_length_out_of_range",
			fmt.Sprintf("The length must be between %d and %d", low, high), "max", high, "min", low)
	}
	return nil
}

// maxName is the longest name of a collection, field or index, in bytes: what
// every engine takes without cutting it.
const maxName = 63

func nameLength(s string) *fault.Field {
	if len(s) > maxName {
		return fault.Leaf("validation_length_too_long",
			fmt.Sprintf("The length must be no more than %d", maxName), "max", maxName, "min", 0)
	}
	return nil
}

func filled(s string) *fault.Field {
	if s == "" {
		return blank()
	}
	return nil
}

// first is the first failure of several.
func first(fails ...*fault.Field) *fault.Field {
	for _, f := range fails {
		if f != nil {
			return f
		}
	}
	return nil
}

// isWord says whether s is made of ASCII letters, digits and underscores (^\w+$).
func isWord(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return s != ""
}

func wordFormat(s string) *fault.Field {
	if !isWord(s) {
		return fault.Leaf("validation_match_invalid", "Must be in a valid format")
	}
	return nil
}
