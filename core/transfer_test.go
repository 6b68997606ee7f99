package core_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/pgtest"
)

// engines returns an app on SQLite and one on PostgreSQL.
func engines(t *testing.T) (file, server *core.App) {
	t.Helper()
	if enginetest.Postgres() {
		t.Skip("of both engines")
	}
	return coretest.New(t), coretest.Open(t, core.Config{Dir: t.TempDir(), DB: pgtest.URL(t)})
}

// answers returns the answers of an app about its collections, settings and records.
func answers(t *testing.T, app *core.App) string {
	t.Helper()
	var out bytes.Buffer
	collections := app.Snapshot().All()
	for _, c := range collections {
		definition, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		page, err := app.Records().List(t.Context(), record.Root(), c.Name, record.ListParams{PerPage: 1000})
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		fmt.Fprintf(&out, "%s\n%s\n", definition, page.Items)
	}
	text, err := json.Marshal(app.Settings().Current())
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	return out.String()
}

// moved restores a copy of one app in another app.
func moved(t *testing.T, from, to *core.App) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := from.CopyDatabase(t.Context(), path, nil); err != nil {
		t.Fatal(err)
	}
	if err := to.RestoreDatabase(t.Context(), path); err != nil {
		t.Fatal(err)
	}
}

// manyKinds makes collections with every kind of field, and records with values that are hard to
// convert.
func manyKinds(t *testing.T, app *core.App) {
	t.Helper()
	coretest.Collection(t, app, `{"name":"oddName","type":"base","fields":[
		{"name":"text","type":"text","max":20000},{"name":"number","type":"number"},{"name":"bool","type":"bool"},{"name":"json","type":"json"},
		{"name":"date","type":"date"},{"name":"made","type":"autodate","onCreate":true},{"name":"one","type":"select","values":["a","b"]},
		{"name":"many","type":"select","maxSelect":3,"values":["a","b","c"]},{"name":"place","type":"geoPoint"},{"name":"mail","type":"email"},
		{"name":"pass","type":"password"},{"name":"doc","type":"file"},{"name":"left","type":"text"}],
		"indexes":["CREATE UNIQUE INDEX \"by text\" ON \"oddName\" (\"text\" COLLATE NOCASE) WHERE \"text\" != ''","CREATE INDEX by_len ON \"oddName\" (length(\"text\"), \"number\" DESC)"]}`)
	odd := app.Snapshot().Find("oddName")
	coretest.Collection(t, app, `{"name":"other","type":"base","listRule":"rel.number > 1","fields":[{"name":"rel","type":"relation","collectionId":"`+odd.ID+`","maxSelect":5}]}`)
	coretest.Collection(t, app, `{"name":"b_view","type":"view","viewQuery":"SELECT id, text, number FROM \"oddName\" WHERE number > 0"}`)
	coretest.Collection(t, app, `{"name":"a_view","type":"view","viewQuery":"SELECT id, text FROM b_view"}`)
	var ids []string
	for i, body := range []string{
		`{}`,
		`{"text":"it's \"ä\\ 😀\n","number":-0.1,"bool":true,"json":{"b":1,"a":[null,1e2,"x"]},"date":"2024-02-29 12:00:00.123Z","one":"b","many":["c","a"],"place":{"lon":12.5,"lat":-3},"mail":"a@b.example","pass":"secret123"}`,
		`{"text":"9007199254740993","number":1e308,"json":9007199254740993}`,
		`{"text":"null","number":5,"json":"5"}`,
		`{"text":"long ` + string(bytes.Repeat([]byte("0123456789abcdef é"), 500)) + `","number":0.30000000000000004,"json":null}`,
	} {
		var values map[string]any
		if err := json.Unmarshal([]byte(body), &values); err != nil {
			t.Fatal(err)
		}
		if i > 1 {
			delete(values, "json") // as text, since every digit counts
			var raw struct{ JSON json.RawMessage }
			if err := json.Unmarshal([]byte(body), &raw); err != nil {
				t.Fatal(err)
			}
			values["json"] = raw.JSON
		}
		ids = append(ids, coretest.Create(t, app, "oddName", values)["id"].(string))
	}
	coretest.Create(t, app, "other", map[string]any{"rel": ids[1:3]})
	coretest.Create(t, app, "users", map[string]any{"email": "Me@example.com", "password": "secret123", "emailVisibility": true})
	if _, err := app.Settings().Patch(t.Context(), record.Root(), []byte(`{"meta":{"appName":"Carried"},"smtp":{"password":"hidden"}}`)); err != nil {
		t.Fatal(err)
	}
}

