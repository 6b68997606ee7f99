// Package coretest opens temporary apps for tests, for those of Loam and of programs that embed
// Loam.
package coretest

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/password"
)

// New returns an app on a new data folder, open for serving and closed when the test ends.
// Passwords are hashed at the minimum cost. With LOAM_TEST_ENGINE=postgres in the environment the
// app uses a new PostgreSQL database.
func New(t testing.TB) *core.App {
	t.Helper()
	return Open(t, core.Config{Dir: t.TempDir()})
}

// Open returns an app as New does, with the configuration c.
func Open(t testing.TB, c core.Config) *core.App {
	t.Helper()
	app := core.New(c)
	open(t, app)
	return app
}

// Start opens the app of a program, with its hooks and migrations, on a new data folder, and closes
// the app when the test ends.
func Start(t testing.TB, app *core.App) {
	t.Helper()
	app.Config.Dir, app.Config.DB = t.TempDir(), ""
	open(t, app)
}

func open(t testing.TB, app *core.App) {
	t.Helper()
	if app.Config.DB == "" {
		app.Config.DB = DB(t)
	}
	if app.Config.HashCost == 0 {
		app.Config.HashCost = password.MinCost
	}
	if err := app.Open(context.Background(), core.Serve); err != nil {
		t.Fatalf("open the app: %v", err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Errorf("close the app: %v", err)
		}
	})
}

// DB returns the core.Config.DB of a new database, for tests that open a database more than once.
func DB(t testing.TB) string {
	t.Helper()
	return enginetest.URL(t)
}

// Collection creates a collection from a definition in the form of the API, and returns the
// collection. The definition is a text of JSON, or a value that encoding/json encodes.
func Collection(t testing.TB, app *core.App, definition any) *schema.Collection {
	t.Helper()
	c, err := app.Collections().Create(context.Background(), record.Root(), encode(t, definition))
	if err != nil {
		t.Fatalf("create a collection: %v", err)
	}
	return c
}

// Create creates a record as a superuser, and returns the record as the API shows it to a
// superuser.
func Create(t testing.TB, app *core.App, collection string, body map[string]any) map[string]any {
	t.Helper()
	r := Record(t, app, collection, body)
	out, err := app.Records().Render(context.Background(), Root(), r, "")
	if err != nil {
		t.Fatalf("render the record: %v", err)
	}
	var rec map[string]any
	if err := json.Unmarshal(out, &rec); err != nil {
		t.Fatalf("decode the record: %v", err)
	}
	return rec
}

// Record creates a record as Create does, and returns the *record.Record: to sign in with, to
// change, or to read fields by kind.
func Record(t testing.TB, app *core.App, collection string, body map[string]any) *record.Record {
	t.Helper()
	r, err := app.Records().Create(context.Background(), Root(), collection, record.Input{Body: body})
	if err != nil {
		t.Fatalf("create a record in %s: %v", collection, err)
	}
	return r
}

// Root returns a superuser caller that belongs to no stored account.
func Root() record.Caller { return record.Root() }

func encode(t testing.TB, v any) []byte {
	t.Helper()
	if s, ok := v.(string); ok {
		return []byte(s)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("encode the definition: %v", err)
	}
	return b
}
