package settings_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/settings"
)

func TestPatch(t *testing.T) {
	t.Parallel()
	s := coretest.New(t).Settings()
	ctx := context.Background()
	if got := s.Current(); !reflect.DeepEqual(got, settings.Defaults()) {
		t.Errorf("a new folder has %+v, want the defaults", got)
	}
	for _, tt := range []struct {
		body string
		want fault.Kind
		text string
	}{
		{`{"batch":{"enabled":true}}`, fault.Internal, ""},
		{``, fault.Internal, ""},
		{" \n", fault.Internal, ""},
		{`{`, fault.Invalid, "An error occurred while loading the submitted data."},
		{`{"batch":{"enabled":"yes"}}`, fault.Invalid, "An error occurred while loading the submitted data."},
		{`{"batch":{"maxRequests":0},"meta":{"appName":"Kept out"}}`, fault.Invalid, "An error occurred while saving the new settings."},
	} {
		before := s.Current()
		got, err := s.Patch(ctx, record.Root(), []byte(tt.body))
		if tt.text == "" {
			if err != nil || got != s.Current() || !got.Batch.Enabled {
				t.Errorf("Patch(%q) = %+v, %v", tt.body, got, err)
			}
			continue
		}
		var e *fault.Error
		if !errors.As(err, &e) || e.Kind != tt.want || e.Message != tt.text {
			t.Errorf("Patch(%q) = %v, want %v %q", tt.body, err, tt.want, tt.text)
		}
		if s.Current() != before {
			t.Errorf("Patch(%q) failed and changed the settings", tt.body)
		}
	}
}