// A copy of one engine is restored on the other, which then gives the same answers.
func TestEnginesExchangeDatabases(t *testing.T) {
	t.Parallel()
	file, server := engines(t)
	manyKinds(t, file)
	want := answers(t, file)
	moved(t, file, server)
	if got := answers(t, server); got != want {
		t.Errorf("on PostgreSQL:\n%s\nwant:\n%s", got, want)
	}
	moved(t, server, server)
	if got := answers(t, server); got != want {
		t.Errorf("on PostgreSQL again:\n%s\nwant:\n%s", got, want)
	}
	coretest.Create(t, server, "oddName", map[string]any{"text": "more"})
	want = answers(t, server)
	moved(t, server, file)
	if got := answers(t, file); got != want {
		t.Errorf("back on SQLite:\n%s\nwant:\n%s", got, want)
	}
	coretest.Create(t, file, "oddName", map[string]any{"text": "and more"})
	if got := total(t, file, "b_view"); got != 3 {
		t.Errorf("%d records in a view, want 3", got)
	}
	if _, err := file.Records().Create(t.Context(), record.Root(), "oddName", record.Input{Body: map[string]any{"text": "AND MORE"}}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a unique index is not there: %v", err)
	}
}

// A view that only PostgreSQL understands works after it comes back to PostgreSQL; SQLite keeps its
// definition.
func TestViewsThatOneEngineUnderstands(t *testing.T) {
	t.Parallel()
	file, server := engines(t)
	coretest.Collection(t, server, `{"name":"docs","type":"base","fields":[{"name":"n","type":"number"}]}`)
	coretest.Collection(t, server, `{"name":"sums","type":"view","viewQuery":"SELECT id, to_char(n, '99') AS t FROM docs"}`)
	coretest.Create(t, server, "docs", map[string]any{"n": 1})
	moved(t, server, server)
	if got := total(t, server, "sums"); got != 1 {
		t.Errorf("%d records in the view, want 1", got)
	}
	moved(t, server, file)
	if got := total(t, file, "sums"); got != 0 {
		t.Errorf("%d records in a view that SQLite cannot work with", got)
	}
	configure(t, file, "sums", `{"viewQuery":"SELECT id, n FROM docs"}`)
	if got := total(t, file, "sums"); got != 1 {
		t.Errorf("%d records in the corrected view, want 1", got)
	}
}

// A node notices that another node has restored a copy: it drops its caches and ends its
// subscriptions.
func TestNodesFollowARestore(t *testing.T) {
	t.Parallel()
	if enginetest.Postgres() {
		t.Skip("on PostgreSQL in any case")
	}
	one, other := nodes(t)
	coretest.Collection(t, one, `{"name":"docs","type":"base","fields":[{"name":"n","type":"number"}]}`)
	coretest.Create(t, one, "docs", map[string]any{"n": 1})
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := one.CopyDatabase(t.Context(), path, nil); err != nil {
		t.Fatal(err)
	}
	coretest.Create(t, other, "docs", map[string]any{"n": 2})
	coretest.Collection(t, other, `{"name":"later","type":"base"}`)
	s, token, err := other.Changes().Subscribe(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	told := make(chan struct{}, 100)
	other.OnCommitted(func(changes []change.Change) {
		if changes == nil {
			told <- struct{}{}
		}
	})
	if err := one.RestoreDatabase(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	for _, app := range []*core.App{one, other} {
		if got := total(t, app, "docs"); got != 1 {
			t.Errorf("%d docs, want 1", got)
		}
		if app.Snapshot().Find("later") != nil {
			t.Errorf("a collection that the copy does not have is still there")
		}
	}
	coretest.Create(t, one, "docs", map[string]any{"n": 3})
	<-told
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := s.Next(ctx); !errors.Is(err, change.ErrGone) {
		t.Errorf("Next of a subscription: %v, want ErrGone", err)
	}
	if _, _, err := other.Changes().Subscribe(t.Context(), token); !errors.Is(err, change.ErrGone) {
		t.Errorf("Subscribe with a token of before: %v, want ErrGone", err)
	}
	if _, token, err = one.Changes().Subscribe(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	later := coretest.Create(t, other, "docs", map[string]any{"n": 4})
	if s, _, err = one.Changes().Subscribe(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if batch, err := s.Next(ctx); err != nil || batch.Changes[0].Record != later["id"] {
		t.Errorf("Next after the restore: %v, %v", batch, err)
	}
}
