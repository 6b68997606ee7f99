package realtime_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/budget"
	"github.com/loambase/loam/realtime"
)

// list is the list of a live query in a client.
type list struct {
	ids, texts []string
	known      bool // a state has arrived
}

// apply applies a message to the list.
func (l *list) apply(t testing.TB, m realtime.Message) {
	t.Helper()
	type item struct{ ID, Text string }
	switch kind(m) {
	case realtime.Snapshot:
		var state struct{ Items []item }
		if err := json.Unmarshal(m.Data, &state); err != nil {
			t.Fatalf("%s: %v", m.Data, err)
		}
		*l = list{known: true}
		for _, i := range state.Items {
			l.ids, l.texts = append(l.ids, i.ID), append(l.texts, i.Text)
		}
	case realtime.Reset:
		*l = list{}
	case realtime.Event:
		var e struct {
			Action, ID string
			Index      int
			Record     item
		}
		if err := json.Unmarshal(m.Data, &e); err != nil {
			t.Fatalf("%s: %v", m.Data, err)
		}
		if !l.known {
			t.Errorf("%s came before a state", m.Data)
		}
		id := e.ID
		if e.Action != "leave" {
			id = e.Record.ID
		}
		at := slices.Index(l.ids, id)
		if (at < 0) != (e.Action == "enter") {
			t.Errorf("%s of %q", m.Data, l.ids)
		}
		if at >= 0 {
			l.ids, l.texts = slices.Delete(l.ids, at, at+1), slices.Delete(l.texts, at, at+1)
		}
		if e.Action != "leave" {
			l.ids, l.texts = slices.Insert(l.ids, e.Index, id), slices.Insert(l.texts, e.Index, e.Record.Text)
		}
	}
}

// keep returns an answer function that stores the id of a subscription.
func keep(into *string) func(string, change.Token) []byte {
	return func(id string, _ change.Token) []byte {
		*into = id
		return []byte("ok")
	}
}

// until applies messages until the list shows the texts.
func (l *list) until(s *testSocket, texts ...string) {
	s.bed.t.Helper()
	for !l.known || !slices.Equal(l.texts, texts) {
		l.apply(s.bed.t, s.next())
	}
}

func TestLiveQuery(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{})
	first := b.note("notes", "b", "")
	b.note("notes", "d", "")
	s := b.socket(nil)
	w := realtime.Watch{Collection: "notes", Filter: "text != 'hidden'", Sort: "text", Limit: 3}
	id := s.watch(w)
	var shown list
	shown.until(s, "b", "d")
	b.note("notes", "c", "")
	shown.until(s, "b", "c", "d")
	b.note("notes", "a", "") // d drops out of the list
	shown.until(s, "a", "b", "c")
	stored, err := b.Records().FindByID(t.Context(), "notes", first)
	if err != nil {
		t.Fatal(err)
	}
	b.update(stored, map[string]any{"text": "hidden"})
	shown.until(s, "a", "c", "d")
	b.update(stored, map[string]any{"text": "aa"})
	shown.until(s, "a", "aa", "c")
	if err := b.Records().Delete(t.Context(), coretest.Root(), "notes", first); err != nil {
		t.Fatal(err)
	}
	shown.until(s, "a", "c", "d")

	// A second live query with the same options begins with the state of the first query, and stays
	// after the first query has ended.
	other := b.socket(nil)
	other.watch(w)
	var same list
	same.until(other, "a", "c", "d")
	if err := b.hub.Unwatch(s.Client, id); err != nil {
		t.Fatal(err)
	}
	b.note("notes", "0", "")
	same.until(other, "0", "a", "c")
	// A locked list rule empties the list; an open list rule fills it again.
	rule := func(text string) {
		if _, err := b.Collections().Update(t.Context(), record.Root(), "notes", []byte(`{"listRule":`+text+`}`)); err != nil {
			t.Fatal(err)
		}
	}
	rule("null")
	same.until(other)
	rule(`""`)
	same.until(other, "0", "a", "c")
}

