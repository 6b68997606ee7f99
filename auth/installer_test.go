package auth

import (
	"testing"
	"time"

	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// The first superuser is created with the installer's token, which is valid for that purpose, for
// half an hour.
func TestInstaller(t *testing.T) {
	t.Parallel()
	f, move := newClockFixture(t)
	ctx := t.Context()
	token, err := f.Installer(ctx)
	if err != nil || token == "" {
		t.Fatalf("Installer = %q, %v", token, err)
	}
	if again, err := f.Installer(ctx); err != nil || again == "" || f.count(schema.Superusers) != 1 {
		t.Errorf("again: %q, %v; %d accounts", again, err, f.count(schema.Superusers))
	}
	if has, err := f.HasSuperuser(ctx); has || err != nil {
		t.Errorf("HasSuperuser = %v, %v", has, err)
	}
	// The installer gets no mails.
	expect(t, "reset", f.RequestPasswordReset(ctx, record.Caller{}, schema.Superusers, EmailForm{schema.InstallerEmail}), "")
	f.settle()
	if len(f.locks.until) != 0 {
		t.Error("a mail was made for the installer")
	}
	move(installerTime + time.Second)
	if f.Authenticate(ctx, token) != nil {
		t.Error("the token outlives its half hour")
	}

	token, err = f.Installer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	installer := f.caller(token)
	if !installer.Superuser() {
		t.Fatal("the token is no superuser's")
	}
	_, err = f.app.Records().Create(ctx, installer, schema.Superusers, record.Input{Body: map[string]any{
		"email": "root@example.com", "password": memberPassword, "passwordConfirm": memberPassword,
	}})
	if err != nil {
		t.Fatal(err)
	}
	if f.Authenticate(ctx, token) != nil || f.count(schema.Superusers) != 1 {
		t.Errorf("the installer is still there; %d accounts", f.count(schema.Superusers))
	}
	if token, err := f.Installer(ctx); token != "" || err != nil {
		t.Errorf("with a superuser: %q, %v", token, err)
	}
	// Another process may create the superuser after this process has found none.
	_, err = f.installer(ctx)
	expect(t, "the installer beside a superuser", err, "invalid: There is a superuser already.")
	if f.count(schema.Superusers) != 1 {
		t.Errorf("%d accounts, want 1", f.count(schema.Superusers))
	}
}
