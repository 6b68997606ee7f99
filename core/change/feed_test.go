package change_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

// subscribe returns a subscription that is closed when the test ends.
func subscribe(t *testing.T, l *change.Log, from change.Token) (*change.Subscription, change.Token) {
	t.Helper()
	s, token, err := l.Subscribe(t.Context(), from)
	if err != nil {
		t.Fatalf("Subscribe(%q): %v", from, err)
	}
	t.Cleanup(s.Close)
	return s, token
}

// receive returns the next n changes, and the token after them.
func receive(t *testing.T, s *change.Subscription, n int) (list []change.Change, token change.Token) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for len(list) < n {
		b, err := s.Next(ctx)
		if err != nil {
			t.Fatalf("Next after %d of %d changes: %v", len(list), n, err)
		}
		list, token = append(list, b.Changes...), b.Token
	}
	if len(list) > n {
		t.Fatalf("received %d changes, want %d: %v", len(list), n, list[n:])
	}
	return list, token
}

func update(t testing.TB, app *core.App, collection, id string, body map[string]any) {
	t.Helper()
	if _, err := app.Records().Update(t.Context(), coretest.Root(), collection, id, record.Input{Body: body}); err != nil {
		t.Fatalf("update %s: %v", id, err)
	}
}

func remove(t testing.TB, app *core.App, collection, id string) {
	t.Helper()
	if err := app.Records().Delete(t.Context(), coretest.Root(), collection, id); err != nil {
		t.Fatalf("delete %s: %v", id, err)
	}
}

// fields returns the values of Before by the names of fields.
func fields(t *testing.T, app *core.App, c change.Change) map[string]any {
	t.Helper()
	if c.Before == nil {
		return nil
	}
	byID, byName := map[string]any{}, map[string]any{}
	if err := json.Unmarshal(c.Before, &byID); err != nil {
		t.Fatalf("before of %s: %v", c.Record, err)
	}
	for _, f := range app.Snapshot().ByID(c.Collection).Fields {
		if v, ok := byID[f.ID]; ok {
			byName[f.Name] = v
			delete(byID, f.ID)
		}
	}
	if len(byID) > 0 {
		t.Errorf("before of %s has unknown fields %v", c.Record, byID)
	}
	return byName
}

const docs = `{"name": "docs", "fields": [{"name": "title", "type": "text"}, {"name": "n", "type": "number"}]}`

func TestWhatChangesSay(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	s, _ := subscribe(t, app.Changes(), "")
	c := coretest.Collection(t, app, docs)
	coretest.Collection(t, app, `{"name": "notes", "fields": [{"name": "doc", "type": "relation", "collectionId": "`+c.ID+`", "cascadeDelete": true}]}`)
	receive(t, s, 2)

	user := coretest.Create(t, app, "users", map[string]any{"email": "a@example.com", "password": "12345678", "passwordConfirm": "12345678"})
	doc := coretest.Create(t, app, "docs", map[string]any{"title": "one", "n": 1})["id"].(string)
	note := coretest.Create(t, app, "notes", map[string]any{"doc": doc})["id"].(string)
	list, _ := receive(t, s, 3)
	for i, id := range []string{user["id"].(string), doc, note} {
		if list[i].Record != id || list[i].Action != change.Create || list[i].Before != nil {
			t.Errorf("create: %+v, want the creation of %s", list[i], id)
		}
	}

	update(t, app, "docs", doc, map[string]any{"title": "two"})
	update(t, app, "users", user["id"].(string), map[string]any{"password": "87654321", "passwordConfirm": "87654321"})
	remove(t, app, "docs", doc)
	remove(t, app, "users", user["id"].(string))
	list, _ = receive(t, s, 5)
	if got := fields(t, app, list[0]); len(got) != 1 || got["title"] != "one" {
		t.Errorf("before the update: %v, want the title", got)
	}
	if got := fields(t, app, list[1]); got["password"] != nil || got["tokenKey"] != nil {
		t.Errorf("before the update of a password: %v", got)
	}
	if got := fields(t, app, list[2]); got["title"] != "two" || got["n"] != 1.0 || got["id"] != doc {
		t.Errorf("before the delete: %v", got)
	}
	if list[3].Record != note || list[3].Action != change.Delete || list[3].Seq != list[2].Seq || list[3].N != 1 {
		t.Errorf("the cascade is %+v, want the deletion of %s in transaction %d", list[3], note, list[2].Seq)
	}
	if got := fields(t, app, list[4]); got["email"] != "a@example.com" || got["password"] != nil || got["tokenKey"] != nil {
		t.Errorf("before the delete of a user: %v", got)
	}
}

