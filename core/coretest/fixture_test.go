package coretest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/mail"
)

func TestFixture(t *testing.T) {
	app := coretest.With(t, `{"name":"members","type":"auth"}`, map[string]any{"name": "notes", "fields": []any{map[string]any{"name": "title", "type": "text"}}})
	writes := coretest.Watch(t, app, "notes")
	ann := coretest.User(t, app, "members", "ann@example.com")
	if ann.Text("email") != "ann@example.com" || !ann.Get("verified").(bool) {
		t.Errorf("the account is %v", ann)
	}
	coretest.Create(t, app, "notes", map[string]any{"title": "seen"})
	if e := writes.Next(t); e.Record.Text("title") != "seen" || e.Collection().Name != "notes" {
		t.Errorf("the write is of %v", e.Record)
	}
	box := coretest.MailBox(t, app)
	if err := app.Mails().Send(t.Context(), &mail.Message{To: []mail.Address{{Address: "bob@example.com"}}, Subject: "Hello", Text: "there"}); err != nil {
		t.Fatal(err)
	}
	if m := box.Next(t); m.Subject != "Hello" || m.To[0] != "bob@example.com" {
		t.Errorf("the mail is %+v", m)
	}
}

func TestBucket(t *testing.T) {
	t.Parallel()
	app := coretest.With(t, `{"name":"notes","fields":[{"name":"attached","type":"file"}]}`)
	bucket := coretest.Bucket(t, app)
	upload, err := blob.FromBytes("plan.txt", []byte("dig"))
	if err != nil {
		t.Fatal(err)
	}
	note := coretest.Record(t, app, "notes", nil)
	names, err := app.Records().Files("notes", "attached").Add(t.Context(), note.ID(), upload)
	if err != nil {
		t.Fatal(err)
	}
	if keys := bucket.Keys(); len(keys) != 1 || !strings.HasSuffix(keys[0], note.ID()+"/"+names[0]) {
		t.Errorf("the bucket has %q", keys)
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	clock := coretest.NewClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	app := core.New(core.Config{Now: clock.Now})
	app.Values().Set("a", 1, time.Hour)
	clock.Advance(time.Hour)
	if _, ok := app.Values().Get("a"); ok || app.Now().Hour() != 1 {
		t.Errorf("the clock of the app stands at %v", app.Now())
	}
}

// failing is a testing.TB that records whether it has failed.
type failing struct {
	testing.TB
	failed bool
}

func (f *failing) Helper()               {}
func (f *failing) Errorf(string, ...any) { f.failed = true }

func TestGolden(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("UPDATE_GOLDEN", "1")
	coretest.Golden(t, "sub/answer.json", "one\n")
	if text, err := os.ReadFile(filepath.Join(dir, "testdata", "sub", "answer.json")); err != nil || string(text) != "one\n" {
		t.Errorf("the file has %q, %v", text, err)
	}
	t.Setenv("UPDATE_GOLDEN", "")
	coretest.Golden(t, "sub/answer.json", "one\n")
	other := &failing{TB: t}
	if coretest.Golden(other, "sub/answer.json", "two\n"); !other.failed {
		t.Error("another text passes")
	}
}
