package auth

import (
	"strings"
	"testing"

	"github.com/loambase/loam/core/coretest/smtptest"
	"github.com/loambase/loam/core/record"
)

// mailing makes the app send to the server.
func (f *fixture) mailing(server *smtptest.Server) *smtptest.Server {
	f.t.Helper()
	server.Start(f.t)
	if _, err := f.app.Settings().Patch(f.t.Context(), record.Root(), []byte(server.Settings())); err != nil {
		f.t.Fatal(err)
	}
	return server
}

func TestTestMail(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	reply := ""
	server := f.mailing(&smtptest.Server{Reply: func(verb string) string {
		if verb == "RCPT" {
			return reply
		}
		return ""
	}})
	f.configure("members", `{"verificationTemplate":{"subject":"Hi {RECORD:username}","body":"{RECORD:email} {RECORD:secret} {TOKEN} {APP_URL}"}}`)
	for _, template := range []string{"verification", "password-reset", "email-change", "otp", "login-alert"} {
		form := TestMailForm{Email: "me@example.com", Template: template, Collection: "members"}
		if err := f.TestMail(t.Context(), record.Root(), form); err != nil {
			t.Errorf("%s: %v", template, err)
			continue
		}
		m := server.Next(t)
		if m.To[0] != "me@example.com" || template != "verification" && strings.Contains(m.HTML, "{") && strings.Contains(m.HTML, "APP_") {
			t.Errorf("%s: %+v", template, m)
		}
		if template == "verification" && (m.Subject != "Hi __pb_test_username__" ||
			!strings.Contains(m.HTML, "__pb_test_email__ {RECORD:secret} test_token http://localhost:8090")) {
			t.Errorf("the mail is %q %s", m.Subject, m.HTML)
		}
	}
	for _, tt := range []struct {
		form TestMailForm
		want string
	}{
		{TestMailForm{Collection: "notes"}, "collection: Missing or invalid auth collection; email: Cannot be blank; template: Cannot be blank"},
		{TestMailForm{Email: "x", Template: "y", Collection: "_otps"}, "collection: Missing or invalid auth collection; email: Must be a valid email address; template: Must be a valid value"},
	} {
		if err := f.TestMail(t.Context(), record.Root(), tt.form); err == nil || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %s", tt.form, err, tt.want)
		}
	}
	reply = "550 no such user here"
	form := TestMailForm{Email: "me@example.com", Template: "otp"}
	if got, want := describe(f.TestMail(t.Context(), record.Root(), form)),
		"invalid: Failed to send the test email. Raw error: recipient: 550 no such user here"; got != want {
		t.Errorf("TestMail = %s, want %s", got, want)
	}
	if got := describe(f.TestMail(t.Context(), record.Caller{}, form)); !strings.HasPrefix(got, "unauthenticated") {
		t.Errorf("a guest: %s", got)
	}
}