// Patched settings are kept over a restart, secrets included, and a secret that was cleared stays
// cleared.
func TestPatchIsKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func() (*core.App, *settings.Service) {
		app := core.New(core.Config{Dir: dir})
		if err := app.Open(context.Background(), core.Serve); err != nil {
			t.Fatal(err)
		}
		return app, app.Settings()
	}
	for _, step := range []struct {
		body string
		want func(*settings.Settings) bool
	}{
		{`{"s3":{"secret":"hush"},"smtp":{"password":"hush"},"trustedProxy":{"headers":["X-Real"]}}`,
			func(s *settings.Settings) bool { return s.S3.Secret == "hush" && s.SMTP.Password == "hush" }},
		{`{"s3":{"secret":""},"meta":{"appName":"Loam"}}`,
			func(s *settings.Settings) bool { return s.S3.Secret == "" && s.SMTP.Password == "hush" }},
		{`{"meta":{"hideControls":true}}`,
			func(s *settings.Settings) bool {
				return s.S3.Secret == "" && s.Meta.AppName == "Loam" && s.Meta.HideControls && len(s.TrustedProxy.Headers) == 1
			}},
	} {
		app, s := open()
		patched, err := s.Patch(context.Background(), record.Root(), []byte(step.body))
		if err != nil {
			t.Fatal(err)
		}
		shown, err := json.Marshal(patched)
		if err != nil || strings.Contains(string(shown), "hush") {
			t.Errorf("Patch(%s) shows %s, %v", step.body, shown, err)
		}
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
		app, s = open()
		if got := s.Current(); !step.want(got) || !reflect.DeepEqual(got, patched) {
			t.Errorf("after Patch(%s) and a restart the settings are %+v", step.body, got)
		}
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Concurrent patches of different parts are all kept.
func TestConcurrentPatches(t *testing.T) {
	t.Parallel()
	s := coretest.New(t).Settings()
	var group sync.WaitGroup
	for i, body := range []string{
		`{"meta":{"appName":"N%d"}}`, `{"batch":{"maxRequests":%d}}`, `{"logs":{"maxDays":%d}}`, `{"smtp":{"port":%d}}`, `{"backups":{"cronMaxKeep":%d}}`,
	} {
		group.Go(func() {
			for n := range 10 {
				if _, err := s.Patch(context.Background(), record.Root(), fmt.Appendf(nil, body, n+100)); err != nil {
					t.Errorf("Patch %d = %v", i, err)
				}
				if err := s.Load(context.Background()); err != nil {
					t.Errorf("Load = %v", err)
				}
			}
		})
	}
	group.Wait()
	got := s.Current()
	if got.Meta.AppName != "N109" || got.Batch.MaxRequests != 109 || got.Logs.MaxDays != 109 || got.SMTP.Port != 109 || got.Backups.CronMaxKeep != 109 {
		t.Errorf("after all patches the settings are %+v", got)
	}
}

func TestOnlySuperusers(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Create(t, app, "users", map[string]any{"email": "a@example.com", "password": "12345678", "passwordConfirm": "12345678"})
	user, err := app.Records().FindFirst(t.Context(), "users", "email", "a@example.com", false)
	if err != nil {
		t.Fatal(err)
	}
	s := app.Settings()
	for _, tt := range []struct {
		caller record.Caller
		want   fault.Kind
	}{{record.Caller{}, fault.Unauthenticated}, {record.Caller{Auth: user}, fault.Forbidden}} {
		if _, err := s.Get(t.Context(), tt.caller); fault.KindOf(err) != tt.want {
			t.Errorf("Get() = %v, want %v", err, tt.want)
		}
		for _, body := range []string{`{"meta":{"appName":"Mine"}}`, ``, `{`} {
			if _, err := s.Patch(t.Context(), tt.caller, []byte(body)); fault.KindOf(err) != tt.want {
				t.Errorf("Patch(%q) = %v, want %v", body, err, tt.want)
			}
		}
	}
	if got, err := s.Get(t.Context(), record.Root()); err != nil || got != s.Current() {
		t.Errorf("Get() as root = %v, %v", got, err)
	}
}

// The change log names the superuser who changed the settings.
func TestPatchNamesItsCaller(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Create(t, app, "_superusers", map[string]any{"email": "a@example.com", "password": "12345678", "passwordConfirm": "12345678"})
	who, err := app.Records().FindFirst(t.Context(), "_superusers", "email", "a@example.com", false)
	if err != nil {
		t.Fatal(err)
	}
	var got []change.Change
	app.OnCommitted(func(list []change.Change) { got = append(got, list...) })
	caller := record.Caller{Auth: who}
	if _, err := app.Settings().Patch(t.Context(), caller, []byte(`{"meta":{"appName":"Mine"}}`)); err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Kind != change.Settings || got[0].By != caller.Actor() || caller.Actor() == "" {
		t.Errorf("the change log got %+v, want one change by %s", got, caller.Actor())
	}
	// A patch that changes nothing is no change.
	if _, err := app.Settings().Patch(t.Context(), caller, []byte(`{"meta":{"appName":"Mine"},"superuserIPs":[]}`)); err != nil || len(got) != 1 {
		t.Errorf("after an equal patch (%v) the change log got %+v", err, got)
	}
}

// PatchFrom writes only if the stored settings are those that the caller has seen.
func TestPatchFrom(t *testing.T) {
	t.Parallel()
	s := coretest.New(t).Settings()
	ctx, root := t.Context(), record.Root()
	seen := s.Current()
	theirs, err := s.Patch(ctx, root, []byte(`{"meta":{"appName":"Theirs"}}`))
	if err != nil {
		t.Fatal(err)
	}
	mine := []byte(`{"meta":{"appURL":"https://mine.example"}}`)
	if _, err := s.PatchFrom(ctx, root, seen, mine); !errors.Is(err, settings.ErrChanged) || s.Current() != theirs {
		t.Errorf("PatchFrom of settings that have changed = %v, and %+v", err, s.Current().Meta)
	}
	if err := s.Load(ctx); err != nil {
		t.Fatal(err)
	}
	got, err := s.PatchFrom(ctx, root, s.Current(), mine)
	if err != nil || got.Meta.AppName != "Theirs" || got.Meta.AppURL != "https://mine.example" {
		t.Errorf("PatchFrom of the current settings = %+v, %v", got, err)
	}
}

// Observers see each change once, with Current changed, before Patch returns.
func TestOnChange(t *testing.T) {
	t.Parallel()
	s := coretest.New(t).Settings()
	type pair struct{ from, to string }
	var seen []pair
	s.OnChange(func(was, is *settings.Settings) { panic("an observer that fails") })
	s.OnChange(func(was, is *settings.Settings) {
		if s.Current() != is {
			t.Errorf("the observer is told of %q while %q is current", is.Meta.AppName, s.Current().Meta.AppName)
		}
		seen = append(seen, pair{was.Meta.AppName, is.Meta.AppName})
	})
	for i, body := range []string{
		`{"meta":{"appName":"One"}}`, `{"meta":{"appName":"One"}}`, `{}`, `{"meta":{"appName":""}}`, `{"meta":{"appName":"Two"}}`,
	} {
		_, err := s.Patch(t.Context(), record.Root(), []byte(body))
		if (err != nil) != (i == 3) {
			t.Errorf("Patch(%s) = %v", body, err)
		}
		before := s.Current()
		if err := s.Load(t.Context()); err != nil || s.Current() != before {
			t.Errorf("Load() = %v, has replaced equal settings: %t", err, s.Current() != before)
		}
	}
	if want := []pair{{"Acme", "One"}, {"One", "Two"}}; !slices.Equal(seen, want) {
		t.Errorf("observers saw %v, want %v", seen, want)
	}
}
