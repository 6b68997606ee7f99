package collection_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// TestClashesOfAnIndex: the failure of a unique index lists the stored records that violate it,
// with the values that may be shown, and nothing has changed.
func TestClashesOfAnIndex(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(`{"name":"people","fields":[{"name":"email","type":"email"},{"name":"team","type":"text"},{"name":"pin","type":"text","hidden":true},{"name":"n","type":"number"}]}`)
	for i, r := range []struct{ email, team, pin string }{
		{"ann@x.io", "a", "1"}, {"Ann@x.io", "a", "1"}, {"bob@x.io", "a", "2"}, {"ANN@x.io", "b", "3"}, {"", "b", "4"}, {"", "b", "5"},
	} {
		_, err := w.records.Create(context.Background(), record.Root(), "people", record.Input{Body: map[string]any{
			"id": fmt.Sprintf("person%09d", i), "email": r.email, "team": r.team, "pin": r.pin, "n": i / 2,
		}})
		w.must(err)
	}
	for index, want := range map[string]string{
		"(email COLLATE NOCASE) WHERE email != ''": `[[{"email":"ann@x.io","id":"0"},{"email":"Ann@x.io","id":"1"},{"email":"ANN@x.io","id":"3"}]]`,
		"(team, lower(email))":                     `[[{"id":"0","team":"a"},{"id":"1","team":"a"}],[{"id":"4","team":"b"},{"id":"5","team":"b"}]]`,
		"(pin)":                                    `[[{"id":"0"},{"id":"1"}]]`,
		"(n DESC)":                                 `[[{"id":"0"},{"id":"1"}],[{"id":"2"},{"id":"3"}],[{"id":"4"},{"id":"5"}]]`,
	} {
		before := w.state()
		body, err := json.Marshal(map[string]any{"indexes": []string{"CREATE UNIQUE INDEX i_people ON people " + index}})
		w.must(err)
		_, err = w.Update(context.Background(), record.Root(), "people", body)
		var failure *fault.Error
		if !errors.As(err, &failure) || failure.Fields["indexes"] == nil || failure.Fields["indexes"].Fields["0"] == nil {
			t.Fatalf("%s: %v, want a failure of the index", index, err)
		}
		leaf := failure.Fields["indexes"].Fields["0"]
		clashes, err := json.Marshal(leaf.Params["clashes"])
		if got := strings.ReplaceAll(string(clashes), "person00000000", ""); got != want || err != nil {
			t.Errorf("%s: clashes %s, want %s", index, got, want)
		}
		if leaf.Code != "validation_invalid_index_expression" || !strings.Contains(leaf.Message, "not unique: ") || !strings.Contains(leaf.Message, "person000000000") {
			t.Errorf("%s: %s %s", index, leaf.Code, leaf.Message)
		}
		if w.state() != before {
			t.Errorf("%s has changed something", index)
		}
	}
}
