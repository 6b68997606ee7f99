package settings

import (
	"encoding/json"
	"testing"

	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

// A refused import names every wrong collection, with its line.
func TestProblemOf(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	for text, want := range map[string]string{
		"[{\"name\":\"fine\"},\n{\"name\":\"one\",\"listRule\":\"no = 1\"},\n{\"name\":\"two\",\"fields\":[{\"name\":\"a\",\"type\":\"select\"}]}]": "Line 2, one: listRule: Invalid rule. Raw error: invalid left operand \"no\" - unknown field \"no\". " +
			"Line 3, two: a values: Cannot be blank.",
		"[{\"name\":\"one\",\"fields\":[{\"name\":\"a\",\"type\":\"nope\"}]}]": "Line 1, one: unknown field type \"nope\".",
	} {
		d, problem := definitionsOf(text)
		if problem != "" {
			t.Fatal(problem)
		}
		body, err := json.Marshal(map[string]any{"import": map[string]any{"collections": d.list}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = app.Collections().Plan(t.Context(), record.Root(), body)
		if got, err := d.problemOf(err); got != want || err != nil {
			t.Errorf("%s\ngot  %s, %v\nwant %s", text, got, err, want)
		}
	}
}
