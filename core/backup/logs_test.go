package backup_test

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// reopen closes and opens an app, so that its log entries are written.
func reopen(t *testing.T, app *core.App) {
	t.Helper()
	if err := errors.Join(app.Close(), app.Open(t.Context(), core.Serve)); err != nil {
		t.Fatal(err)
	}
}

// logged returns the test's messages in the logs, oldest row first.
func logged(t *testing.T, app *core.App) (messages []string) {
	t.Helper()
	page, err := app.Logs().List(t.Context(), root, record.ListParams{PerPage: 100, Sort: "@rowid", Filter: `message ~ "note"`})
	if err != nil {
		t.Fatal(err)
	}
	var entries []struct{ Message string }
	if err := json.Unmarshal(page.Items, &entries); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		messages = append(messages, e.Message)
	}
	return messages
}

// withLogs returns an app with a backup one.zip that has two log entries.
func withLogs(t *testing.T) *core.App {
	t.Helper()
	app := newDocs(t)
	if _, err := app.Settings().Patch(t.Context(), root, []byte(`{"logs":{"inBackups":true}}`)); err != nil {
		t.Fatal(err)
	}
	app.Log().Info("note one")
	app.Log().Info("note two")
	reopen(t, app)
	if _, err := app.Backups().Create(t.Context(), root, "one.zip"); err != nil {
		t.Fatal(err)
	}
	return app
}

func TestBackupsHaveNoLogsUnlessAsked(t *testing.T) {
	ofSQLite(t)
	t.Parallel()
	app := newDocs(t)
	app.Log().Info("note one")
	reopen(t, app)
	if _, err := app.Backups().Create(t.Context(), root, "one.zip"); err != nil {
		t.Fatal(err)
	}
	if archive := archiveOf(t, app, "one.zip"); archive["logs.db"] != "" || archive["data.db"] == "" {
		t.Error("the archive has logs")
	}
}

// A restore adds the log entries that are missing, and removes none.
func TestRestoreAddsLogs(t *testing.T) {
	t.Parallel()
	app := withLogs(t)
	if err := app.Logs().Truncate(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	app.Log().Info("note three")
	reopen(t, app)
	for range 2 {
		if err := app.Backups().Restore(t.Context(), root, "one.zip"); err != nil {
			t.Fatal(err)
		}
		if got, want := logged(t, app), []string{"note one", "note two", "note three"}; !slices.Equal(got, want) {
			t.Errorf("the logs are %v, want %v", got, want)
		}
	}
	noLeftovers(t, app)
}

// A restore that is interrupted after the database was replaced adds the logs at the next start,
// before any new log entry.
func TestRecoverAddsLogs(t *testing.T) {
	ofSQLite(t)
	t.Parallel()
	app := withLogs(t)
	if err := app.Logs().Truncate(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	var crashed string
	app.Backups().OnStep(func(name string) {
		if name == "switched" {
			crashed = copyFolder(t, app.Config.Dir)
		}
	})
	if err := app.Backups().Restore(t.Context(), root, "one.zip"); err != nil {
		t.Fatal(err)
	}
	again := open(t, crashed)
	if got, want := logged(t, again), []string{"note one", "note two"}; !slices.Equal(got, want) {
		t.Errorf("the logs are %v, want %v", got, want)
	}
	noLeftovers(t, again)
}

// An archive whose logs are not valid is refused before anything is changed.
func TestRestoreRefusesWhatAreNoLogs(t *testing.T) {
	t.Parallel()
	app := withLogs(t)
	entries := archiveOf(t, app, "one.zip")
	for name, logs := range map[string]string{
		"text.zip": strings.Repeat("no database ", 100), "cut.zip": entries["logs.db"][:len(entries["logs.db"])/2], "other.zip": entries["data.db"],
	} {
		entries["logs.db"] = logs
		putArchive(t, app, name, func(z *zip.Writer) { addAll(t, z, entries) })
		err := app.Backups().Restore(t.Context(), root, name)
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "logs") {
			t.Errorf("Restore(%s) = %v", name, err)
		}
	}
	noLeftovers(t, app)
}

// Logs that cannot be copied do not make the backup of the database fail.
func TestBackupGoesOnWithoutBrokenLogs(t *testing.T) {
	ofSQLite(t)
	t.Parallel()
	app := withLogs(t)
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(app.Config.Dir, "logs.db"), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := app.Open(t.Context(), core.Alone); err != nil { // does not write logs
		t.Fatal(err)
	}
	if _, err := app.Backups().Create(t.Context(), root, "two.zip"); err != nil {
		t.Fatal(err)
	}
	if archive := archiveOf(t, app, "two.zip"); archive["logs.db"] != "" || archive["data.db"] == "" {
		t.Error("the archive has broken logs")
	}
}
