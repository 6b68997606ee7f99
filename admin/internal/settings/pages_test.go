package settings

import (
	"slices"
	"testing"

	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core/settings"
)

// TestEverySettingHasAnInput compares the JSON of the settings with the inputs of all pages.
func TestEverySettingHasAnInput(t *testing.T) {
	t.Parallel()
	inputs := []string{"rateLimits.rules", channelsName} // lists with their own components on the pages
	for _, p := range pages() {
		for _, g := range p.groups {
			for _, in := range g.Inputs {
				inputs = append(inputs, in.Name)
			}
		}
	}
	for _, secret := range []string{"smtp.password", "s3.secret", "backups.s3.secret"} { // the JSON leaves secrets out
		if !slices.Contains(inputs, secret) {
			t.Errorf("%s has no input", secret)
		}
	}
	document, err := form.Open(settings.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	var check func(at string, object map[string]any)
	check = func(at string, object map[string]any) {
		for name, value := range object {
			if inner, ok := value.(map[string]any); ok && len(inner) > 0 {
				check(at+name+".", inner)
			} else if !slices.Contains(inputs, at+name) {
				t.Errorf("%s has no input", at+name)
			}
		}
	}
	check("", document)
}
