package core_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

const postsDefinition = `{"name":"posts","fields":[{"name":"title","type":"text","required":true}]}`

// makePosts makes a collection and a record in it.
func makePosts(m *core.Tx) error {
	if _, err := m.Collections.Create(m.Context, record.Root(), []byte(postsDefinition)); err != nil {
		return err
	}
	_, err := m.Records.Create(m.Context, record.Root(), "posts", record.Input{Body: map[string]any{"title": "first"}})
	return err
}

// addStars changes the collection of another step, and checks the result.
func addStars(m *core.Tx) error {
	if _, err := m.Collections.Update(m.Context, record.Root(), "posts", []byte(`{"fields":[
		{"name":"title","type":"text","required":true},{"name":"stars","type":"number"}]}`)); err != nil {
		return err
	}
	post, err := m.Records.FindFirst(m.Context, "posts", "title", "first", false)
	if err != nil {
		return err
	}
	_, err = m.Records.Update(m.Context, record.Root(), "posts", post.ID(), record.Input{Body: map[string]any{"stars": 5}})
	return err
}

func TestMigrations(t *testing.T) {
	c := core.Config{Dir: t.TempDir(), DB: coretest.DB(t)}
	var ran []string
	step := func(name string, up func(*core.Tx) error) core.Migration {
		return core.Migration{Name: name, Up: func(m *core.Tx) error { ran = append(ran, name); return up(m) }}
	}
	c.Migrations = []core.Migration{step("0002_stars", addStars), step("0001_posts", makePosts)}
	for range 2 {
		app := core.New(c)
		if err := app.Open(context.Background(), core.Serve); err != nil {
			t.Fatal(err)
		}
		post, err := app.Records().FindFirst(context.Background(), "posts", "title", "first", false)
		if err != nil || post.Get("stars") != 5.0 {
			t.Errorf("after the migrations: %v, %v", post, err)
		}
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(ran, " "); got != "0001_posts 0002_stars" {
		t.Errorf("ran %s, want each once and in order", got)
	}
}

func TestMigrationThatFails(t *testing.T) {
	failed := errors.New("no luck")
	c := core.Config{Dir: t.TempDir(), DB: coretest.DB(t)}
	fails := core.Migration{Name: "0002_fails", Up: func(m *core.Tx) error {
		if _, err := m.Collections.Create(m.Context, record.Root(), []byte(`{"name":"left"}`)); err != nil {
			return err
		}
		if err := m.Records.Delete(m.Context, record.Root(), "posts", first(t, m.Context, m.Records)); err != nil {
			return err
		}
		return failed
	}}
	c.Migrations = []core.Migration{{Name: "0001_posts", Up: makePosts}, fails}
	if err := core.New(c).Open(context.Background(), core.Serve); !errors.Is(err, failed) || !strings.Contains(err.Error(), "0002_fails") {
		t.Fatalf("Open: %v, want the error of 0002_fails", err)
	}
	c.Migrations[1].Up = func(*core.Tx) error { return nil }
	app := coretest.Open(t, c)
	if app.Snapshot().Find("left") != nil {
		t.Error("a collection of a step that failed is there")
	}
	first(t, context.Background(), app.Records())
}

func first(t *testing.T, ctx context.Context, records *record.Service) string {
	t.Helper()
	post, err := records.FindFirst(ctx, "posts", "title", "first", false)
	if err != nil {
		t.Fatal(err)
	}
	return post.ID()
}

func TestMigrationIsOneTransaction(t *testing.T) {
	c := core.Config{Dir: t.TempDir(), DB: coretest.DB(t)}
	c.Migrations = []core.Migration{{Name: "1", Up: makePosts}}
	app := core.New(c)
	var told [][]change.Change
	app.OnCommitted(func(changes []change.Change) { told = append(told, changes) })
	var seen []string
	app.Hooks().Collections.AfterSuccess.BindFunc(func(e *collection.Event) error {
		seen = append(seen, e.Collection.Name)
		return nil
	})
	app.Hooks().Records.AfterSuccess.BindFunc(func(e *record.WriteEvent) error {
		seen = append(seen, e.Record.Text("title"))
		return nil
	}, "posts")
	if err := app.Open(context.Background(), core.Serve); err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	last := told[len(told)-1]
	if len(last) != 2 || last[0].Kind != change.Collection || last[1].Kind != change.Record || last[0].Seq != last[1].Seq {
		t.Errorf("the change log has %+v, want a collection and its record under one number", last)
	}
	if got := fmt.Sprint(seen); !strings.HasSuffix(got, "posts first]") {
		t.Errorf("hooks after the success saw %s", got)
	}
}

func TestMigrationNames(t *testing.T) {
	up := func(*core.Tx) error { return nil }
	for _, list := range [][]core.Migration{
		{{Name: "", Up: up}}, {{Name: "a", Up: up}, {Name: "a", Up: up}}, {{Name: "0001_system_tables", Up: up}},
	} {
		app := core.New(core.Config{Dir: t.TempDir(), DB: coretest.DB(t), Migrations: list})
		if err := app.Open(context.Background(), core.Serve); err == nil || !strings.Contains(err.Error(), "name of a migration") {
			t.Errorf("Open with %v: %v, want that the name is refused", list, err)
			_ = app.Close()
		}
	}
}

// A step may do everything with collections that a superuser may do.
func TestMigrationUsesEveryService(t *testing.T) {
	c := core.Config{Dir: t.TempDir(), DB: coretest.DB(t)}
	c.Migrations = []core.Migration{{Name: "1", Up: func(m *core.Tx) error {
		if err := makePosts(m); err != nil {
			return err
		}
		for _, body := range []string{
			`{"name":"shown","type":"view","listRule":"","viewQuery":"SELECT id, title FROM posts"}`,
			`{"name":"spare","fields":[{"name":"post","type":"text"}]}`,
		} {
			if _, err := m.Collections.Create(m.Context, record.Root(), []byte(body)); err != nil {
				return err
			}
		}
		if _, err := m.Collections.Update(m.Context, record.Root(), "posts", []byte(`{"name":"articles"}`)); err != nil {
			return err
		}
		if _, err := m.Collections.DryRunView(m.Context, record.Root(), "SELECT id FROM shown"); err != nil {
			return err
		}
		if plan, err := m.Collections.Plan(m.Context, record.Root(), []byte(`{"delete":"spare"}`)); err != nil || len(plan.Losses) != 0 {
			return fmt.Errorf("plan: %v, %w", plan, err)
		}
		if err := m.Records.Truncate(m.Context, record.Root(), "spare"); err != nil {
			return err
		}
		if err := m.Collections.Delete(m.Context, record.Root(), "spare"); err != nil {
			return err
		}
		return m.Collections.Import(m.Context, record.Root(), &collection.Import{Collections: []json.RawMessage{
			[]byte(`{"name":"brought","fields":[{"name":"n","type":"number"}]}`),
			[]byte(`{"name":"counted","type":"view","viewQuery":"SELECT id, n FROM brought"}`)}})
	}}}
	app := coretest.Open(t, c)
	page, err := app.Records().List(context.Background(), record.Caller{}, "shown", record.ListParams{})
	if err != nil || page.TotalItems != 1 || !strings.Contains(string(page.Items), `"title":"first"`) {
		t.Errorf("List of the view: %+v, %v", page, err)
	}
	for name, want := range map[string]bool{"articles": true, "posts": false, "spare": false, "brought": true, "counted": true} {
		if got := app.Snapshot().Find(name) != nil; got != want {
			t.Errorf("after the migration %s is there: %v, want %v", name, got, want)
		}
	}
}
