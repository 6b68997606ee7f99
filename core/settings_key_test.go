package core_test

import (
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

// A database with encrypted settings opens only with their key. Settings that are stored already
// are encrypted at the first start with a key.
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

// Secrets of collections are encrypted with the same key: stored secrets at the first start with
// the key, later secrets when they are written.
func TestSettingsKeyEncryptsSecretsOfCollections(t *testing.T) {
	t.Parallel()
	at := core.Config{Dir: t.TempDir(), DB: coretest.DB(t)}
	open := func(key string) *core.App {
		t.Helper()
		c := at
		c.SettingsKey = key
		return coretest.Open(t, c)
	}
	stored := func(app *core.App) string {
		t.Helper()
		result, err := app.SQL().Run(t.Context(), record.Root(), `SELECT "options" FROM "_collections" WHERE "name" = 'users'`)
		if err != nil {
			t.Fatal(err)
		}
		return *result.Rows[0][0]
	}
	patch := func(app *core.App, body string) {
		t.Helper()
		if _, err := app.Collections().Update(t.Context(), record.Root(), "users", []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	key := strings.Repeat("k", 32)
	app := open("")
	patch(app, `{"oauth2":{"enabled":true,"providers":[{"name":"google","clientId":"id","clientSecret":"hush-google"}]}}`)
	options := func(app *core.App) string {
		t.Helper()
		text, err := app.Snapshot().Find("users").OptionsJSON()
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	tokens := app.Snapshot().Find("users").Auth.Clone().Tokens()
	want := options(app)
	if text := stored(app); !strings.Contains(text, "hush-google") || !strings.Contains(text, tokens["authToken"].Secret) {
		t.Errorf("without a key %s is stored", text)
	}
	for _, step := range []string{"", `{"oauth2":{"providers":[{"name":"google"},{"name":"github","clientId":"id","clientSecret":"hush-github"}]}}`, ""} {
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
		app = open(key)
		if step != "" {
			patch(app, step)
			want = options(app)
		}
		if got := options(app); got != want || !strings.Contains(got, "hush-google") {
			t.Errorf("the options are %s, want %s", got, want)
		}
		text := stored(app)
		for _, secret := range []string{"hush", tokens["authToken"].Secret, tokens["fileToken"].Secret} {
			if strings.Contains(text, secret) {
				t.Errorf("%s is stored in %s", secret, text)
			}
		}
	}
}
