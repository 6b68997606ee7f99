package core_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/internal/pgtest"
)

// nodes returns two apps on one database, each with a folder of its own.
func nodes(t *testing.T) (one, other *core.App) {
	t.Helper()
	url := pgtest.URL(t)
	return coretest.Open(t, core.Config{Dir: t.TempDir(), DB: url}), coretest.Open(t, core.Config{Dir: t.TempDir(), DB: url})
}

// soon waits until ok returns true, for changes that the other node has to hear of.
func soon(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

func configure(t *testing.T, app *core.App, collection, body string) {
	t.Helper()
	if _, err := app.Collections().Update(context.Background(), record.Root(), collection, []byte(body)); err != nil {
		t.Fatalf("update of %s: %v", collection, err)
	}
}

func get(t *testing.T, app *core.App, collection, id string) map[string]any {
	t.Helper()
	out, err := app.Records().Get(context.Background(), coretest.Root(), collection, id, "")
	if err != nil {
		t.Fatalf("get %s/%s: %v", collection, id, err)
	}
	var o map[string]any
	if err := json.Unmarshal(out, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// If two columns swap their names, no node reads the wrong column.
func TestNodesShareDefinitions(t *testing.T) {
	one, other := nodes(t)
	coretest.Collection(t, one, `{"name":"posts","fields":[{"id":"f1","name":"a","type":"text"},{"id":"f2","name":"b","type":"text"}]}`)
	soon(t, "the collection on the other node", func() bool { return other.Snapshot().Find("posts") != nil })
	a, b := "a", "b"
	for i := range 6 {
		rec := coretest.Create(t, other, "posts", map[string]any{a: "first", b: "second"})
		id := rec["id"].(string)
		a, b = b, a
		configure(t, one, "posts", fmt.Sprintf(`{"fields":[{"id":"f1","name":%q,"type":"text"},{"id":"f2","name":%q,"type":"text"}]}`, a, b))
		if i%2 == 0 {
			if got := get(t, other, "posts", id); got[a] != "first" || got[b] != "second" {
				t.Fatalf("after change %d: %v", i, got)
			}
			continue
		}
		if _, err := other.Records().Update(context.Background(), coretest.Root(), "posts", id, record.Input{Body: map[string]any{a: "new"}}); err != nil {
			t.Fatal(err)
		}
		if got := get(t, one, "posts", id); got[a] != "new" || got[b] != "second" {
			t.Fatalf("after change %d and an update: %v", i, got)
		}
	}
	if _, err := other.Collections().Create(context.Background(), record.Root(), []byte(`{"name":"posts"}`)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a second collection of the name = %v, want invalid", err)
	}
	if err := one.Collections().Delete(context.Background(), record.Root(), "posts"); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Records().Get(context.Background(), coretest.Root(), "posts", "x", ""); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Get in a collection that another node has deleted = %v, want not found", err)
	}
}

func TestNodesShareSettings(t *testing.T) {
	one, other := nodes(t)
	testObservedElsewhere(t, one, other)
	if _, err := one.Settings().Patch(context.Background(), record.Root(), []byte(`{"meta":{"appName":"Shared"}}`)); err != nil {
		t.Fatal(err)
	}
	soon(t, "the settings on the other node", func() bool { return other.Settings().Current().Meta.AppName == "Shared" })
	seen := other.Settings().Current()
	if _, err := one.Settings().Patch(context.Background(), record.Root(), []byte(`{"meta":{"appName":"Theirs"}}`)); err != nil {
		t.Fatal(err)
	}
	// The other node may not have heard of it yet.
	if _, err := other.Settings().PatchFrom(context.Background(), record.Root(), seen, []byte(`{"meta":{"appName":"Mine"}}`)); !errors.Is(err, settings.ErrChanged) {
		t.Errorf("PatchFrom of settings that another node has changed = %v, want ErrChanged", err)
	}
	var g sync.WaitGroup
	for i, app := range []*core.App{one, other} { // each keeps the setting of the other
		g.Go(func() {
			for n := range 10 {
				body := fmt.Sprintf(`{"logs":{"maxDays":%d}}`, n+1)
				if i == 1 {
					body = fmt.Sprintf(`{"batch":{"maxRequests":%d}}`, n+1)
				}
				if _, err := app.Settings().Patch(context.Background(), record.Root(), []byte(body)); err != nil {
					t.Errorf("Patch(%s) = %v", body, err)
				}
			}
		})
	}
	g.Wait()
	for _, app := range []*core.App{one, other} {
		soon(t, "both settings on both nodes", func() bool {
			s := app.Settings().Current()
			return s.Logs.MaxDays == 10 && s.Batch.MaxRequests == 10
		})
	}
}

// Observers of a node hear of the changes of another node after the node has followed them.
func testObservedElsewhere(t *testing.T, one, other *core.App) {
	t.Helper()
	seen := make(chan string, 100)
	other.Settings().OnChange(func(old, new *settings.Settings) {
		if current := other.Settings().Current(); current != new {
			t.Errorf("the observer is told of %q while %q is current", new.Meta.AppName, current.Meta.AppName)
		}
		if old.Meta.AppName != new.Meta.AppName {
			seen <- new.Meta.AppName
		}
	})
	if _, err := one.Settings().Patch(t.Context(), record.Root(), []byte(`{"meta":{"appName":"From one"}}`)); err != nil {
		t.Fatal(err)
	}
	if got := <-seen; got != "From one" {
		t.Errorf("the observer is told of %q", got)
	}
}

// A command changes the settings of a running server.
func TestToolChangesSettings(t *testing.T) {
	t.Parallel()
	c := core.Config{Dir: t.TempDir(), DB: coretest.DB(t)}
	server := coretest.Open(t, c)
	tool := core.New(c)
	if err := tool.Open(t.Context(), core.Tool); err != nil {
		t.Fatal(err)
	}
	testObservedElsewhere(t, tool, server)
	if err := tool.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
}

// A token of one node is valid on the other, until the password changes on either.
func TestNodesShareTokens(t *testing.T) {
	one, other := nodes(t)
	first, second := auth.New(one), auth.New(other)
	const password = "correct horse"
	user := coretest.Create(t, one, "users", map[string]any{"email": "a@example.com", "password": password, "passwordConfirm": password})
	in, err := first.WithPassword(t.Context(), record.Caller{}, "users", auth.PasswordForm{Identity: "a@example.com", Password: password}, "")
	if err != nil {
		t.Fatal(err)
	}
	valid := func(s *auth.Service) bool {
		r, err := s.Authenticate(t.Context(), in.Token)
		if err != nil {
			t.Errorf("Authenticate() = %v", err)
		}
		return r != nil
	}
	for range 3 { // from the cache too
		if !valid(second) {
			t.Fatal("a token of the one node is nobody's on the other")
		}
	}
	change := map[string]any{"password": "another horse", "passwordConfirm": "another horse"}
	if _, err := one.Records().Update(t.Context(), coretest.Root(), "users", user["id"].(string), record.Input{Body: change}); err != nil {
		t.Fatal(err)
	}
	if valid(first) {
		t.Error("a token that an answered request has ended is good on the node that answered")
	}
	soon(t, "the end of the token on the other node", func() bool { return !valid(second) })
}

// The last superuser cannot be deleted, also by two nodes at once.
func TestNodesKeepOneSuperuser(t *testing.T) {
	one, other := nodes(t)
	var ids []string
	for _, email := range []string{"a@example.com", "b@example.com"} {
		body := map[string]any{"email": email, "password": "correct horse", "passwordConfirm": "correct horse"}
		ids = append(ids, coretest.Create(t, one, "_superusers", body)["id"].(string))
	}
	errs := make([]error, 2)
	var g sync.WaitGroup
	for i, app := range []*core.App{one, other} {
		g.Go(func() {
			errs[i] = app.Records().Delete(context.Background(), coretest.Root(), "_superusers", ids[i])
		})
	}
	g.Wait()
	if n, err := one.Records().Count(t.Context(), "_superusers"); n != 1 || err != nil {
		t.Fatalf("%d superusers are left, %v, want 1 (%v)", n, err, errors.Join(errs...))
	}
}

// Processes that start at once on an empty database set it up once.
func TestNodesStartAtOnce(t *testing.T) {
	url := pgtest.URL(t)
	const n = 4
	apps := make([]*core.App, n)
	var g sync.WaitGroup
	for i := range apps {
		apps[i] = core.New(core.Config{Dir: t.TempDir(), DB: url})
		g.Go(func() {
			if err := apps[i].Open(context.Background(), core.Serve); err != nil {
				t.Errorf("Open() of app %d = %v", i, err)
			}
		})
	}
	g.Wait()
	want := ""
	for i, app := range apps {
		if t.Failed() {
			break
		}
		got := ""
		for _, c := range app.Snapshot().All() {
			got += c.ID + " " + c.Name + "\n"
		}
		if i == 0 {
			want = got
		}
		if got != want {
			t.Errorf("app %d has the collections\n%swant\n%s", i, got, want)
		}
	}
	for _, app := range apps {
		if err := app.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	}
}

// A node follows the SQL of another node before its next read or write: definitions, tokens and
// observers.
func TestNodesFollowSQL(t *testing.T) {
	one, other := nodes(t)
	second := auth.New(other)
	coretest.Collection(t, one, `{"name":"posts","fields":[{"name":"title","type":"text"}]}`)
	soon(t, "the collection on the other node", func() bool { return other.Snapshot().Find("posts") != nil })
	user := coretest.Create(t, one, "users", map[string]any{"email": "a@example.com", "password": "correct horse", "passwordConfirm": "correct horse"})
	in, err := second.WithPassword(t.Context(), record.Caller{}, "users", auth.PasswordForm{Identity: "a@example.com", Password: "correct horse"}, "")
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := other.Changes().Subscribe(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	run := func(query string) {
		if _, err := one.SQL().Run(t.Context(), record.Root(), query); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	run(`ALTER TABLE "posts" RENAME COLUMN "title" TO "name"; UPDATE "_collections" SET "fields" = replace("fields"::text, '"title"', '"name"')::json WHERE "name" = 'posts'`)
	if got := coretest.Create(t, other, "posts", map[string]any{"name": "new"}); got["name"] != "new" {
		t.Errorf("the other node wrote %v", got)
	}
	b, err := s.Next(t.Context())
	if err != nil || !slices.ContainsFunc(b.Changes, func(c change.Change) bool {
		return c.Kind == change.Collection && c.Collection == other.Snapshot().Find("posts").ID
	}) {
		t.Errorf("the other node hears of %+v, %v", b.Changes, err)
	}
	if r, err := second.Authenticate(t.Context(), in.Token); r == nil || err != nil {
		t.Fatalf("the token is not good: %v", err)
	}
	run(`UPDATE "users" SET "tokenKey" = 'another key, of the same length as was' WHERE "id" = '` + user["id"].(string) + `'`)
	soon(t, "the end of the token on the other node", func() bool {
		r, err := second.Authenticate(t.Context(), in.Token)
		return r == nil && err == nil
	})
	run(`UPDATE "_params" SET "updated" = '2030-01-01 00:00:00.000Z'`)
	for err == nil {
		_, err = s.Next(t.Context())
	}
	if !errors.Is(err, change.ErrGone) {
		t.Errorf("the subscription on the other node ended with %v, want ErrGone", err)
	}
}
