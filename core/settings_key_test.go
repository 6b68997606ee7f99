package core_test

import (
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

// A database whose settings are encrypted opens with their key only. Settings that are
// stored already are encrypted at the first start with a key.
func TestSettingsKey(t *testing.T) {
	t.Parallel()
	at := core.Config{Dir: t.TempDir(), DB: coretest.DB(t)}
	open := func(key string, mode core.Mode, patch string) (name, problem string) {
		t.Helper()
		c := at
		c.SettingsKey = key
		app := core.New(c)
		if err := app.Open(t.Context(), mode); err != nil {
			return "", err.Error()
		}
		defer app.Close()
		if patch != "" {
			if _, err := app.Settings().Patch(t.Context(), record.Root(), []byte(`{"meta":{"appName":"`+patch+`"}}`)); err != nil {
				t.Fatal(err)
			}
		}
		return app.Settings().Current().Meta.AppName, ""
	}
	key, other := strings.Repeat("k", 32), strings.Repeat("o", 32)
	for i, step := range []struct {
		key     string
		mode    core.Mode
		patch   string
		name    string
		problem string
	}{
		{"", core.Serve, "Plain", "Plain", ""},
		{"short", core.Serve, "", "", "the key of the settings has 5 bytes, not 32"},
		{key, core.Serve, "", "Plain", ""}, // encrypts them
		{"", core.Serve, "", "", "the key that they were stored with is missing"},
		{"", core.Tool, "", "", "the key that they were stored with is missing"},
		{other, core.Serve, "", "", "stored with another key"},
		{key, core.Tool, "Sealed", "Sealed", ""},
		{key, core.Serve, "", "Sealed", ""},
	} {
		name, problem := open(step.key, step.mode, step.patch)
		if name != step.name || (problem == "") != (step.problem == "") || !strings.Contains(problem, step.problem) {
			t.Errorf("step %d: %q, %q, want %q, %q", i, name, problem, step.name, step.problem)
		}
	}
}
