package backup_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/backup"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

var root = record.Root()

const (
	before = "first: first; second: second; third: none"
	after  = "first: tampered; second: none; third: third"
)

// changed returns an app in the state after, with a backup one.zip of the state before.
func changed(t *testing.T) *changedApp {
	t.Helper()
	app := newDocs(t)
	first, second := add(t, app, "first"), add(t, app, "second")
	if got := state(t, app); got != before {
		t.Fatalf("the state is %s", got)
	}
	if key, err := app.Backups().Create(t.Context(), root, "one.zip"); key != "one.zip" || err != nil {
		t.Fatalf("Create = %s, %v", key, err)
	}
	remove(t, app, second)
	third := add(t, app, "third")
	if err := os.WriteFile(filepath.Join(app.Config.Dir, "storage", fileOf(first)), []byte("tampered"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := state(t, app); got != after {
		t.Fatalf("the state is %s", got)
	}
	return &changedApp{app, fileOf(second), fileOf(third)}
}

func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	app := changed(t)
	list, err := app.Backups().List(t.Context(), root)
	if err != nil || len(list) != 1 || list[0].Key != "one.zip" || list[0].Size < 1000 || time.Since(list[0].Modified) > time.Hour {
		t.Errorf("List = %+v, %v", list, err)
	}
	if err := app.Backups().Restore(t.Context(), root, "one.zip"); err != nil {
		t.Fatal(err)
	}
	if got := state(t, app.App); got != before {
		t.Errorf("the restored state is %s, want %s", got, before)
	}
	if got := content(t, app.App, app.third); got != "no file" {
		t.Errorf("the file of a document that is gone: %q", got)
	}
	noLeftovers(t, app.App)
	// The app serves on, and the archive can be restored again.
	remove(t, app.App, add(t, app.App, "third"))
	if err := app.Backups().Restore(t.Context(), root, "one.zip"); err != nil {
		t.Fatal(err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	if got := state(t, openAgain(t, app.App, app.Config.Dir)); got != before {
		t.Errorf("after a restart the state is %s, want %s", got, before)
	}
}

// Servers that share a database and a folder do not make backups at the same time, and one does
// not remove files that the other's backup needs.
func TestBackupBesideAnotherServer(t *testing.T) {
	if !enginetest.Postgres() {
		t.Skip("of PostgreSQL")
	}
	t.Parallel()
	app := newDocs(t)
	first := add(t, app, "first")
	other := openAgain(t, app, app.Config.Dir)
	b := app.Backups()
	b.WrapDatabase(func(d backup.Database) backup.Database {
		return &afterCopy{d, func() {
			if _, err := other.Backups().Create(t.Context(), root, "two.zip"); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "Try again later") {
				t.Errorf("Create beside another server: %v", err)
			}
			p := heard(t, other, true)
			if p.Action != "create" || p.Key != "one.zip" || !p.Elsewhere || other.Backups().Ready() {
				t.Errorf("another server tells the progress %+v", p)
			}
			if err := other.Backups().Upload(t.Context(), root, "one.zip", strings.NewReader("")); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "in use") {
				t.Errorf("Upload of an archive that another server makes: %v", err)
			}
			remove(t, other, first)
			if err := other.Removals().Settle(t.Context()); err != nil {
				t.Error(err)
			}
			third := openAgain(t, app, app.Config.Dir) // opening it leaves the folder for temporary files alone
			if err := third.Close(); err != nil {
				t.Error(err)
			}
		}}
	})
	if _, err := b.Create(t.Context(), root, "one.zip"); err != nil {
		t.Fatal(err)
	}
	heard(t, other, false)
	if got := archiveOf(t, app, "one.zip")["storage/"+fileOf(first)]; got != "first" {
		t.Errorf("the file in the archive: %q", got)
	}
	if _, err := other.Backups().Create(t.Context(), root, "two.zip"); err != nil {
		t.Error(err)
	}
}

// heard waits until the app knows of a running backup, or of none, and returns its progress.
func heard(t *testing.T, app *core.App, running bool) *backup.Progress {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-tick.C {
		if p := app.Backups().Progress(); (p != nil) == running {
			return p
		}
	}
	t.Fatalf("after a minute the progress is %+v", app.Backups().Progress())
	return nil
}

// TestBackupHasFilesThatAreDeletedMeanwhile deletes a file that the copy of the database names.
func TestBackupHasFilesThatAreDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	app := newDocs(t)
	first, second := add(t, app, "first"), add(t, app, "second")
	b := app.Backups()
	b.WrapDatabase(func(d backup.Database) backup.Database {
		return &afterCopy{d, func() {
			remove(t, app, first)
			if !b.Ready() {
				t.Logf("a backup is running")
			} else {
				t.Errorf("Ready while a backup is made")
			}
			if p := b.Progress(); p == nil || p.Action != "create" || p.Key != "one.zip" || p.Total == 0 || p.Done > p.Total {
				t.Errorf("Progress = %+v", p)
			}
			if _, err := b.Create(t.Context(), root, "two.zip"); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "Try again later") {
				t.Errorf("Create while a backup is made: %v", err)
			}
			if err := b.Delete(t.Context(), root, "one.zip"); fault.KindOf(err) != fault.Invalid {
				t.Errorf("Delete of what is being made: %v", err)
			}
		}}
	})
	if _, err := b.Create(t.Context(), root, "one.zip"); err != nil {
		t.Fatal(err)
	}
	entries := archiveOf(t, app, "one.zip")
	for _, r := range []*record.Record{first, second} {
		if entries["storage/"+fileOf(r)] == "" || entries["storage/"+fileOf(r)+".attrs"] == "" {
			t.Errorf("the archive lacks %s", fileOf(r))
		}
	}
	if err := app.Removals().Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if content(t, app, fileOf(first)) != "no file" || content(t, app, fileOf(second)) != "second" {
		t.Errorf("the deleted file is still there, or the other one is not")
	}
	noLeftovers(t, app)
	if !b.Ready() || b.Progress() != nil {
		t.Errorf("not Ready afterwards")
	}
	if err := b.Restore(t.Context(), root, "one.zip"); err != nil {
		t.Fatal(err)
	}
	if got := state(t, app); got != before {
		t.Errorf("the restored state is %s", got)
	}
}

