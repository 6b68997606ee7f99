package record_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// shownRules are list rules of the collection of TestShow.
var shownRules = []string{
	`null`, `""`, `"@request.auth.id != ''"`, `"owner = @request.auth.id"`, `"readers.id ?= @request.auth.id"`, `"pub = true"`,
	`"owner.name = @request.auth.name"`, `"@request.auth.name = 'bob'"`, `"@request.auth.email ~ 'example' && n > 1"`,
	`"@request.headers.x_key = 'open'"`, `"@request.context = 'realtime'"`, `"@collection.people.name ?= 'ann' && pub = false"`,
}

// TestShow compares the records that an audience is shown of changes with the lists of each member:
// for a created or updated record with a list after the change, for a deleted record with a list
// before it.
func TestShow(t *testing.T) {
	t.Parallel()
	b := newBed(t, `{"name":"people","type":"auth","id":"people000000000","viewRule":"id = @request.auth.id","fields":[{"name":"name","type":"text"}]}`,
		`{"name":"notes","fields":[{"name":"title","type":"text"},{"name":"secret","type":"text","hidden":true},{"name":"n","type":"number"},
		{"name":"pub","type":"bool"},{"name":"owner","type":"relation","collectionId":"people000000000"},
		{"name":"readers","type":"relation","collectionId":"people000000000","maxSelect":9}]}`)
	person := func(name string) string {
		return b.add("people", object{"name": name, "email": name + "@example.com", "password": "some words", "passwordConfirm": "some words"})
	}
	record.SetPause(b.Records(), func(context.Context, time.Duration) {})
	ann, bob := person("ann"), person("bob")
	superuser := b.stored("_superusers", b.add("_superusers", object{"email": "root@example.com", "password": "some words", "passwordConfirm": "some words"}))
	request := record.Caller{Context: "realtime", Method: "GET", Headers: map[string][]string{"X-Key": {"open"}}}
	audience := record.Audience{Request: request, Auth: []*record.Record{nil, b.stored("people", ann), b.stored("people", bob), superuser}}
	listed := func(id, filter, expand string) (seen []string) {
		for _, auth := range audience.Auth {
			caller := request
			caller.Auth = auth
			where := "id = '" + id + "'"
			if filter != "" {
				where += " && (" + filter + ")"
			}
			page, err := b.Records().List(t.Context(), caller, "notes", record.ListParams{Filter: where, Expand: expand})
			if err != nil {
				if fault.KindOf(err) == fault.Internal {
					t.Fatalf("list by %s: %v", where, err)
				}
				seen = append(seen, "[]")
				continue
			}
			seen = append(seen, string(page.Items))
		}
		return seen
	}
	shown := func(id string, place int) (seen []string) {
		list := b.logged("notes", id)
		if place < 0 {
			place = len(list) - 1
		}
		shown, err := b.Records().Show(t.Context(), audience, list[place])
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range shown {
			seen = append(seen, "["+string(s.JSON)+"]")
		}
		return seen
	}
	seen := 0
	for i, rule := range shownRules {
		b.configure("notes", fmt.Sprintf(`{"listRule":%s,"viewRule":""}`, rule))
		for _, filter := range []string{"", "n = 2", "secret = 'x'", "owner.name = 'ann'", "@request.auth.id != ''", "nonsense =", "title ~ 'a' && pub = true"} {
			for _, expand := range []string{"", "owner,readers"} {
				if audience.Filter, audience.Expand = filter, expand; filter != "" && expand != "" {
					continue
				}
				id := b.add("notes", object{"title": "a", "secret": "x", "n": i % 3, "pub": i%2 == 0, "owner": ann, "readers": []string{bob}})
				what := fmt.Sprintf("rule %s, filter %s, expand %s", rule, filter, expand)
				if got, want := shown(id, 0), listed(id, filter, expand); !slices.Equal(got, want) {
					t.Fatalf("%s: a creation shows\n%q, want\n%q", what, got, want)
				}
				b.set("notes", id, object{"n": 2, "pub": true, "owner": bob})
				want := listed(id, filter, expand)
				if got := shown(id, -1); !slices.Equal(got, want) {
					t.Fatalf("%s: an update shows\n%q, want\n%q", what, got, want)
				}
				check(t, "delete", b.delete(coretest.Root(), "notes", id), "ok")
				if got := shown(id, -1); !slices.Equal(got, want) {
					t.Fatalf("%s: a deletion shows\n%q, want\n%q", what, got, want)
				}
				if got := shown(id, 0); !slices.Equal(got, []string{"[]", "[]", "[]", "[]"}) {
					t.Fatalf("%s: the creation of what is gone shows %q", what, got)
				}
				for _, s := range want {
					if s != "[]" {
						seen++
					}
				}
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d were shown: the test compares nothing", seen)
	}
}

// TestShowAddresses checks that an e-mail address is shown to the members to whom a view shows it.
func TestShowAddresses(t *testing.T) {
	t.Parallel()
	b := newBed(t, `{"name":"people","type":"auth","listRule":"","viewRule":"","manageRule":"@request.auth.name = 'boss'","fields":[{"name":"name","type":"text"}]}`)
	person := func(name string, visible bool) string {
		return b.add("people", object{"name": name, "email": name + "@example.com", "emailVisibility": visible, "password": "some words", "passwordConfirm": "some words"})
	}
	ids := []string{person("ann", false), person("bob", true), person("boss", false)}
	audience := record.Audience{Auth: []*record.Record{nil}}
	for _, id := range ids {
		audience.Auth = append(audience.Auth, b.stored("people", id))
	}
	for _, id := range ids {
		list := b.logged("people", id)
		shown, err := b.Records().Show(t.Context(), audience, list[0])
		if err != nil {
			t.Fatal(err)
		}
		for i, auth := range audience.Auth {
			want, err := b.Records().Get(t.Context(), record.Caller{Auth: auth}, "people", id, "")
			if err != nil || string(shown[i].JSON) != string(want) {
				t.Errorf("member %d is shown %s, want %s, %v", i, shown[i].JSON, want, err)
			}
		}
	}
}

// TestShowStoredAccount: the rules of expanded records read the stored account, not the account as
// it was at sign-in.
func TestShowStoredAccount(t *testing.T) {
	t.Parallel()
	b := newBed(t, `{"name":"people","type":"auth","id":"people000000000","fields":[{"name":"role","type":"text"}]}`,
		`{"name":"secrets","id":"secrets00000000","viewRule":"@request.auth.role = 'admin'","fields":[{"name":"text","type":"text"}]}`,
		`{"name":"notes","listRule":"","fields":[{"name":"of","type":"relation","collectionId":"secrets00000000"}]}`)
	ann := b.add("people", object{"role": "admin", "email": "ann@example.com", "password": "some words", "passwordConfirm": "some words"})
	signedIn := b.stored("people", ann)
	note := b.add("notes", object{"of": b.add("secrets", object{"text": "hidden words"})})
	shows := func() string {
		shown, err := b.Records().Show(t.Context(), record.Audience{Expand: "of", Auth: []*record.Record{signedIn}}, b.logged("notes", note)[0])
		if err != nil {
			t.Fatal(err)
		}
		return string(shown[0].JSON)
	}
	if got := shows(); !strings.Contains(got, "hidden words") {
		t.Errorf("an admin sees %s", got)
	}
	if _, err := b.Records().Update(t.Context(), coretest.Root(), "people", ann, record.Input{Body: object{"role": ""}}); err != nil {
		t.Fatal(err)
	}
	if got := shows(); got == "" || strings.Contains(got, "hidden words") {
		t.Errorf("no admin sees %q", got)
	}
}
