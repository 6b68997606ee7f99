package core_test

import (
	"slices"
	"testing"
	"time"

	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Actors returns the accounts that have changed the definition, without those of other definitions and
// of earlier changes.
func TestActors(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	in := coretest.Collection(t, app, `{"name":"a"}`) // the hashes of the passwords take longer than a millisecond
	superuser := func(email string) record.Caller {
		return record.Caller{Auth: coretest.Record(t, app, schema.Superusers, map[string]any{"email": email, "password": "12345678"})}
	}
	one, other := superuser("a@b.se"), superuser("c@b.se")
	rename := func(by record.Caller, name string) {
		t.Helper()
		if _, err := app.Collections().Update(t.Context(), by, in.ID, []byte(`{"name":"`+name+`"}`)); err != nil {
			t.Fatal(err)
		}
	}
	set := func(by record.Caller, name string) {
		t.Helper()
		if _, err := app.Settings().Patch(t.Context(), by, []byte(`{"meta":{"appName":"`+name+`"}}`)); err != nil {
			t.Fatal(err)
		}
	}
	has := func(collection string, since time.Time, want ...string) {
		t.Helper()
		got, err := app.Actors(t.Context(), one, collection, since)
		if slices.Sort(got); err != nil || !slices.Equal(got, slices.Sorted(slices.Values(want))) {
			t.Errorf("Actors(%q) = %q, %v, want %q", collection, got, err, want)
		}
	}
	begin := app.Now()
	has("", begin)
	rename(one, "b")
	rename(one, "c")
	set(one, "x")
	set(other, "y")
	set(record.Root(), "z")
	has(in.ID, begin, one.Actor())
	has("", begin, one.Actor(), other.Actor(), "")
	has(in.ID, app.Now().Add(time.Hour))
	if _, err := app.Actors(t.Context(), record.Caller{}, "", begin); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("a guest gets %v", err)
	}
}
