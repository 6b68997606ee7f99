package core_test

import (
	"context"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/mail"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

func patch(t *testing.T, app *core.App, text string) {
	t.Helper()
	if _, err := app.Settings().Patch(t.Context(), record.Root(), []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// scheduled returns the expression of the job of backups, "" if there is none.
func scheduled(t *testing.T, app *core.App) string {
	t.Helper()
	list, err := app.Jobs().List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range list {
		if info.ID == "__pbAutoBackup__" {
			return info.Expression
		}
	}
	return ""
}

func TestBackupsByTheClock(t *testing.T) {
	if enginetest.Postgres() {
		t.Skip("of SQLite")
	}
	t.Parallel()
	dir := t.TempDir()
	app := coretest.Open(t, core.Config{Dir: dir})
	if got := scheduled(t, app); got != "" {
		t.Errorf("without a schedule there is the job %q", got)
	}
	patch(t, app, `{"backups":{"cron":"0 3 * * *","cronMaxKeep":1}}`)
	if got := scheduled(t, app); got != "0 3 * * *" {
		t.Errorf("the job is at %q", got)
	}
	for range 2 {
		if err := app.Jobs().RunAndWait(t.Context(), "__pbAutoBackup__"); err != nil && !strings.Contains(err.Error(), "exists") {
			t.Fatal(err)
		}
	}
	list, err := app.Backups().List(t.Context(), record.Root())
	if err != nil || len(list) != 1 || !strings.HasPrefix(list[0].Key, "@auto_pb_backup_acme_") {
		t.Errorf("List = %v, %v", list, err)
	}
	patch(t, app, `{"backups":{"cron":"@daily"}}`)
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	app = coretest.Open(t, core.Config{Dir: dir})
	if got := scheduled(t, app); got != "0 0 * * *" {
		t.Errorf("after a restart the job is at %q", got)
	}
	patch(t, app, `{"backups":{"cron":""}}`)
	if got := scheduled(t, app); got != "" {
		t.Errorf("the job is still at %q", got)
	}
}

// TestBackupThatFailsIsTold checks that every superuser gets a mail about the failure.
func TestBackupThatFailsIsTold(t *testing.T) {
	if enginetest.Postgres() {
		t.Skip("of SQLite")
	}
	t.Parallel()
	app := coretest.New(t)
	mails := make(chan *mail.Message, 10)
	app.Hooks().Mails.Send.BindFunc(func(e *mail.Event) error {
		e.Transport = func(_ context.Context, m *mail.Message) error { mails <- m; return nil }
		return e.Next()
	})
	for _, name := range []string{"ann", "bob"} {
		coretest.Create(t, app, schema.Superusers, map[string]any{
			"email": name + "@example.com", "password": "a-long-password", "passwordConfirm": "a-long-password",
		})
	}
	patch(t, app, `{"backups":{"cron":"0 3 * * *"}}`)
	app.Backups().Close() // makes each backup fail
	if err := app.Jobs().RunAndWait(t.Context(), "__pbAutoBackup__"); err == nil {
		t.Fatal("a backup without its service: no error")
	}
	told := map[string]bool{}
	for range 2 {
		m := <-mails
		if len(m.To) != 1 || m.Subject != "The backup of Acme has failed" || !strings.Contains(m.Text, "backup: closed") {
			t.Errorf("the mail is %+v", m)
		}
		told[m.To[0].Address] = true
	}
	if !told["ann@example.com"] || !told["bob@example.com"] {
		t.Errorf("told are %v", told)
	}
}
