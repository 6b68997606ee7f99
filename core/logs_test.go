package core_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/record"
)

// reopened restarts the app, so that queued entries are written.
func reopened(t *testing.T, app *core.App) {
	t.Helper()
	if err := errors.Join(app.Close(), app.Open(t.Context(), core.Serve)); err != nil {
		t.Fatal(err)
	}
}

// messages returns the messages of all entries.
func messages(t *testing.T, app *core.App) (list []string) {
	t.Helper()
	page, err := app.Logs().List(t.Context(), record.Root(), record.ListParams{PerPage: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var entries []struct{ Message string }
	if err := json.Unmarshal(page.Items, &entries); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Message)
	}
	return list
}

// Messages of the App are kept over restarts, from the level of the settings on.
func TestLogsAreKept(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	log := app.Log().With("node", "here")
	log.Info("one")
	log.Debug("nothing")
	reopened(t, app)
	app.Log().Warn("two")
	if _, err := app.Settings().Patch(t.Context(), record.Root(), []byte(`{"logs":{"minLevel":8}}`)); err != nil {
		t.Fatal(err)
	}
	app.Log().Warn("nothing")
	app.Log().Error("three")
	reopened(t, app)
	if err := app.Jobs().RunAndWait(t.Context(), "__pbLogsCleanup__"); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(messages(t, app), " "); got != "three" {
		t.Errorf("%q are kept, want what is not below the level", got)
	}
}

// A command beside a server does not write logs.
func TestToolsKeepNoLogs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	app := core.New(core.Config{Dir: dir, DB: coretest.DB(t)})
	if err := app.Open(t.Context(), core.Tool); err != nil {
		t.Fatal(err)
	}
	app.Log().Error("nothing")
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "logs.db*")); len(found) > 0 {
		t.Errorf("a tool made %v", found)
	}
}

// A damaged file does not prevent serving: it is set aside, before or while it is used.
func TestDamagedLogsAreSetAside(t *testing.T) {
	t.Parallel()
	if enginetest.Postgres() {
		t.Skip("the logs are in the PostgreSQL")
	}
	for _, damage := range []string{"no database", "a page"} {
		t.Run(damage, func(t *testing.T) {
			t.Parallel()
			var console bytes.Buffer
			app := coretest.Open(t, core.Config{Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(&console, &slog.HandlerOptions{Level: slog.LevelError}))})
			file := filepath.Join(app.Config.Dir, "logs.db")
			for range 300 {
				app.Log().Info("before", "x", strings.Repeat("x", 100))
			}
			if err := app.Close(); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if damage == "a page" { // all pages but the first, which marks the file as a database
				copy(text[4096:], bytes.Repeat([]byte("garbage "), (len(text)-4096)/8))
			} else {
				copy(text, "garbage garbage garbage")
			}
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := app.Open(t.Context(), core.Serve); err != nil {
				t.Fatal(err)
			}
			app.Log().Info("after")
			reopened(t, app)
			if got := strings.Join(messages(t, app), " "); got != "after" {
				t.Errorf("%q are kept", got)
			}
			if err := app.Close(); err != nil {
				t.Fatal(err)
			}
			aside, _ := filepath.Glob(file + ".damaged-*")
			if len(aside) != 1 || strings.Count(console.String(), "the logs were damaged") != 1 {
				t.Errorf("set aside are %v, logged is %s", aside, &console)
			}
		})
	}
}

// If the file cannot be made, only logs are lost.
func TestLogsThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	if enginetest.Postgres() {
		t.Skip("the logs are in the PostgreSQL")
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "logs.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	var console bytes.Buffer
	app := coretest.Open(t, core.Config{Dir: dir, Log: slog.New(slog.NewTextHandler(&console, nil))})
	app.Log().Error("nothing")
	if _, err := app.Logs().List(t.Context(), record.Root(), record.ListParams{}); err == nil {
		t.Error("a folder is listed")
	}
	if err := app.Close(); err != nil || !strings.Contains(console.String(), "log entries are lost") {
		t.Errorf("Close = %v, logged is %s", err, &console)
	}
}

// The file shrinks when entries are deleted.
func TestLogsShrink(t *testing.T) {
	t.Parallel()
	if enginetest.Postgres() {
		t.Skip("a PostgreSQL uses its space again")
	}
	app := coretest.New(t)
	for range 2000 {
		app.Log().Info("long", "x", strings.Repeat("x", 1000))
	}
	reopened(t, app)
	size := func() (n int64) {
		for _, suffix := range []string{"", "-wal"} {
			if info, err := os.Stat(filepath.Join(app.Config.Dir, "logs.db"+suffix)); err == nil {
				n += info.Size()
			}
		}
		return n
	}
	before := size()
	if err := app.Logs().Truncate(t.Context(), record.Root()); err != nil {
		t.Fatal(err)
	}
	if after := size(); before < 2_000_000 || after > 100_000 {
		t.Errorf("the files had %d bytes and have %d", before, after)
	}
}