func TestWhoDidIt(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	c := coretest.Collection(t, app, `{"name": "open", "createRule": "", "fields": [{"name": "n", "type": "number"}]}`)
	id := coretest.Create(t, app, "users", map[string]any{"email": "a@example.com", "password": "12345678", "passwordConfirm": "12345678"})["id"].(string)
	user, err := app.Records().FindByID(t.Context(), "users", id)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := subscribe(t, app.Changes(), "")
	for _, caller := range []record.Caller{{}, {Auth: user}, record.Root()} {
		if _, err := app.Records().Create(t.Context(), caller, c.Name, record.Input{}); err != nil {
			t.Fatal(err)
		}
	}
	list, _ := receive(t, s, 3)
	for i, want := range []string{"", user.Collection().ID + "/" + id, ""} {
		if list[i].By != want {
			t.Errorf("change %d was by %q, want %q", i, list[i].By, want)
		}
	}
}

func TestDefinitionsAndSettings(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	s, _ := subscribe(t, app.Changes(), "")
	c := coretest.Collection(t, app, docs)
	if _, err := app.Collections().Update(t.Context(), record.Root(), "docs", []byte(`{"name": "papers"}`)); err != nil {
		t.Fatal(err)
	}
	if err := app.Collections().Delete(t.Context(), record.Root(), "papers"); err != nil {
		t.Fatal(err)
	}
	if _, err := app.Settings().Patch(t.Context(), record.Root(), []byte(`{"meta": {"appName": "x"}}`)); err != nil {
		t.Fatal(err)
	}
	list, _ := receive(t, s, 4)
	for i, want := range []change.Change{
		{Kind: change.Collection, Collection: c.ID, Action: change.Create},
		{Kind: change.Collection, Collection: c.ID, Action: change.Update},
		{Kind: change.Collection, Collection: c.ID, Action: change.Delete},
		{Kind: change.Settings, Action: change.Update},
	} {
		if got := list[i]; got.Kind != want.Kind || got.Collection != want.Collection || got.Action != want.Action {
			t.Errorf("change %d = %+v, want %+v", i, got, want)
		}
	}
}

func TestWhatFailsIsNotLogged(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Collection(t, app, docs)
	s, _ := subscribe(t, app.Changes(), "")
	_, err := app.Records().Batch(t.Context(), []record.Op{
		{Caller: record.Root(), Action: record.ActionCreate, Collection: "docs"},
		{Caller: record.Root(), Action: record.ActionUpdate, Collection: "docs", ID: "nothing"},
	})
	if err == nil {
		t.Fatal("Batch: no error")
	}
	id := coretest.Create(t, app, "docs", nil)["id"].(string)
	if list, _ := receive(t, s, 1); list[0].Record != id {
		t.Errorf("received %+v, want the creation of %s", list[0], id)
	}
}

// All changes of a transaction have one number, and the transactions before and after it have other
// numbers.
func TestOneNumberATransaction(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	c := coretest.Collection(t, app, docs)
	coretest.Collection(t, app, `{"name": "notes", "fields": [{"name": "doc", "type": "relation", "collectionId": "`+c.ID+`", "cascadeDelete": true},
		{"name": "also", "type": "relation", "collectionId": "`+c.ID+`", "maxSelect": 5}]}`)
	doc := coretest.Create(t, app, "docs", nil)["id"].(string)
	gone := coretest.Create(t, app, "notes", map[string]any{"doc": doc})["id"].(string)
	stays := coretest.Create(t, app, "notes", map[string]any{"also": []string{doc}})["id"].(string)
	s, _ := subscribe(t, app.Changes(), "")
	if _, err := app.Records().Batch(t.Context(), []record.Op{
		{Caller: record.Root(), Action: record.ActionCreate, Collection: "docs", Input: record.Input{Body: map[string]any{"id": "aaaaaaaaaaaaaaa"}}},
		{Caller: record.Root(), Action: record.ActionDelete, Collection: "docs", ID: doc},
		{Caller: record.Root(), Action: record.ActionUpdate, Collection: "docs", ID: "aaaaaaaaaaaaaaa", Input: record.Input{Body: map[string]any{"n": 2}}},
	}); err != nil {
		t.Fatal(err)
	}
	list, _ := receive(t, s, 5)
	did := map[string]int{}
	for i, c := range list {
		if c.Seq != list[0].Seq || c.N != i {
			t.Errorf("change %d has the number %d.%d, want %d.%d", i, c.Seq, c.N, list[0].Seq, i)
		}
		did[c.Record+" "+string(c.Action)]++
	}
	for _, want := range []string{"aaaaaaaaaaaaaaa create", "aaaaaaaaaaaaaaa update", doc + " delete", gone + " delete", stays + " update"} {
		if did[want] != 1 {
			t.Errorf("%q is there %d times, want once: %v", want, did[want], did)
		}
	}
	coretest.Create(t, app, "docs", nil)
	if next, _ := receive(t, s, 1); next[0].Seq <= list[0].Seq {
		t.Errorf("the next transaction has the number %d, want more than %d", next[0].Seq, list[0].Seq)
	}
}

