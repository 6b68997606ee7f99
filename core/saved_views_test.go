package core_test

import (
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
	save := func(by record.Caller, v core.SavedView) {
		t.Helper()
		if err := app.SaveView(t.Context(), by, v); err != nil {
			t.Fatal(err)
		}
	}
	save(one, core.SavedView{Collection: "c", Name: "x", Query: "filter=1"})
	save(one, core.SavedView{Collection: "d", Name: "x", Query: "filter=2"})
	save(one, core.SavedView{Collection: "c", Name: "x", Query: "filter=3"})
	save(other, core.SavedView{Collection: "c", Name: "y"})
	list, err := app.SavedViews(t.Context(), one, "c")
	if err != nil || len(list) != 1 || list[0].Query != "filter=3" {
		t.Errorf("SavedViews = %v, %v", list, err)
	}
	if err := app.DeleteView(t.Context(), one, "c", "x"); err != nil {
		t.Fatal(err)
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
