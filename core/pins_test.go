package core_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Each superuser has pins of their own; pins of deleted collections do not count.
func TestPins(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	superuser := func(email string) record.Caller {
		return record.Caller{Auth: coretest.Record(t, app, schema.Superusers, map[string]any{"email": email, "password": "12345678"})}
	}
	one, other := superuser("a@b.se"), superuser("c@b.se")
	a := coretest.Collection(t, app, `{"name":"a"}`).ID
	b := coretest.Collection(t, app, `{"name":"b"}`).ID
	pin := func(by record.Caller, id string, pinned bool) {
		t.Helper()
		if err := app.Pin(t.Context(), by, id, pinned); err != nil {
			t.Fatal(err)
		}
	}
	has := func(by record.Caller, want ...string) {
		t.Helper()
		if got, err := app.Pins(t.Context(), by); err != nil || !slices.Equal(got, want) {
			t.Errorf("Pins = %v, %v, want %v", got, err, want)
		}
	}
	has(one)
	pin(one, b, true)
	pin(one, a, true)
	pin(one, b, true) // moves b to the end
	pin(other, b, true)
	has(one, a, b)
	has(other, b)
	pin(one, a, false)
	pin(one, a, false)
	has(one, b)

	if err := app.Pin(t.Context(), one, "nothing", true); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a collection that is not there is pinned: %v", err)
	}
	for _, act := range []func() error{
		func() error { _, err := app.Pins(t.Context(), record.Caller{}); return err },
		func() error { return app.Pin(t.Context(), record.Caller{}, a, true) },
	} {
		if err := act(); fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("a guest: %v", err)
		}
	}
}

func TestPinsAreBounded(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	by := record.Caller{Auth: coretest.Record(t, app, schema.Superusers, map[string]any{"email": "a@b.se", "password": "12345678"})}
	var last error
	for i := range 101 {
		if last != nil {
			t.Fatal(i, last)
		}
		last = app.Pin(t.Context(), by, coretest.Collection(t, app, fmt.Sprintf(`{"name":"c%d"}`, i)).ID, true)
	}
	if fault.KindOf(last) != fault.Invalid {
		t.Errorf("101 pins: %v", last)
	}
}
