// The names of archives.

package backup

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/loambase/loam/core/fault"
)

const maxName = 150

// Wire: requested names have this form; the names of uploads need not.
var namePattern = regexp.MustCompile(`^[a-z0-9_-]+\.zip$`)

// checkName refuses an invalid name for a new archive.
func checkName(name string) *fault.Field {
	if utf8.RuneCountInString(name) > maxName {
		return fault.Leaf("validation_length_out_of_range", fmt.Sprintf("The length must be between 1 and %d", maxName), "min", 1, "max", maxName)
	}
	if !namePattern.MatchString(name) {
		return fault.Leaf("validation_match_invalid", "Must be in a valid format")
	}
	return nil
}

// checkUploadName refuses a name that cannot be the name of one file in every store.
func checkUploadName(name string) *fault.Field {
	strange := func(r rune) bool { return r < ' ' || r == 0x7f || strings.ContainsRune(`/\:*?"<>|`, r) }
	switch {
	case name == "":
		return fault.Leaf("validation_required", "Cannot be blank")
	case utf8.RuneCountInString(name) > maxName:
		return fault.Leaf("validation_length_out_of_range", fmt.Sprintf("The length must be between 1 and %d", maxName), "min", 1, "max", maxName)
	case !utf8.ValidString(name), strings.ContainsFunc(name, strange), strings.HasPrefix(name, "."), !strings.HasSuffix(strings.ToLower(name), ".zip"):
		return fault.Leaf("validation_match_invalid", "Must be in a valid format")
	}
	return nil
}

// nameTaken returns the fault of the name of an existing archive.
func nameTaken(field string) error {
	return invalid(field, fault.Leaf("validation_backup_name_exists", "The backup file name is invalid or already exists"))
}

// invalid returns the fault of one field of a form.
func invalid(field string, leaf *fault.Field) error {
	return fault.Invalidate("An error occurred while validating the submitted data.", fault.Fields{field: leaf})
}

var notWord = regexp.MustCompile(`[^a-z0-9]+`)

// newName returns a generated name for an archive.
func newName(prefix, app string, now time.Time) string {
	app = strings.Trim(notWord.ReplaceAllString(strings.ToLower(app), "_"), "_")
	app = strings.Trim(app[:min(len(app), 50)], "_")
	if app != "" {
		app += "_"
	}
	return prefix + app + now.UTC().Format("20060102150405") + ".zip"
}