func TestNames(t *testing.T) {
	ofSQLite(t)
	t.Parallel()
	app := newDocs(t)
	b := app.Backups()
	key, err := b.Create(t.Context(), root, "")
	if err != nil || !regexp.MustCompile(`^pb_backup_acme_\d{14}\.zip$`).MatchString(key) {
		t.Errorf("Create = %q, %v", key, err)
	}
	for name, code := range map[string]string{
		"../up.zip": "validation_match_invalid", "UP.zip": "validation_match_invalid", "a.tar": "validation_match_invalid",
		key:                                "validation_backup_name_exists",
		strings.Repeat("x", 150) + ".zip":  "validation_length_out_of_range",
		"@auto_pb_backup_acme_2020001.zip": "validation_match_invalid",
	} {
		_, err := b.Create(t.Context(), root, name)
		var f *fault.Error
		if !errors.As(err, &f) || f.Fields["name"] == nil || f.Fields["name"].Code != code {
			t.Errorf("Create(%q) = %v, want %s", name, err, code)
		}
	}
	for _, err := range []error{
		b.Delete(t.Context(), root, "none.zip"), b.Delete(t.Context(), root, "../data.db"), b.Restore(t.Context(), root, "none.zip"),
	} {
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("of what is missing: %v", err)
		}
	}
	if _, err := b.Open(t.Context(), root, "../data.db"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Open of what is missing: %v", err)
	}
	guest := record.Caller{}
	_, openErr := b.Open(t.Context(), guest, key)
	_, listErr := b.List(t.Context(), guest)
	_, createErr := b.Create(t.Context(), guest, "")
	for _, err := range []error{openErr, listErr, createErr, b.Delete(t.Context(), guest, key), b.Restore(t.Context(), guest, key),
		b.Upload(t.Context(), guest, "a.zip", strings.NewReader(""))} {
		if fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("for a guest: %v", err)
		}
	}
	if err := b.Delete(t.Context(), root, key); err != nil {
		t.Error(err)
	}
}

