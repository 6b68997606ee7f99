package admin_test

import (
	"html"
	"net/url"
	"regexp"
	"testing"

	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/settings"
)

// While a form is saved, a request changes the settings after the form was compared with them. Another
// setting stays; the same setting is a conflict.
func TestSettingsChangeDuringASave(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(t)
	during := ""
	s.app.Hooks().Settings.Before.BindFunc(func(e *settings.RequestEvent) error {
		body := during
		during = ""
		if body == "" {
			return e.Next()
		}
		if _, err := s.app.Settings().Patch(e.Context, record.Root(), []byte(body)); err != nil {
			return err
		}
		return e.Next()
	})
	const path = "/_/settings/application"
	base := regexp.MustCompile(`name="_base"[^>]* value="([^"]*)"`)
	for _, tt := range []struct {
		during    string
		status    int
		name, url string // afterwards
	}{
		{`{"meta":{"appURL":"https://theirs.example"}}`, 303, "Mine", "https://theirs.example"},
		{`{"meta":{"appName":"Theirs"}}`, 409, "Theirs", "https://theirs.example"},
	} {
		if _, err := s.app.Settings().Patch(t.Context(), record.Root(), []byte(`{"meta":{"appName":"Before"}}`)); err != nil {
			t.Fatal(err)
		}
		opened := base.FindStringSubmatch(text(t, b.ask("GET", path, nil, nil)))
		if opened == nil {
			t.Fatal("the form has no base")
		}
		during = tt.during
		if got := b.post(path, url.Values{"_base": {html.UnescapeString(opened[1])}, "meta.appName": {"Mine"}}); got != tt.status {
			t.Errorf("during %s, the save is answered with %d, want %d", tt.during, got, tt.status)
		}
		if got := s.app.Settings().Current().Meta; got.AppName != tt.name || got.AppURL != tt.url {
			t.Errorf("after %s the settings have %q and %q, want %q and %q", tt.during, got.AppName, got.AppURL, tt.name, tt.url)
		}
	}
}
