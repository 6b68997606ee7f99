package query_test

import (
	"testing"

	"github.com/loambase/loam/core/internal/query"
)

// There is a warning for a list that is compared as a text, and for an unknown field of
// @request.auth, but not for other comparisons.
func TestWarnings(t *testing.T) {
	f := everything(t)
	for rule, want := range map[string]int{
		"ups ?= @request.auth.id": 1, "@request.auth.id ?= ups": 1, "ups = @request.auth.id": 1, "sel ?= 'x'": 1, "sel ?!= 'x'": 1,
		"n > 1 && (sel = 'x' || whos = 'y')": 2, "@collection.node.ups ?= @request.auth.id": 1,
		"ups.id ?= @request.auth.id": 0, "sel:each ?= 'x'": 0, "sel ~ 'x'": 0, "sel:length > 1": 0, "s1 = 'x'": 0, "up = @request.auth.id": 0,
		"@request.auth.rol > 1": 1, "1 = @request.auth.rol:lower": 1, "@request.auth.email = 'x'": 0, "@request.auth.collectionName = 'x'": 0,
		"sel = ''": 0, "sel != ''": 0, "ups = '[]'": 0, "": 0, "nope = 1": 0,
	} {
		if got := query.Warnings(f.snapshot, f.snapshot.Find("node"), rule); len(got) != want {
			t.Errorf("Warnings(%q) = %q, want %d", rule, got, want)
		}
	}
}
