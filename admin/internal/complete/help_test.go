package complete

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

func TestHelpIsCompleted(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Collection(t, app, `{"name":"rooms","fields":[{"name":"title","type":"text"},
		{"name":"owner","type":"relation","collectionId":"`+app.Snapshot().Find("users").ID+`"}]}`)
	in := app.Snapshot().Find("rooms")
	names := 0
	for _, topic := range Help(app.Snapshot(), in) {
		for _, n := range topic.Names {
			names++
			if !slices.ContainsFunc(Rule(app.Snapshot(), in, "", n.Text), func(c Completion) bool { return c.Text == n.Text }) {
				t.Errorf("%s: %s is not completed", topic.Title, n.Text)
			}
			for _, modifier := range n.Modifiers {
				text := n.Text + ":" + modifier
				if !slices.ContainsFunc(Rule(app.Snapshot(), in, "", text), func(c Completion) bool { return c.Text == text }) {
					t.Errorf("%s: %s is not completed", topic.Title, text)
				}
			}
		}
	}
	if names < 50 {
		t.Errorf("the help has %d names, want at least 50", names)
	}
}

func TestExamplesAreRules(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	users := app.Snapshot().Find("users").ID
	for _, definition := range []string{
		`{"name":"empty"}`,
		`{"name":"people","type":"auth"}`,
		`{"name":"kinds","fields":[{"name":"kind","type":"select","values":["it's"]},{"name":"done","type":"bool"}]}`,
		`{"name":"many","fields":[{"name":"tags","type":"select","values":["a","b"],"maxSelect":2},{"name":"owners","type":"relation","maxSelect":3,"collectionId":"` + users + `"}]}`,
	} {
		in := coretest.Collection(t, app, definition)
		for _, rule := range Examples(app.Snapshot(), app.Snapshot().Find(in.Name)) {
			body, err := json.Marshal(map[string]string{"listRule": rule})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := app.Collections().Update(t.Context(), record.Root(), in.ID, body); err != nil {
				t.Errorf("%s: %s: %v", in.Name, rule, err)
			}
		}
	}
}
