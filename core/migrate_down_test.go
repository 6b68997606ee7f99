package core_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

const otherDefinition = `[{"id":"pbc_other00001","name":"other","type":"base","fields":[
	{"name":"title","type":"text"},{"name":"self","type":"relation","collectionId":"pbc_other00001"}]}]`

func reversible() []core.Migration {
	return []core.Migration{
		{Name: "0001_posts", Up: makePosts, Down: func(tx *core.Tx) error { return tx.SetCollections("[]", "posts") }},
		{Name: "0002_other", Up: func(tx *core.Tx) error { return tx.SetCollections(otherDefinition) },
			Down: func(tx *core.Tx) error { return tx.SetCollections("[]", "other") }},
	}
}

func states(t *testing.T, app *core.App) (list []string) {
	t.Helper()
	all, err := app.Migrations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		state := m.Name
		if !m.Applied.IsZero() {
			state += "+"
		}
		if !m.Known {
			state += "?"
		}
		list = append(list, state)
	}
	return list
}

func TestMigrateDownAndUp(t *testing.T) {
	t.Parallel()
	app := coretest.Open(t, core.Config{Dir: t.TempDir(), Migrations: reversible()})
	want := func(after string, list ...string) {
		t.Helper()
		if got := states(t, app); !slices.Equal(got, list) {
			t.Errorf("after %s: %v, want %v", after, got, list)
		}
	}
	want("the start", "0001_posts+", "0002_other+")
	undone, err := app.MigrateDown(t.Context(), 1)
	if err != nil || !slices.Equal(undone, []string{"0002_other"}) || app.Snapshot().Find("other") != nil {
		t.Errorf("down: %v, %v", undone, err)
	}
	want("down", "0001_posts+", "0002_other")
	if undone, err = app.MigrateDown(t.Context(), 9); err != nil || !slices.Equal(undone, []string{"0001_posts"}) {
		t.Errorf("down to the ground: %v, %v", undone, err)
	}
	ran, err := app.MigrateUp(t.Context())
	if err != nil || !slices.Equal(ran, []string{"0001_posts", "0002_other"}) || app.Snapshot().Find("other") == nil {
		t.Errorf("up: %v, %v", ran, err)
	}
	if ran, err = app.MigrateUp(t.Context()); err != nil || len(ran) > 0 {
		t.Errorf("up again: %v, %v", ran, err)
	}

	app.Config.Migrations = app.Config.Migrations[:1]
	want("a step is lost", "0001_posts+", "0002_other+?")
	if _, err := app.MigrateDown(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "0002_other: the program does not have") {
		t.Errorf("down of a lost step: %v", err)
	}
	if forgotten, err := app.ForgetMigrations(t.Context()); err != nil || !slices.Equal(forgotten, []string{"0002_other"}) {
		t.Errorf("forget: %v, %v", forgotten, err)
	}
	if err := app.MarkMigrations(t.Context(), "0000_before", "0001_posts"); err != nil {
		t.Error(err)
	}
	want("marks", "0000_before+?", "0001_posts+")
	if err := app.MarkMigrations(t.Context(), "0001_system_tables"); err == nil {
		t.Error("the name of a system migration is taken")
	}
}

// TestMigrateDownThatFails checks that a failed Down changes nothing, not even the mark.
func TestMigrateDownThatFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	steps := reversible()
	steps[1].Down = func(tx *core.Tx) error {
		if err := tx.SetCollections("[]", "other", "posts"); err != nil {
			return err
		}
		return broken
	}
	app := coretest.Open(t, core.Config{Dir: t.TempDir(), Migrations: steps})
	if _, err := app.MigrateDown(t.Context(), 2); !errors.Is(err, broken) || !strings.Contains(err.Error(), "migration 0002_other") {
		t.Errorf("down: %v", err)
	}
	if got := states(t, app); !slices.Equal(got, []string{"0001_posts+", "0002_other+"}) || app.Snapshot().Find("posts") == nil {
		t.Errorf("afterwards: %v", got)
	}
	first(t, t.Context(), app.Records())
	app.Config.Migrations[1].Down = nil
	if _, err := app.MigrateDown(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "migration 0002_other: the step has no Down") {
		t.Errorf("down without a Down: %v", err)
	}
	app.Config.Migrations[1].Up = nil
	if _, err := app.MigrateUp(t.Context()); err == nil || !strings.Contains(err.Error(), "0002_other has no Up") {
		t.Errorf("a step without an Up: %v", err)
	}
}

