package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/loambase/loam/core/fault"
)

// TestErrorNamesItsFields checks that the text of an error names the wrong fields and their
// failures, for logs and terminals.
func TestErrorNamesItsFields(t *testing.T) {
	fields := fault.Fields{}
	fields.Set(fault.Leaf("validation_required", "Cannot be blank"), "email")
	fields.Set(fault.Leaf("validation_invalid", "Too short"), "options", "name")
	for _, err := range []error{
		fault.Invalidate("Failed to create record.", fields),
		fmt.Errorf("import: %w", fault.Invalidate("Failed to create record.", fields)),
	} {
		for _, part := range []string{"Failed to create record", "email: Cannot be blank", "options.name: Too short"} {
			if strings.Count(err.Error(), part) != 1 {
				t.Errorf("%q does not have %q once", err.Error(), part)
			}
		}
	}
	if got := fault.Wrap(fault.Invalid, "It failed.", errors.New("the reason")).Error(); strings.Count(got, "the reason") != 1 {
		t.Errorf("Error() = %q, want the reason once", got)
	}
}
