package auth

import (
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core/coretest/smtptest"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Ann gets a mail when somebody signs in from a new origin.
func TestLoginAlert(t *testing.T) {
	t.Parallel()
	f, move := newClockFixture(t)
	server := f.mailing(&smtptest.Server{})
	id := f.member(map[string]any{"email": "ann@example.com"})
	signIn := func(ip, agent, password string) error {
		caller := record.Caller{IP: ip, Headers: map[string][]string{"User-Agent": {agent}}}
		_, err := f.WithPassword(t.Context(), caller, "members", PasswordForm{Identity: "ann@example.com", Password: password}, "")
		f.settle()
		move(time.Second)
		return err
	}
	origins := func() []*record.Record {
		list, err := f.app.Records().Find(t.Context(), record.Root(), record.Query{Collection: schema.AuthOrigins, Sort: "created"})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	expect(t, "first", signIn("192.0.2.1", "Firefox", memberPassword), "")
	expect(t, "the same", signIn("192.0.2.1", "Firefox", memberPassword), "")
	expect(t, "wrong password", signIn("203.0.113.1", "Evil", "wrong"), "invalid: Failed to authenticate.")
	if list := origins(); len(list) != 1 || server.Waiting() != 0 {
		t.Fatalf("%d origins, %d mails", len(list), server.Waiting())
	}
	first := origins()[0]
	move(2 * time.Minute)
	expect(t, "later", signIn("192.0.2.1", "Firefox", memberPassword), "")
	if again := origins()[0]; !again.Time("updated").After(first.Time("updated")) {
		t.Error("the last sign-in is not noted")
	}

	agent := "<script>" + strings.Repeat("x", 300)
	expect(t, "from elsewhere", signIn("203.0.113.1", agent, memberPassword), "")
	m := server.Next(t)
	if m.To[0] != "ann@example.com" || !strings.Contains(m.HTML, "203.0.113.1 &lt;script&gt;xxx") || strings.Contains(m.HTML, "<script>") || strings.Contains(m.HTML, strings.Repeat("x", 250)) {
		t.Errorf("the mail is %s", m.HTML)
	}
	expect(t, "again from there", signIn("203.0.113.1", agent, memberPassword), "")
	for _, ip := range []string{"198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4"} {
		expect(t, ip, signIn(ip, "Firefox", memberPassword), "")
		server.Next(t)
	}
	list := origins()
	if len(list) != maxOrigins || list[0].ID() == first.ID() || server.Waiting() != 0 {
		t.Errorf("%d origins are kept, the first: %v; %d mails more", len(list), list[0].ID() == first.ID(), server.Waiting())
	}
	// A new password deletes the origins.
	f.update("members", id, map[string]any{"password": "another one", "passwordConfirm": "another one"})
	if n := len(origins()); n != 0 {
		t.Errorf("%d origins are left", n)
	}
	f.configure("members", `{"authAlert":{"enabled":false}}`)
	expect(t, "switched off", signIn("192.0.2.1", "Firefox", "another one"), "")
	if n := len(origins()); n != 0 {
		t.Errorf("%d origins are noted", n)
	}
}

// A sign-in is stored even while much other work is running.
func TestOriginsAreNotCrowdedOut(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.member(map[string]any{"email": "ann@example.com"})
	for range cap(f.places) {
		f.places <- struct{}{}
	}
	form := PasswordForm{Identity: "ann@example.com", Password: memberPassword}
	if _, err := f.WithPassword(t.Context(), record.Caller{IP: "192.0.2.1"}, "members", form, ""); err != nil {
		t.Fatal(err)
	}
	if n := f.count(schema.AuthOrigins); n != 1 {
		t.Errorf("%d origins are noted", n)
	}
}

func TestFingerprint(t *testing.T) {
	t.Parallel()
	// printf '127.0.0.1curl/8' | md5sum
	if got, want := (origin{"127.0.0.1", "curl/8", ""}).fingerprint(), "b13cc138e9f01b7bdbe0c10cda2c1ca4"; got != want {
		t.Errorf("fingerprint = %s, want %s", got, want)
	}
}