// Every update of a record adds 1 to n, so the value of n in Before is the position of the update.
func TestOrderUnderManyWriters(t *testing.T) {
	t.Parallel()
	const writers, each = 16, 25
	app := coretest.New(t)
	coretest.Collection(t, app, docs)
	var ids []string
	for range 4 {
		ids = append(ids, coretest.Create(t, app, "docs", nil)["id"].(string))
	}
	s, start := subscribe(t, app.Changes(), "")
	var running sync.WaitGroup
	for w := range writers {
		running.Go(func() {
			for i := range each {
				in := record.Input{Body: map[string]any{"n+": 1, "title": fmt.Sprint(w, i)}}
				if _, err := app.Records().Update(context.Background(), record.Root(), "docs", ids[(w+i)%len(ids)], in); err != nil {
					t.Error(err)
				}
			}
		})
	}
	// One subscriber reads without interruption, another is interrupted again and again.
	var resumed []change.Change
	token := start
	for len(resumed) < writers*each {
		again, _, err := app.Changes().Subscribe(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			b, err := again.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			resumed, token = append(resumed, b.Changes...), b.Token
			if len(resumed) >= writers*each {
				break
			}
		}
		again.Close()
	}
	running.Wait()
	live, _ := receive(t, s, writers*each)
	for name, list := range map[string][]change.Change{"live": live, "resumed": resumed} {
		n := map[string]float64{}
		for i, c := range list {
			if i > 0 && c.Seq <= list[i-1].Seq {
				t.Errorf("%s: transaction %d after %d", name, c.Seq, list[i-1].Seq)
			}
			if got := fields(t, app, c)["n"]; got != n[c.Record] {
				t.Errorf("%s: change %d of %s was before %v, want %v", name, i, c.Record, got, n[c.Record])
			}
			n[c.Record]++
		}
	}
	if !slices.EqualFunc(live, resumed, func(a, b change.Change) bool { return a.Seq == b.Seq && a.Record == b.Record }) {
		t.Error("the resumed subscription received something else than the live one")
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Collection(t, app, docs)
	_, token := subscribe(t, app.Changes(), "")
	for _, wrong := range []change.Token{"x", "1", ".", "other.1", token + "0000", token + "x", change.Token(string(token) + "\x00")} {
		if _, _, err := app.Changes().Subscribe(t.Context(), wrong); !errors.Is(err, change.ErrGone) {
			t.Errorf("Subscribe(%q): %v, want ErrGone", wrong, err)
		}
	}
	beside := token.Beside([]int64{7, 9})
	if from, at, err := app.Changes().Subscribe(t.Context(), beside); err != nil || at != token {
		t.Errorf("Subscribe(%q) = %s, %v, want %s", beside, at, err, token)
	} else {
		from.Close()
	}
	for text, want := range map[change.Token][]int64{token: nil, beside: {7, 9}, token + "+9+7": {7, 9}, token + "+": nil, token + "+x": nil,
		token + change.Token(strings.Repeat("+1", 1000)): nil} {
		if got := text.Later(); !slices.Equal(got, want) {
			t.Errorf("Later of %q = %v, want %v", text, got, want)
		}
	}
}

func TestResumeAfterRestart(t *testing.T) {
	t.Parallel()
	at := core.Config{Dir: t.TempDir(), DB: coretest.DB(t)}
	app := core.New(at)
	if err := app.Open(t.Context(), core.Serve); err != nil {
		t.Fatal(err)
	}
	coretest.Collection(t, app, docs)
	s, token := subscribe(t, app.Changes(), "")
	first := coretest.Create(t, app, "docs", nil)["id"].(string)
	receive(t, s, 1)
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Next(t.Context()); !errors.Is(err, change.ErrClosed) {
		t.Errorf("Next after Close: %v, want ErrClosed", err)
	}
	app = coretest.Open(t, at)
	second := coretest.Create(t, app, "docs", nil)["id"].(string)
	s, _ = subscribe(t, app.Changes(), token)
	list, _ := receive(t, s, 2)
	if list[0].Record != first || list[1].Record != second || list[0].Seq >= list[1].Seq {
		t.Errorf("received %+v, want the creations of %s and %s", list, first, second)
	}
}

func TestSlow(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Collection(t, app, docs)
	s, token := subscribe(t, app.Changes(), "")
	const each, batches = 50, 250 // more than a queue may hold
	for range batches {
		ops := make([]record.Op, each)
		for i := range ops {
			ops[i] = record.Op{Caller: record.Root(), Action: record.ActionCreate, Collection: "docs"}
		}
		if _, err := app.Records().Batch(t.Context(), ops); err != nil {
			t.Fatal(err)
		}
	}
	// A subscriber that keeps up has all changes, so the slow subscriber has been dropped by now.
	fast, _ := subscribe(t, app.Changes(), token)
	receive(t, fast, each*batches)
	n := 0
	for {
		b, err := s.Next(t.Context())
		if err != nil {
			if !errors.Is(err, change.ErrSlow) {
				t.Errorf("Next: %v, want ErrSlow", err)
			}
			break
		}
		n, token = n+len(b.Changes), b.Token
	}
	again, _ := subscribe(t, app.Changes(), token)
	receive(t, again, each*batches-n)
}

func TestPrune(t *testing.T) {
	t.Parallel()
	var hours atomic.Int64
	now := func() time.Time { return time.Date(2030, 1, 1, int(hours.Load()), 0, 0, 0, time.UTC) }
	app := coretest.Open(t, core.Config{Dir: t.TempDir(), KeepChangeRows: 10, KeepChanges: time.Hour, Now: now})
	coretest.Collection(t, app, docs)
	if err := app.Changes().Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, token := subscribe(t, app.Changes(), "")
	for range 10 {
		coretest.Create(t, app, "docs", nil)
	}
	if err := app.Changes().Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, _ := subscribe(t, app.Changes(), token) // all ten are still there
	_, last := receive(t, s, 10)
	s.Close()

	coretest.Create(t, app, "docs", nil)
	if err := app.Changes().Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := app.Changes().Subscribe(t.Context(), token); !errors.Is(err, change.ErrGone) {
		t.Errorf("Subscribe behind what was taken out: %v, want ErrGone", err)
	}
	hours.Add(2)
	if err := app.Changes().Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, _ = subscribe(t, app.Changes(), last) // the last transaction is never pruned
	receive(t, s, 1)
	s.Close()
	id := coretest.Create(t, app, "docs", nil)["id"].(string)
	s, _ = subscribe(t, app.Changes(), last)
	if list, _ := receive(t, s, 2); list[1].Record != id {
		t.Errorf("after all: %+v, want the creation of %s", list[1], id)
	}
}

func TestWritesOfAnotherProcess(t *testing.T) {
	t.Parallel()
	at := core.Config{Dir: t.TempDir(), DB: coretest.DB(t)}
	server := coretest.Open(t, at)
	coretest.Collection(t, server, docs)
	tool := core.New(at)
	if err := tool.Open(t.Context(), core.Tool); err != nil {
		t.Fatal(err)
	}
	defer tool.Close()
	s, _ := subscribe(t, server.Changes(), "")
	told := make(chan []change.Change, 100)
	server.OnCommitted(func(changes []change.Change) { told <- changes })
	id := coretest.Create(t, tool, "docs", nil)["id"].(string)
	if list, _ := receive(t, s, 1); list[0].Record != id {
		t.Errorf("received %+v, want the creation of %s", list[0], id)
	}
	select {
	case <-told:
	case <-t.Context().Done():
		t.Error("the caches were not told")
	}
}
