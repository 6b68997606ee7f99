package record_test

import (
	"strings"
	"testing"

	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

// TestAdmits: rules of channels over the caller, other collections and the channel's name.
func TestAdmits(t *testing.T) {
	t.Parallel()
	b := newBed(t, `{"name":"people","type":"auth","id":"people000000000","fields":[{"name":"role","type":"text"}]}`,
		`{"name":"members","fields":[{"name":"room","type":"text"},{"name":"user","type":"relation","collectionId":"people000000000"}]}`)
	person := func(name, role string) record.Caller {
		id := b.add("people", object{"email": name + "@example.com", "role": role, "password": "some words", "passwordConfirm": "some words"})
		return record.Caller{Auth: b.stored("people", id)}
	}
	ann, bob, guest := person("ann", "admin"), person("bob", ""), record.Caller{}
	b.add("members", object{"room": "r1", "user": ann.Auth.ID()})
	channel := []string{"room:r1:talk", "r1", "talk"}
	rule := func(text string) *string { return &text }
	for _, tt := range []struct {
		rule *string
		want string // the names of the admitted callers
	}{
		{nil, "root"},
		{rule(""), "root ann bob guest"},
		{rule("@request.auth.id != ''"), "root ann bob"},
		{rule("@request.auth.role = 'admin'"), "root ann"},
		{rule("@collection.members.room ?= @channel.1 && @collection.members.user ?= @request.auth.id"), "root ann"},
		{rule("@collection.members.room ?= @channel.2 && @collection.members.user ?= @request.auth.id"), "root"},
		{rule("@channel.name = 'room:r1:talk' && @channel.2:lower = 'talk'"), "root ann bob guest"},
		{rule("@channel.name = @request.auth.id"), "root"},
		{rule("@request.context = 'realtime'"), "root"},
		{rule("@collection.gone.x = 1"), "root"}, // cannot be used
		{rule("@channel.3 = ''"), "root"},
	} {
		var admitted []string
		for _, c := range []struct {
			name   string
			caller record.Caller
		}{{"root", coretest.Root()}, {"ann", ann}, {"bob", bob}, {"guest", guest}} {
			ok, _, err := b.Records().Admits(t.Context(), c.caller, tt.rule, channel)
			if err != nil {
				t.Fatal(err)
			}
			if ok {
				admitted = append(admitted, c.name)
			}
		}
		if got := strings.Join(admitted, " "); got != tt.want {
			said := "null"
			if tt.rule != nil {
				said = *tt.rule
			}
			t.Errorf("%s admits %q, want %q", said, got, tt.want)
		}
	}
	// Rules read the stored account.
	if _, err := b.Records().Update(t.Context(), coretest.Root(), "people", ann.Auth.ID(), record.Input{Body: object{"role": ""}}); err != nil {
		t.Fatal(err)
	}
	if ok, _, err := b.Records().Admits(t.Context(), ann, rule("@request.auth.role = 'admin'"), channel); ok || err != nil {
		t.Errorf("a role that was taken away: %v, %v", ok, err)
	}
	for text, want := range map[string]bool{
		"@channel.name = ''": true, "@channel.2 = ''": true, "@channel.3 = ''": false, "@channel.0 = ''": false, "@channel.01 = ''": false,
		"@channel.x = ''": false, "@channel.1.x = ''": false, "@channel.1:each = ''": false, "id = ''": false, "room = 'x'": false, "nonsense =": false,
		"@collection.members.room ?= @channel.1": true, "@collection.gone.x = 1": false,
	} {
		if err := b.Records().CheckChannelRule(2, text); (err == nil) != want {
			t.Errorf("CheckChannelRule(%s) = %v", text, err)
		}
	}
	if _, err := b.create(guest, "members", object{"room": "x"}); err == nil || strings.Contains(err.Error(), "channel") {
		t.Errorf("create: %v", err)
	}
}