// TestLiveQueryFollowsTheAccount: each account has a list of its own, and a client whose account
// changes gets the list of the new account.
func TestLiveQueryFollowsTheAccount(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{})
	ann, bob := b.user("ann"), b.user("bob")
	b.note("mine", "of ann", ann.ID())
	b.note("mine", "of bob", bob.ID())
	s := b.socket(ann)
	s.watch(realtime.Watch{Collection: "mine", Sort: "text"})
	var shown list
	shown.until(s, "of ann")
	s.signIn(bob)
	shown.until(s, "of bob")
	b.update(bob, map[string]any{"password": "other words", "passwordConfirm": "other words"})
	shown.until(s)
	b.note("mine", "late", bob.ID())
	b.note("mine", "for guests", "")
	shown.until(s, "for guests")
}

// TestLiveQueryReadsOthers: changes of records that a rule or an expanded relation reads update the
// list.
func TestLiveQueryReadsOthers(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{})
	ann := b.user("ann")
	coretest.Collection(t, b.App, `{"name":"members","listRule":"","fields":[{"name":"who","type":"text"}]}`)
	coretest.Collection(t, b.App, `{"name":"papers","listRule":"@collection.members.who ?= @request.auth.id","fields":[{"name":"text","type":"text"}]}`)
	b.note("papers", "secret", "")
	s := b.socket(ann)
	s.watch(realtime.Watch{Collection: "papers", Limit: 10})
	var shown list
	shown.until(s)
	member := coretest.Record(t, b.App, "members", map[string]any{"who": ann.ID()})
	shown.until(s, "secret")
	if err := b.Records().Delete(t.Context(), coretest.Root(), "members", member.ID()); err != nil {
		t.Fatal(err)
	}
	shown.until(s)
}

// TestLiveQueryReadsTheClock: a record that becomes due enters the list without a write.
func TestLiveQueryReadsTheClock(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	b := newBed(t, core.Config{Now: func() time.Time { return time.Now().Add(time.Duration(later.Load())) }})
	coretest.Collection(t, b.App, `{"name":"dates","listRule":"","fields":[{"name":"text","type":"text"},{"name":"due","type":"date"}]}`)
	coretest.Record(t, b.App, "dates", map[string]any{"text": "soon", "due": time.Now().Add(time.Hour)})
	s := b.socket(nil)
	s.watch(realtime.Watch{Collection: "dates", Filter: "due <= @now", Limit: 10})
	var shown list
	shown.until(s)
	later.Store(int64(2 * time.Hour))
	shown.until(s, "soon")
}

// TestLiveQueryOfAnything: after random writes the list equals the result of the query.
func TestLiveQueryOfAnything(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{})
	s := b.socket(nil)
	s.watch(realtime.Watch{Collection: "notes", Filter: "text > 'd'", Sort: "-text,id", Limit: 5})
	var writers sync.WaitGroup
	for n := range 3 {
		writers.Go(func() {
			random := rand.New(rand.NewPCG(uint64(n), 0))
			var own []string
			for range 40 {
				text := string(rune('a' + random.IntN(20)))
				switch k := random.IntN(4); {
				case k < 2 || len(own) == 0:
					own = append(own, b.note("notes", text, ""))
				case k == 2:
					if _, err := b.Records().Update(t.Context(), coretest.Root(), "notes", own[random.IntN(len(own))], record.Input{Body: map[string]any{"text": text}}); err != nil {
						t.Error(err)
					}
				default:
					i := random.IntN(len(own))
					if err := b.Records().Delete(t.Context(), coretest.Root(), "notes", own[i]); err != nil {
						t.Error(err)
					}
					own = slices.Delete(own, i, i+1)
				}
			}
		})
	}
	writers.Wait()
	page, err := b.Records().List(t.Context(), record.Caller{}, "notes", record.ListParams{Filter: "text > 'd'", Sort: "-text,id", PerPage: 5})
	if err != nil {
		t.Fatal(err)
	}
	var items []struct{ Text string }
	if err := json.Unmarshal(page.Items, &items); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, item := range items {
		want = append(want, item.Text)
	}
	var shown list
	shown.until(s, want...)
}