func TestSetCollections(t *testing.T) {
	t.Parallel()
	app := coretest.Open(t, core.Config{Dir: t.TempDir(), Migrations: reversible()})
	set := func(definitions string, deleted ...string) error {
		return app.Transaction(t.Context(), func(tx *core.Tx) error { return tx.SetCollections(definitions, deleted...) })
	}
	coretest.Create(t, app, "other", map[string]any{"id": "record000000001", "title": "12"})
	// One step removes a field, changes the kind of another, adds a third, and deletes a collection.
	if err := set(`[{"id":"pbc_other00001","name":"others","fields":[{"name":"title","type":"number"},{"name":"more","type":"bool"}]}]`, "posts"); err != nil {
		t.Fatal(err)
	}
	others := app.Snapshot().Find("others")
	if others == nil || others.Field("self") != nil || others.Field("more") == nil || others.Field("title").Type() != "number" ||
		app.Snapshot().Find("posts") != nil || app.Snapshot().Find("users") == nil {
		t.Errorf("the collections are %+v", others)
	}
	if r, err := app.Records().FindByID(t.Context(), "others", "record000000001"); err != nil || r.Get("title") != 12.0 {
		t.Errorf("the record is %v, %v", r, err)
	}
	for want, err := range map[string]error{
		"There is no collection nothing":   set("[]", "nothing"),
		"core: definitions of collections": set("{"),
		"An error occurred while loading":  set("[1]"),
		"Failed to import collections; ":   set(`[{"name":"x y"}]`),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := app.Collections().Replace(t.Context(), record.Caller{}, nil, "others"); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("a guest replaces collections: %v", err)
	}
}

// TestMigrationRunsOnceInManyProcesses starts processes at the same time. Each step creates a
// record, so a step that ran in two processes would leave two records.
func TestMigrationRunsOnceInManyProcesses(t *testing.T) {
	steps := []core.Migration{{Name: "0001_posts", Up: makePosts}, {Name: "0002_more", Up: func(tx *core.Tx) error {
		_, err := tx.Records.Create(tx.Context, record.Root(), "posts", record.Input{Body: map[string]any{"title": "second"}})
		return err
	}}}
	const database, folder = "LOAM_TEST_MIGRATE_DB", "LOAM_TEST_MIGRATE_DIR"
	if dir := os.Getenv(folder); dir != "" { // in a process that the test has started
		app := core.New(core.Config{Dir: dir, DB: os.Getenv(database), Migrations: steps})
		if err := app.Open(context.Background(), core.Tool); err != nil {
			t.Fatal(err)
		}
		if _, err := app.MigrateUp(context.Background()); err != nil {
			t.Error(err)
		}
		if err := app.Close(); err != nil {
			t.Error(err)
		}
		return
	}
	t.Parallel()
	c := core.Config{Dir: t.TempDir(), DB: coretest.DB(t)}
	app := core.New(c) // makes the database
	if err := errors.Join(app.Open(t.Context(), core.Serve), app.Close()); err != nil {
		t.Fatal(err)
	}
	var processes []*exec.Cmd
	var outputs []*strings.Builder
	for range 3 {
		cmd, out := exec.Command(os.Args[0], "-test.run=^TestMigrationRunsOnceInManyProcesses$"), &strings.Builder{}
		cmd.Env = append(os.Environ(), database+"="+c.DB, folder+"="+c.Dir)
		cmd.Stdout, cmd.Stderr = out, out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		processes, outputs = append(processes, cmd), append(outputs, out)
	}
	for i, cmd := range processes {
		if err := cmd.Wait(); err != nil {
			t.Errorf("process %d: %v\n%s", i, err, outputs[i])
		}
	}
	app = coretest.Open(t, c)
	if n, err := app.Records().Count(t.Context(), "posts"); n != 2 || err != nil {
		t.Errorf("there are %d posts, %v; want 2", n, err)
	}
}
