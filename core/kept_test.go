package core_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

func TestKept(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	superuser := func(email string) record.Caller {
		const secret = "correct-horse"
		return record.Caller{Auth: coretest.Record(t, app, "_superusers", map[string]any{"email": email, "password": secret, "passwordConfirm": secret})}
	}
	one, other := superuser("one@example.com"), superuser("other@example.com")
	add := func(by record.Caller, name, value string) error {
		return core.ChangeKept(t.Context(), app, by, name, func(list []string) ([]string, error) { return append(list, value), nil })
	}
	for _, value := range []string{"a", "b"} {
		if err := add(one, "things", value); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		by   record.Caller
		name string
		want []string
	}{{one, "things", []string{"a", "b"}}, {one, "others", nil}, {other, "things", nil}} {
		var got []string
		if err := app.Kept(t.Context(), tt.by, tt.name, &got); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("Kept(%q) = %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
	refused := errors.New("refused")
	err := core.ChangeKept(t.Context(), app, one, "things", func([]string) ([]string, error) { return nil, refused })
	if !errors.Is(err, refused) {
		t.Errorf("ChangeKept = %v, want %v", err, refused)
	}
	if err := add(one, "things", strings.Repeat("x", 1<<18)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a document that is too large: %v", err)
	}
	if err := add(record.Caller{}, "things", "c"); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("a guest changes what is kept: %v", err)
	}
	var got []string
	if err := app.Kept(t.Context(), one, "things", &got); err != nil || len(got) != 2 {
		t.Errorf("after refusals Kept = %q, %v", got, err)
	}
	if err := app.Kept(t.Context(), record.Caller{}, "things", &got); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("a guest reads what is kept: %v", err)
	}
}
