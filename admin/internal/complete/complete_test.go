package complete

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
		"ro":                         "room @tomorrow",
		"room.":                      "room.id room.owner room.title room.beds_via_room",
		"room.owner.na":              "room.owner.name",
		"wn":                         "",
		"room.wn":                    "room.owner",
		"room.owner.pass":            "",
		"room.owner.em":              "room.owner.email room.owner.emailVisibility",
		"tags:":                      "tags:each tags:length",
		"room.title:":                "room.title:lower",
		"@request.body.ta":           "@request.body.tags",
		"@request.body.tags:":        "@request.body.tags:each @request.body.tags:isset @request.body.tags:length @request.body.tags:changed",
		"@request.auth.name:":        "@request.auth.name:lower",
		"@request.headers.x_token:":  "@request.headers.x_token:isset",
		"@collection.beds.tags:":     "@collection.beds.tags:each @collection.beds.tags:length",
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
		w := words{snapshot: app.Snapshot(), rule: true}
		for _, c := range w.at(app.Snapshot().Find("beds"), "", typed) {
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
	w := words{snapshot: app.Snapshot()}
	filter := w.at(app.Snapshot().Find("beds"), "", "@")
	if slices.ContainsFunc(filter, func(c Completion) bool { return c.Text == "@request" || c.Text == "@collection" }) {
		t.Error("a filter is offered what only rules may say")
	}
}

func TestCompletionsFitThePlace(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Collection(t, app, `{"name":"rooms","fields":[{"name":"kind","type":"select","values":["small","it's \\ big"]},{"name":"size","type":"number"}]}`)
	beds := coretest.Collection(t, app, `{"name":"beds","fields":[{"name":"room","type":"relation","collectionId":"`+app.Snapshot().Find("rooms").ID+`"},
		{"name":"tags","type":"select","values":["a","b"],"maxSelect":2}]}`)
	const (
		signs = "= != ~ !~ > >= < <="
		joins = "&& ||"
		names = "id room tags @now …"
	)
	for _, c := range []struct {
		before, typed string
		rule          bool
		want          string
	}{
		{"", "", false, names},
		{"", "", true, "id room tags @request …"},
		{"tags ", "", false, signs},
		{"room.size  ", "", false, signs},
		{"room.size > ", "", false, names},
		{"room.size > 3 ", "", false, joins},
		{"room.size > 3 && tags ", "", false, signs},
		{"room.kind = 'a = b' ", "", false, joins},
		{"'a' = \"b\" ", "", false, joins},
		{"(id = 'a') ", "", false, joins + " …"},
		{"tomato ", "", false, ""},
		{"@request.auth.id ", "", true, signs},
		{"@request.auth.id ", "", false, ""},
		{"@now ", "", false, signs},
		{"tags:each ", "", false, signs},
		{"", "tags:each:", false, ""},
		{"tags = ", "", false, "'a' 'b'"},
		{"tags ?=", "", false, "'a' 'b'"},
		{"tags:each != ", "B", false, "'b'"},
		{"room.kind = ", "'", false, `'small' 'it\'s \\ big'`},
		{"room.kind = ", "'IT", false, `'it\'s \\ big'`},
		{"room.kind = ", `"it`, false, `"it's \\ big"`},
		{"@request.body.tags = ", "'", true, "'a' 'b'"},
		{"@collection.beds:b.tags = ", "'", true, "'a' 'b'"},
		{"@collection.beds.room.kind ?= ", "'s", true, "'small'"},
		{"room.size = ", "'", false, ""},
		{"", "'", false, ""},
		{"nothing.tags = ", "'", false, ""},
	} {
		w := words{snapshot: app.Snapshot(), rule: c.rule}
		var texts []string
		for _, found := range w.at(beds, c.before, c.typed) {
			texts = append(texts, found.Text)
		}
		got, begins := strings.Join(texts, " "), false
		if want, more := strings.CutSuffix(c.want, " …"); more {
			begins = strings.HasPrefix(got, want)
		}
		if got != c.want && !begins {
			t.Errorf("%s|%s completes to %s, want %s", c.before, c.typed, got, c.want)
		}
	}
	for _, value := range []string{`'it\'s \\ big'`, `"it's \\ big"`} {
		if err := app.Records().CheckFilter(t.Context(), record.Root(), "beds", "room.kind = "+value, nil); err != nil {
			t.Errorf("%s: %v", value, err)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	rooms := coretest.Collection(t, app, `{"name":"rooms","fields":[{"name":"title","type":"text"},{"name":"owner","type":"relation","collectionId":"`+app.Snapshot().Find("users").ID+`"}]}`)
	for path, want := range map[string]Misspelt{
		"titel":                   {0, "titel", "title"},
		"title:lowr":              {6, "lowr", "lower"},
		"owner.emial":             {6, "emial", "email"},
		"owner.rooms_via_ownr.id": {6, "rooms_via_ownr", "rooms_via_owner"},
		"@request.auth.verifed":   {14, "verifed", "verified"},
		"@requst.auth.id":         {0, "@requst", "@request"},
		"@collection.roms.title":  {12, "roms", "rooms"},
		"@yestrday":               {0, "@yestrday", "@yesterday"},
		"geoDistanc":              {0, "geoDistanc", "geoDistance"},
		"owner.password":          {},
		"@request.query.a":        {},
		"title":                   {},
		"something":               {},
		"title.":                  {},
		"":                        {},
	} {
		got, ok := Nearest(app.Snapshot(), rooms, path)
		if ok != (want.Meant != "") || ok && got != want {
			t.Errorf("Nearest(%q) = %+v, %v, want %+v", path, got, ok, want)
		}
	}
}
