package core_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Each superuser has views of their own.
func TestSavedViews(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	one := record.Caller{Auth: coretest.Record(t, app, schema.Superusers, map[string]any{"email": "a@b.se", "password": "12345678"})}
	other := record.Caller{Auth: coretest.Record(t, app, schema.Superusers, map[string]any{"email": "c@b.se", "password": "12345678"})}
	save := func(by record.Caller, v core.SavedView, was string) {
		t.Helper()
		if err := app.ReplaceView(t.Context(), by, v, was); err != nil {
			t.Fatal(err)
		}
	}
	save(one, core.SavedView{Collection: "c", Name: "x", Query: "filter=1"}, "")
	save(one, core.SavedView{Collection: "d", Name: "x", Query: "filter=2"}, "")
	if err := app.SaveView(t.Context(), one, core.SavedView{Collection: "c", Name: "x", Query: "filter=4"}); err != nil {
		t.Fatal(err)
	}
	save(one, core.SavedView{Collection: "c", Name: "z", Query: "filter=3"}, "x")
	save(one, core.SavedView{Collection: "c", Name: "new"}, "")
	save(other, core.SavedView{Collection: "c", Name: "y"}, "")
	for _, was := range []string{"", "new", "unknown"} {
		if err := app.ReplaceView(t.Context(), one, core.SavedView{Collection: "c", Name: "z"}, was); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q becomes the second view z: %v", was, err)
		}
	}
	list, err := app.SavedViews(t.Context(), one, "c")
	if want := []core.SavedView{{"c", "z", "filter=3"}, {"c", "new", ""}}; err != nil || !slices.Equal(list, want) {
		t.Errorf("SavedViews = %v, %v, want %v", list, err, want)
	}
	for _, name := range []string{"z", "new"} {
		if err := app.DeleteView(t.Context(), one, "c", name); err != nil {
			t.Fatal(err)
		}
	}
	if list, err = app.SavedViews(t.Context(), one, "c"); err != nil || len(list) != 0 {
		t.Errorf("after the end of it: %v, %v", list, err)
	}
	for _, v := range []core.SavedView{{Collection: "c"}, {Collection: "c", Name: strings.Repeat("x", 61)}, {Collection: "c", Name: "x", Query: strings.Repeat("x", 5000)}} {
		if err := app.SaveView(t.Context(), one, v); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%.9v is saved: %v", v, err)
		}
	}
	if _, err := app.SavedViews(t.Context(), record.Caller{}, "c"); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("a guest: %v", err)
	}
}
