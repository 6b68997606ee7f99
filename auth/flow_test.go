package auth

import (
	"context"
	"errors"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/core/coretest/smtptest"
	"github.com/loambase/loam/core/mail"
	"github.com/loambase/loam/core/record"
)

// settle waits until all work after answers is done.
func (f *fixture) settle() {
	for range cap(f.places) {
		f.places <- struct{}{}
	}
	for range cap(f.places) {
		<-f.places
	}
}

var mailedLink = regexp.MustCompile(`href="http://localhost:8090/_/#/auth/([a-z-]+)/([^"]+)"`)

// mailedToken returns the token of the next mail, whose link must lead to the page.
func mailedToken(t *testing.T, server *smtptest.Server, to, page string) string {
	t.Helper()
	m := server.Next(t)
	found := mailedLink.FindStringSubmatch(m.HTML)
	if len(m.To) != 1 || m.To[0] != to || found == nil || found[1] != page {
		t.Fatalf("the mail to %v is %s", m.To, m.HTML)
	}
	return found[2]
}

func (f *fixture) find1(id string) *record.Record {
	f.t.Helper()
	r, err := f.app.Records().FindByID(f.t.Context(), "members", id)
	if err != nil {
		f.t.Fatal(err)
	}
	return r
}

// expect fails unless the error has this text; "" is success.
func expect(t *testing.T, what string, err error, want string) {
	t.Helper()
	got := describe(err)
	if err != nil && strings.Contains(err.Error(), "; ") {
		_, got, _ = strings.Cut(err.Error(), "; ")
	}
	if got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// Ann verifies her address: by the link of the mail, once, without losing her session.
func TestVerification(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	server := f.mailing(&smtptest.Server{})
	ctx := t.Context()
	guest := record.Caller{}
	id := f.member(map[string]any{"email": "ann@example.com"})
	session := f.login("ann@example.com").Token
	ask := func(email string) {
		t.Helper()
		expect(t, "request of "+email, f.RequestVerification(ctx, guest, "members", EmailForm{email}), "")
		f.settle()
	}
	ask("ann@example.com")
	token := mailedToken(t, server, "ann@example.com", "confirm-verification")
	ask("ann@example.com") // not again within two minutes
	ask("eve@example.com") // has no account
	ask("ANN@example.com") // has no account: letter case counts in this collection
	if n := server.Waiting(); n != 0 {
		t.Errorf("%d more mails", n)
	}
	for name, tt := range map[string]struct{ token, want string }{
		"empty":   {"", "token: Cannot be blank"},
		"garbage": {"x.y.z", "token: Missing email token claim"},
		"session": {session, "token: Missing email token claim"},
		"forged":  {token[:len(token)-4] + "AAAA", "token: Invalid or expired token"},
	} {
		expect(t, name, f.ConfirmVerification(ctx, guest, "members", TokenForm{tt.token}), tt.want)
	}
	expect(t, "another collection", f.ConfirmVerification(ctx, guest, "users", TokenForm{token}),
		"token: The provided token is for different auth collection")
	if f.find1(id).Bool("verified") {
		t.Fatal("verified by a wrong token")
	}
	expect(t, "confirm", f.ConfirmVerification(ctx, guest, "members", TokenForm{token}), "")
	if !f.find1(id).Bool("verified") || f.Authenticate(ctx, session) == nil {
		t.Error("not verified, or the session is gone")
	}
	expect(t, "again", f.ConfirmVerification(ctx, guest, "members", TokenForm{token}), "")
	ask("ann@example.com") // a verified account gets no mail
	if n := server.Waiting(); n != 0 {
		t.Errorf("%d more mails", n)
	}
	const superusers = "invalid: All superusers are verified by default."
	expect(t, "superusers", f.RequestVerification(ctx, guest, "_superusers", EmailForm{"x@example.com"}), superusers)
	expect(t, "superusers", f.ConfirmVerification(ctx, guest, "_superusers", TokenForm{token}), superusers)
	expect(t, "bad address", f.RequestVerification(ctx, guest, "members", EmailForm{"x"}), "email: Must be a valid email address")
	expect(t, "base collection", f.RequestVerification(ctx, guest, "_otps", EmailForm{"x@example.com"}),
		"not found: Missing or invalid auth collection context.")
}

// A changed address ends its tokens. Without sign-in by password, a password that was set before
// the address was verified is replaced.
func TestVerificationOfStolenAccounts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	id := f.member(map[string]any{"email": "ann@example.com"})
	r := f.find1(id)
	token, err := f.NewToken(r, Token{Type: Verification, Email: "ann@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	stale, err := f.NewToken(r, Token{Type: Verification, Email: "other@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "of another address", f.ConfirmVerification(ctx, record.Caller{}, "members", TokenForm{stale}),
		"token: The record email doesn't match with the requested token claims")
	session := f.login("ann@example.com").Token
	f.configure("members", `{"passwordAuth":{"enabled":false}}`)
	expect(t, "confirm", f.ConfirmVerification(ctx, record.Caller{}, "members", TokenForm{token}), "")
	if f.Authenticate(ctx, session) != nil {
		t.Error("who knew the old password is still signed in")
	}
	if same, err := f.app.Passwords().Compare(ctx, f.find1(id).Text("password"), memberPassword); same || err != nil {
		t.Errorf("the old password is still good: %v", err)
	}
}

// Ann has forgotten her password.
func TestPasswordReset(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	server := f.mailing(&smtptest.Server{})
	ctx := t.Context()
	guest := record.Caller{}
	id := f.member(map[string]any{"email": "ann@example.com", "username": "ann"})
	session := f.login("ann").Token
	for _, email := range []string{"ann@example.com", "ann@example.com", "eve@example.com"} {
		expect(t, "request", f.RequestPasswordReset(ctx, guest, "members", EmailForm{email}), "")
		f.settle()
	}
	token := mailedToken(t, server, "ann@example.com", "confirm-password-reset")
	if n := server.Waiting(); n != 0 {
		t.Errorf("%d more mails", n)
	}
	const fresh = "a new password"
	confirm := func(token, password, again string) error {
		return f.ConfirmPasswordReset(ctx, guest, "members", PasswordResetForm{token, password, again})
	}
	expect(t, "empty", confirm("", "", ""), "password: Cannot be blank; passwordConfirm: Cannot be blank; token: Cannot be blank")
	expect(t, "short", confirm(token, "short", "other"), "password: The length must be between 8 and 255; passwordConfirm: Values don't match")
	expect(t, "session", confirm(session, fresh, fresh), "token: Invalid or expired token")
	long := strings.Repeat("é", 60)
	expect(t, "too long", confirm(token, long, long), "password: Must be no more than 71 character(s) and 72 bytes")
	if f.Authenticate(ctx, session) == nil {
		t.Fatal("what failed has ended the session")
	}

	// If several requests use the token at once, one of them sets the password.
	var wait sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 4 {
		wait.Go(func() {
			if confirm(token, fresh, fresh) == nil {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if won != 1 {
		t.Errorf("the token was good %d times", won)
	}
	r := f.find1(id)
	if same, err := f.app.Passwords().Compare(ctx, r.Text("password"), fresh); !same || err != nil || !r.Bool("verified") {
		t.Errorf("the password is another one, or the address not verified: %v", err)
	}
	if f.Authenticate(ctx, session) != nil {
		t.Error("the session lives on")
	}
	expect(t, "again", confirm(token, fresh, fresh), "token: Invalid or expired token")
	// The lock was released.
	expect(t, "request", f.RequestPasswordReset(ctx, guest, "members", EmailForm{"ann@example.com"}), "")
	mailedToken(t, server, "ann@example.com", "confirm-password-reset")

	f.configure("members", `{"passwordAuth":{"enabled":false}}`)
	expect(t, "disabled", f.RequestPasswordReset(ctx, guest, "members", EmailForm{"ann@example.com"}),
		"invalid: The collection is not configured to allow password authentication.")
}

// A mail that fails permanently does not prevent a further request.
func TestResendLockFalls(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var taken atomic.Bool
	server := f.mailing(&smtptest.Server{Reply: func(verb string) string {
		if verb == "RCPT" && !taken.Load() {
			return "550 no"
		}
		return ""
	}})
	failed := make(chan error, 1)
	f.app.Hooks().Mails.Send.BindFunc(func(e *mail.Event) error {
		err := e.Next()
		failed <- err
		return err
	})
	id := f.member(map[string]any{"email": "ann@example.com"})
	key := lockKey{f.find1(id).Collection().ID, id, mail.PasswordReset}
	ask := func() {
		expect(t, "request", f.RequestPasswordReset(t.Context(), record.Caller{}, "members", EmailForm{"ann@example.com"}), "")
	}
	ask()
	if err := <-failed; err == nil {
		t.Fatal("the mail was taken")
	}
	for f.locks.held(key) { // until the queue has called done
		runtime.Gosched()
	}
	taken.Store(true)
	ask()
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	mailedToken(t, server, "ann@example.com", "confirm-password-reset")
}

// Ann changes her address.
func TestEmailChange(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	server := f.mailing(&smtptest.Server{})
	ctx := t.Context()
	id := f.member(map[string]any{"email": "ann@example.com"})
	f.member(map[string]any{"email": "bob@example.com"})
	session := f.login("ann@example.com").Token
	ann := f.caller(session)
	ask := func(caller record.Caller, collection, email string) error {
		return f.RequestEmailChange(ctx, caller, collection, EmailChangeForm{email})
	}
	for name, tt := range map[string]struct {
		caller            record.Caller
		collection, email string
		want              string
	}{
		"guest":              {record.Caller{}, "members", "new@example.com", "unauthenticated: The request requires valid record authorization token."},
		"another collection": {ann, "users", "new@example.com", "forbidden: The request requires auth record from members collection."},
		"superuser":          {record.Root(), "members", "new@example.com", "forbidden: The request requires auth record from _superusers collection."},
		"empty":              {ann, "members", "", "newEmail: Cannot be blank"},
		"no address":         {ann, "members", "new", "newEmail: Must be a valid email address"},
		"the same":           {ann, "members", "ann@example.com", "newEmail: Must not be in list"},
		"taken":              {ann, "members", "bob@example.com", "newEmail: Invalid new email address"},
		"nowhere":            {ann, "nothing", "new@example.com", "not found: Missing or invalid collection context."},
	} {
		expect(t, name, ask(tt.caller, tt.collection, tt.email), tt.want)
	}
	expect(t, "request", ask(ann, "members", "new@example.com"), "")
	token := mailedToken(t, server, "new@example.com", "confirm-email-change")

	confirm := func(token, password string) error {
		return f.ConfirmEmailChange(ctx, record.Caller{}, "members", EmailChangeConfirmation{token, password})
	}
	expect(t, "empty", confirm("", ""), "password: Cannot be blank; token: Cannot be blank")
	expect(t, "session", confirm(session, "x"), "token: Invalid token payload - newEmail must be set")
	expect(t, "forged", confirm(token[:len(token)-4]+"AAAA", "x"), "token: Invalid or expired token")
	for range maxAttempts {
		expect(t, "wrong password", confirm(token, "wrong"), "password: Missing or invalid auth record password")
	}
	expect(t, "too many", confirm(token, memberPassword), "too many: Too many attempts, please try again later.")
	f.guesses.forget("password " + ann.Auth.Collection().ID + "/" + id)

	carl := f.member(map[string]any{"email": "new@example.com"})
	expect(t, "taken meanwhile", confirm(token, memberPassword), "token: The new email address is already registered")
	if err := f.app.Records().Delete(ctx, record.Root(), "members", carl); err != nil {
		t.Fatal(err)
	}
	expect(t, "confirm", confirm(token, memberPassword), "")
	r := f.find1(id)
	if r.Text("email") != "new@example.com" || !r.Bool("verified") || f.Authenticate(ctx, session) != nil {
		t.Errorf("the address is %s, verified %v, or the session lives", r.Text("email"), r.Bool("verified"))
	}
	expect(t, "again", confirm(token, memberPassword), "token: Invalid or expired token")
	expect(t, "superusers", f.ConfirmEmailChange(ctx, record.Caller{}, "_superusers", EmailChangeConfirmation{token, "x"}),
		"invalid: All superusers can change their emails directly.")
}

// If no server accepts the mail, the answer says that it failed, but not why.
func TestEmailChangeWithoutMail(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.member(map[string]any{"email": "ann@example.com"})
	ann := f.caller(f.login("ann@example.com").Token)
	err := f.RequestEmailChange(t.Context(), ann, "members", EmailChangeForm{"new@example.com"})
	expect(t, "request", err, "invalid: Failed to request email change.")
	if !errors.Is(err, mail.ErrOff) {
		t.Errorf("the reason is %v", err)
	}
}

// Programs take part in the flows, and can refuse.
func TestFlowHooks(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	server := f.mailing(&smtptest.Server{})
	ctx := t.Context()
	f.member(map[string]any{"email": "ann@example.com"})
	h := f.Hooks()
	refused := errors.New("refused")
	var mu sync.Mutex
	var ran []string
	refuse := true
	for name, hook := range map[string]interface {
		BindFunc(func(*FlowEvent) error, ...string) func()
	}{
		"request verification": &h.RequestVerification, "confirm verification": &h.ConfirmVerification,
		"request reset": &h.RequestPasswordReset, "confirm reset": &h.ConfirmPasswordReset,
		"request change": &h.RequestEmailChange, "confirm change": &h.ConfirmEmailChange,
	} {
		hook.BindFunc(func(e *FlowEvent) error {
			mu.Lock()
			defer mu.Unlock()
			ran = append(ran, name+" "+e.Record.Text("email")+" "+e.NewEmail)
			if refuse {
				return refused
			}
			return nil
		}, "members")
	}
	ann := f.caller(f.login("ann@example.com").Token)
	token := func(said Token) string {
		text, err := f.NewToken(ann.Auth, said)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	verify, reset := token(Token{Type: Verification, Email: "ann@example.com"}), token(Token{Type: PasswordReset, Email: "ann@example.com"})
	change := token(Token{Type: EmailChange, Email: "ann@example.com", NewEmail: "new@example.com"})
	all := func() (errs []error) {
		errs = append(errs, f.RequestVerification(ctx, ann, "members", EmailForm{"ann@example.com"}))
		f.settle()
		errs = append(errs, f.ConfirmVerification(ctx, ann, "members", TokenForm{verify}))
		errs = append(errs, f.RequestPasswordReset(ctx, ann, "members", EmailForm{"ann@example.com"}))
		f.settle()
		errs = append(errs, f.RequestEmailChange(ctx, ann, "members", EmailChangeForm{"new@example.com"}))
		if refuse {
			errs = append(errs, f.ConfirmPasswordReset(ctx, ann, "members", PasswordResetForm{reset, "another one", "another one"}))
		}
		return append(errs, f.ConfirmEmailChange(ctx, ann, "members", EmailChangeConfirmation{change, memberPassword}))
	}
	for i, err := range all() {
		if silent := i == 0 || i == 2; silent != (err == nil) || err != nil && !errors.Is(err, refused) {
			t.Errorf("refused, call %d: %v", i, err)
		}
	}
	if server.Waiting() != 0 || f.find1(ann.Auth.ID()).Bool("verified") {
		t.Error("what was refused was done")
	}
	if len(ran) != 6 || ran[3] != "request change ann@example.com new@example.com" {
		t.Errorf("the handlers ran as %q", ran)
	}
	refuse = false
	for i, err := range all() {
		if err != nil {
			t.Errorf("call %d: %v", i, err)
		}
	}
}

// The answer and the time of a request for a mail do not reveal whether an account exists.
func TestRequestsTellNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	f := newFixture(t)
	f.mailing(&smtptest.Server{})
	f.member(map[string]any{"email": "ann@example.com"})
	const rounds = 60
	took := map[string][]time.Duration{}
	for range rounds {
		for _, email := range []string{"ann@example.com", "eve@example.com"} {
			f.locks.until = nil
			begin := time.Now()
			err := f.RequestPasswordReset(context.Background(), record.Caller{}, "members", EmailForm{email})
			took[email] = append(took[email], time.Since(begin))
			if err != nil {
				t.Fatal(err)
			}
			f.settle()
		}
	}
	known, unknown := median(took["ann@example.com"]), median(took["eve@example.com"])
	if known > 3*unknown+time.Millisecond || unknown > 3*known+time.Millisecond {
		t.Errorf("an account takes %v, none %v", known, unknown)
	}
}

// Too many concurrent requests are refused, for any account.
func TestRequestsAreBounded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for range cap(f.places) {
		f.places <- struct{}{}
	}
	for _, email := range []string{"ann@example.com", "eve@example.com"} {
		expect(t, email, f.RequestVerification(t.Context(), record.Caller{}, "members", EmailForm{email}), "too many: ")
	}
}
