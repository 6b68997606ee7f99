package coretest

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest/s3test"
	"github.com/loambase/loam/core/coretest/smtptest"
	"github.com/loambase/loam/core/record"
)

// With returns the App of New with collections, created in this order. Each definition has a
// form that Collection accepts.
func With(t testing.TB, definitions ...any) *core.App {
	t.Helper()
	app := New(t)
	for _, d := range definitions {
		Collection(t, app, d)
	}
	return app
}

// Password is the password of the accounts of User.
const Password = "correct-horse"

// User creates a verified account with the e-mail address and Password in an auth collection,
// which may be "_superusers", and returns it.
func User(t testing.TB, app *core.App, collection, email string) *record.Record {
	t.Helper()
	return Record(t, app, collection, map[string]any{"email": email, "verified": true, "password": Password, "passwordConfirm": Password})
}

// MailBox starts an SMTP server, to which the app sends its mails until the test ends. The
// method Next of the server waits for a mail.
func MailBox(t testing.TB, app *core.App) *smtptest.Server {
	t.Helper()
	server := (&smtptest.Server{}).Start(t)
	if _, err := app.Settings().Patch(t.Context(), Root(), []byte(server.Settings())); err != nil {
		t.Fatalf("send mails to the mail box: %v", err)
	}
	return server
}

// Bucket starts an S3 server in the test process, and sets the app to store the files of records
// and the backups in the bucket of the server. The server stops when the test ends. Its method Keys
// lists the bucket.
func Bucket(t testing.TB, app *core.App) *s3test.Server {
	t.Helper()
	server := s3test.Start(t)
	if _, err := app.Settings().Patch(t.Context(), Root(), []byte(server.Settings())); err != nil {
		t.Fatalf("keep files in the bucket: %v", err)
	}
	return server
}

// Clock is a clock that only Advance moves. Its method Now is for core.Config.Now. It is safe
// for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows the time now.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Now returns the time of the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock forward by d.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Writes are the writes of records, in the order in which they became durable.
type Writes struct{ seen chan *record.WriteEvent }

// Watch collects the writes of records in the collections from now on; without names, in all
// collections. When Next returns a write, later hooks after the write, such as a hook that
// sends a mail, may not have run yet.
func Watch(t testing.TB, app *core.App, collections ...string) *Writes {
	t.Helper()
	w := &Writes{seen: make(chan *record.WriteEvent, 10_000)}
	t.Cleanup(app.Hooks().Records.AfterSuccess.BindFunc(func(e *record.WriteEvent) error {
		w.seen <- e
		return nil
	}, collections...))
	return w
}

// Next waits for the next write and returns it. The test fails after a minute without a write.
func (w *Writes) Next(t testing.TB) *record.WriteEvent {
	t.Helper()
	select {
	case e := <-w.seen:
		return e
	case <-time.After(time.Minute):
		t.Fatal("nothing was written within a minute")
		return nil
	}
}

// Golden compares a text with the file testdata/NAME, byte by byte. With UPDATE_GOLDEN=1 in
// the environment it writes the file: look at the difference before you commit it.
func Golden(t testing.TB, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", filepath.FromSlash(name))
	if os.Getenv("UPDATE_GOLDEN") == "1" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; UPDATE_GOLDEN=1 writes it", err)
	}
	if got != string(want) {
		t.Errorf("%s is not as it was; got:\n%s\nwant:\n%s", path, got, want)
	}
}
