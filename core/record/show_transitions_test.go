package record_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// TestShowTransitions lists a record as each member of an audience after each of its changes. When
// the record is deleted, the members are shown all changes, which must agree with those lists.
func TestShowTransitions(t *testing.T) {
	t.Parallel()
	b := newBed(t, `{"name":"people","type":"auth","id":"people000000000","viewRule":"id = @request.auth.id","fields":[{"name":"name","type":"text"}]}`,
		`{"name":"notes","fields":[{"name":"title","type":"text"},{"name":"secret","type":"text","hidden":true},{"name":"n","type":"number"},
		{"name":"pub","type":"bool"},{"name":"owner","type":"relation","collectionId":"people000000000"},
		{"name":"readers","type":"relation","collectionId":"people000000000","maxSelect":9}]}`)
	record.SetPause(b.Records(), func(context.Context, time.Duration) {})
	person := func(name string) string {
		return b.add("people", object{"name": name, "email": name + "@example.com", "password": "some words", "passwordConfirm": "some words"})
	}
	ann, bob := person("ann"), person("bob")
	superuser := b.stored("_superusers", b.add("_superusers", object{"email": "root@example.com", "password": "some words", "passwordConfirm": "some words"}))
	request := record.Caller{Context: "realtime", Method: "GET", Headers: map[string][]string{"X-Key": {"open"}}}
	audience := record.Audience{Request: request, Auth: []*record.Record{nil, b.stored("people", ann), b.stored("people", bob), superuser}, Transitions: true}
	counts := map[change.Action]int{}
	for _, rule := range shownRules {
		b.configure("notes", fmt.Sprintf(`{"listRule":%s,"viewRule":""}`, rule))
		for _, filter := range []string{"", "n = 2", "pub = true && title = 'b'", "readers:length = 0"} {
			audience.Filter = filter
			id := b.add("notes", object{"title": "a", "secret": "x", "n": 1, "owner": ann, "readers": []string{bob}})
			var states [][]string // after each change, by member; "" if the list is empty
			note := func() {
				var seen []string
				for _, auth := range audience.Auth {
					caller := request
					caller.Auth = auth
					where := "id = '" + id + "'"
					if filter != "" {
						where += " && (" + filter + ")"
					}
					page, err := b.Records().List(t.Context(), caller, "notes", record.ListParams{Filter: where})
					switch {
					case fault.KindOf(err) == fault.Forbidden || err == nil && string(page.Items) == "[]":
						seen = append(seen, "")
					case err != nil:
						t.Fatal(err)
					default:
						seen = append(seen, string(page.Items[1:len(page.Items)-1]))
					}
				}
				states = append(states, seen)
			}
			note()
			for _, body := range []object{{"n": 2, "pub": true}, {"title": "b"}, {"owner": bob, "readers": []string{}}, {"n": 1, "owner": ann}, {"pub": false}} {
				b.set("notes", id, body)
				note()
			}
			check(t, "delete", b.delete(coretest.Root(), "notes", id), "ok")
			none := make([]string, len(audience.Auth))
			states = append(states, none)
			before := none
			for i, c := range b.logged("notes", id) {
				shown, err := b.Records().Show(t.Context(), audience, c)
				if err != nil {
					t.Fatal(err)
				}
				for member, s := range shown {
					got := string(s.Action) + " " + string(s.JSON)
					want := transition(c.Action, before[member], states[i][member])
					if s.Action == record.Leave {
						got = "leave"
					}
					if got != want {
						t.Fatalf("rule %s, filter %s: change %d shows member %d %s, want %s", rule, filter, i, member, got, want)
					}
					counts[s.Action]++
				}
				before = states[i]
			}
		}
	}
	for _, action := range []change.Action{"create", "update", "delete", "enter", "leave"} {
		if counts[action] < 5 {
			t.Errorf("only %d times somebody was told of %s: the test compares nothing", counts[action], action)
		}
	}
}

// transition returns the event for a member whose list has changed from before to after.
func transition(action change.Action, before, after string) string {
	switch {
	case action == change.Delete && before != "":
		return "delete " + before
	case action == change.Update && before == "" && after != "":
		return "enter " + after
	case after != "":
		return string(action) + " " + after
	case before != "":
		return "leave"
	}
	return " "
}

// TestShowTransitionsGone: a change that the log no longer holds is an error.
func TestShowTransitionsGone(t *testing.T) {
	t.Parallel()
	b := newBed(t, `{"name":"notes","listRule":"","fields":[{"name":"title","type":"text"}]}`)
	id := b.add("notes", object{"title": "a"})
	c := b.logged("notes", id)[0]
	c.Seq += 1000
	shown, err := b.Records().Show(t.Context(), record.Audience{Transitions: true, Auth: []*record.Record{nil}}, c)
	if !errors.Is(err, change.ErrGone) || slices.ContainsFunc(shown, func(s record.Shown) bool { return s.JSON != nil }) {
		t.Errorf("Show = %v, %v", shown, err)
	}
}