// TestSnapshot: the snapshot and the changes after it give the present state, even during many
// writes, and no change is in both.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{})
	if err := b.Transaction(t.Context(), func(tx *core.Tx) error {
		for i := range 600 {
			if _, err := tx.Records.Create(t.Context(), coretest.Root(), "notes", record.Input{Body: map[string]any{"text": fmt.Sprint("old ", i)}}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	const each = 30
	var writers sync.WaitGroup
	for n := range 3 {
		writers.Go(func() {
			for i := range each {
				b.note("notes", fmt.Sprint("new ", n, " ", i), "")
			}
		})
	}
	for range 4 {
		s := b.socket(nil)
		watched := make(chan error, 1)
		var id string
		go func() {
			watched <- b.hub.Watch(t.Context(), s.Client, realtime.Watch{Collection: "notes", Snapshot: true}, keep(&id))
		}()
		seen := map[string]bool{}
		pages := 0
		for len(seen) < 600+3*each {
			switch m := s.next(); kind(m) {
			case realtime.Snapshot:
				pages++
				var state struct {
					Items []struct{ Text string }
					More  bool
				}
				if err := json.Unmarshal(m.Data, &state); err != nil || state.More != (pages == 1) && pages < 2 || m.Mark.Token == "" {
					t.Fatalf("page %d: more %v, %v", pages, state.More, err)
				}
				for _, item := range state.Items {
					seen[item.Text] = true
				}
			case realtime.Event:
				var e struct{ Record struct{ Text string } }
				if err := json.Unmarshal(m.Data, &e); err != nil {
					t.Fatal(err)
				}
				if seen[e.Record.Text] {
					t.Errorf("%q was told twice", e.Record.Text)
				}
				seen[e.Record.Text] = true
			}
		}
		if err := <-watched; err != nil || pages != 2 {
			t.Errorf("%d pages, %v", pages, err)
		}
	}
	writers.Wait()
}

// TestSnapshotLimits: options that exceed limits or exclude each other are errors.
func TestSnapshotLimits(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{Limits: budget.Limits{Page: 1 << 20}})
	coretest.Collection(t, b.App, `{"name":"closed","fields":[{"name":"text","type":"text"}]}`)
	large := strings.Repeat("x", 4900)
	if err := b.Transaction(t.Context(), func(tx *core.Tx) error {
		for range 220 {
			if _, err := tx.Records.Create(t.Context(), coretest.Root(), "notes", record.Input{Body: map[string]any{"text": large}}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	s := b.socket(nil)
	for _, test := range []struct {
		watch realtime.Watch
		want  string
	}{
		{realtime.Watch{Collection: "notes", Snapshot: true}, "snapshot_too_large"},
		{realtime.Watch{Collection: "notes", Sort: "@random", Limit: 3}, "invalid"},
		{realtime.Watch{Collection: "notes", Sort: "nothing"}, "invalid"},
		{realtime.Watch{Collection: "notes", Limit: 501}, "invalid"},
		{realtime.Watch{Collection: "notes", Limit: -1}, "invalid"},
		{realtime.Watch{Collection: "notes", Limit: 1, Since: "a.1"}, "invalid"},
		{realtime.Watch{Collection: "notes", Snapshot: true, Since: "a.1"}, "invalid"},
		{realtime.Watch{Collection: "notes", Record: "x", Sort: "text"}, "invalid"},
		{realtime.Watch{Collection: "notes", Sort: "text", Actions: []string{"create"}}, "invalid"},
		{realtime.Watch{Collection: "closed", Sort: "text"}, "forbidden"},
		{realtime.Watch{Collection: "closed", Snapshot: true}, "forbidden"},
	} {
		var id string
		err := b.hub.Watch(t.Context(), s.Client, test.watch, keep(&id))
		got := fault.KindOf(err).String()
		var limit *realtime.LimitError
		if errors.As(err, &limit) {
			got = limit.Code
		}
		if err == nil || got != test.want || id != "" {
			t.Errorf("%+v: %v (%s), want %s", test.watch, err, got, test.want)
		}
	}
	for i := range 11 {
		var id string
		err := b.hub.Watch(t.Context(), s.Client, realtime.Watch{Collection: "notes", Filter: "text = ''", Limit: i + 1}, keep(&id))
		var limit *realtime.LimitError
		if (i < 10) != (err == nil) || i == 10 && (!errors.As(err, &limit) || limit.Code != "too_many_live_queries") {
			t.Errorf("live query %d: %v", i, err)
		}
		if err == nil { // the next socket waits until its state is taken
			if answer, state := s.next(), s.next(); kind(answer) != realtime.Answer || kind(state) != realtime.Snapshot {
				t.Errorf("live query %d was told %+v, %+v", i, answer, state)
			}
		}
	}
}