func TestUpload(t *testing.T) {
	ofSQLite(t)
	t.Parallel()
	app := changed(t)
	b := app.Backups()
	text, err := os.ReadFile(filepath.Join(app.Config.Dir, "backups", "one.zip"))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Upload(t.Context(), root, "Übung @1.zip", strings.NewReader(string(text))); err != nil {
		t.Fatal(err)
	}
	for name, code := range map[string]string{
		"": "validation_required", "a/b.zip": "validation_match_invalid", ".zip": "validation_match_invalid", "a.txt": "validation_match_invalid",
		"a\n.zip": "validation_match_invalid", "one.zip": "validation_backup_name_exists", strings.Repeat("x", 151): "validation_length_out_of_range",
		"text.zip": "validation_invalid_mime_type",
	} {
		err := b.Upload(t.Context(), root, name, strings.NewReader("no zip"))
		var f *fault.Error
		if !errors.As(err, &f) || f.Fields["file"] == nil || f.Fields["file"].Code != code {
			t.Errorf("Upload(%q) = %v, want %s", name, err, code)
		}
	}
	broken := errors.New("the client went away")
	if err := b.Upload(t.Context(), root, "half.zip", &failing{strings.NewReader(string(text)), broken}); !errors.Is(err, broken) {
		t.Errorf("Upload of a half = %v", err)
	}
	if list, err := b.List(t.Context(), root); err != nil || len(list) != 2 {
		t.Errorf("List = %v, %v, want two", list, err)
	}
	if err := b.Restore(t.Context(), root, "Übung @1.zip"); err != nil {
		t.Fatal(err)
	}
	if got := state(t, app.App); got != before {
		t.Errorf("the restored state is %s", got)
	}
}

// TestAuto makes a scheduled archive beside two older ones, of which the newer stays, and beside
// one with a name of its own.
func TestAuto(t *testing.T) {
	t.Parallel()
	app := newDocs(t)
	b := app.Backups()
	if _, err := b.Create(t.Context(), root, "by-hand.zip"); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(app.Config.Dir, "backups", backup.AutoPrefix+"acme_20200101000000.zip")
	for i, name := range []string{old, strings.Replace(old, "2020", "2021", 1)} {
		at := time.Now().Add(time.Duration(i-10) * time.Hour)
		if err := errors.Join(os.WriteFile(name, nil, 0o600), os.Chtimes(name, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Auto(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	list, err := b.List(t.Context(), root)
	if err != nil || len(list) != 3 || !strings.HasPrefix(list[0].Key, backup.AutoPrefix+"acme_2021") ||
		!strings.HasPrefix(list[1].Key, backup.AutoPrefix) || list[2].Key != "by-hand.zip" {
		t.Errorf("List = %v, %v", list, err)
	}
}

// TestBackupGoesOnWithoutItsClient ends the request during a backup, and then closes the Service.
func TestBackupGoesOnWithoutItsClient(t *testing.T) {
	ofSQLite(t)
	t.Parallel()
	app := newDocs(t)
	b := app.Backups()
	copied, goOn := make(chan struct{}), make(chan struct{})
	b.WrapDatabase(func(d backup.Database) backup.Database { return &afterCopy{d, func() { close(copied); <-goOn }} })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-copied; cancel() }()
	if _, err := b.Create(ctx, root, "one.zip"); !errors.Is(err, context.Canceled) {
		t.Fatalf("Create = %v", err)
	}
	if b.Ready() {
		t.Errorf("Ready while the backup goes on")
	}
	close(goOn)
	b.Close() // cancels the backup, or finds it done
	if _, err := b.Open(t.Context(), root, "one.zip"); err != nil && fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	if _, err := b.Create(t.Context(), root, "two.zip"); err == nil {
		t.Errorf("Create after Close: no error")
	}
	noLeftovers(t, app)
}

// TestBackupThatFails checks that a failed backup leaves neither an archive nor temporary
// files.
func TestBackupThatFails(t *testing.T) {
	ofSQLite(t)
	t.Parallel()
	app := newDocs(t)
	add(t, app, "first")
	b := app.Backups()
	b.WrapTree(func(tree backup.Tree) backup.Tree { return &faulty{Tree: tree, op: "open", err: fs.ErrPermission} })
	if _, err := b.Create(t.Context(), root, "one.zip"); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Create = %v", err)
	}
	if list, err := b.List(t.Context(), root); err != nil || len(list) != 0 {
		t.Errorf("List = %v, %v", list, err)
	}
	noLeftovers(t, app)
	coretest.Create(t, app, "docs", nil)
}

// A server that is killed during a backup does not tell the end of it.
func TestProgressOfALostServer(t *testing.T) {
	t.Parallel()
	clock := coretest.NewClock(time.Now())
	s := coretest.Open(t, core.Config{Dir: t.TempDir(), Now: clock.Now}).Backups()
	s.Hear(&backup.Progress{Action: "create", Key: "one.zip", Done: 1, Total: 2})
	clock.Advance(5 * time.Second)
	if p := s.Progress(); p == nil || p.Done != 1 {
		t.Errorf("after 5 s the progress is %+v", p)
	}
	clock.Advance(time.Minute)
	if p := s.Progress(); p != nil {
		t.Errorf("after a minute the progress is %+v", p)
	}
}
