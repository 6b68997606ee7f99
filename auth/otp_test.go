package auth

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/coretest/smtptest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// newClockFixture returns a fixture whose clock may be moved.
func newClockFixture(t *testing.T) (f *fixture, move func(time.Duration)) {
	t.Helper()
	var ahead atomic.Int64
	app := coretest.Open(t, core.Config{Dir: t.TempDir(), Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	f = &fixture{Service: New(app), t: t, app: app}
	coretest.Collection(t, app, members)
	return f, func(d time.Duration) { ahead.Add(int64(d)) }
}

var mailedOTP = regexp.MustCompile(`<strong>(\d+)</strong>`)

func (f *fixture) requestOTP(email string) string {
	f.t.Helper()
	id, err := f.RequestOTP(f.t.Context(), record.Caller{}, "members", EmailForm{email})
	if err != nil {
		f.t.Fatal(err)
	}
	f.settle()
	return id
}

func (f *fixture) withOTP(ip, id, password, mfaID string) (*Response, error) {
	return f.SignIn(f.t.Context(), record.Caller{IP: ip}, "members", f.Method("otp"), &OTPForm{id, password}, Options{MFAID: mfaID})
}

func (f *fixture) count(collection string) int {
	f.t.Helper()
	n, err := f.app.Records().Count(f.t.Context(), collection)
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

// nextOTP returns the one-time password of the next mail.
func nextOTP(t *testing.T, server *smtptest.Server, to string) string {
	t.Helper()
	m := server.Next(t)
	found := mailedOTP.FindStringSubmatch(m.HTML)
	if m.To[0] != to || found == nil {
		t.Fatalf("the mail to %v is %s", m.To, m.HTML)
	}
	return found[1]
}

// Ann signs in by a mailed code: once, in time, and her address becomes verified. A person who had
// signed up with her address before is signed out.
func TestOTP(t *testing.T) {
	t.Parallel()
	f, move := newClockFixture(t)
	server := f.mailing(&smtptest.Server{})
	id := f.member(map[string]any{"email": "ann@example.com"})
	session := f.login("ann@example.com").Token
	const off = "forbidden: The collection is not configured to allow OTP authentication."
	_, err := f.RequestOTP(t.Context(), record.Caller{}, "members", EmailForm{"ann@example.com"})
	expect(t, "off", err, off)
	_, err = f.withOTP("", "x", "1", "")
	expect(t, "off", err, off)
	f.configure("members", `{"otp":{"enabled":true,"length":6,"duration":180}}`)
	if m, err := f.Methods(t.Context(), "members"); err != nil || m.OTP != (TimedMethod{true, 180}) {
		t.Errorf("Methods = %+v, %v", m, err)
	}

	otp := f.requestOTP("ann@example.com")
	code := nextOTP(t, server, "ann@example.com")
	if len(code) != 6 || len(otp) != 15 {
		t.Errorf("the code is %s, its id %s", code, otp)
	}
	fake := f.requestOTP("eve@example.com")
	if len(fake) != 15 || f.count(schema.OTPs) != 1 || server.Waiting() != 0 {
		t.Errorf("an unknown address got %s; %d codes, %d mails", fake, f.count(schema.OTPs), server.Waiting())
	}
	const wrong = "invalid: Invalid or expired OTP"
	for name, tt := range map[string]struct{ id, password, want string }{
		"empty":         {"", "", "otpId: Cannot be blank; password: Cannot be blank"},
		"long":          {otp, strings.Repeat("1", 72), "password: The length must be between 1 and 71"},
		"fake":          {fake, code, wrong},
		"wrong code":    {otp, "000000x", wrong},
		"hash for code": {otp, f.hashOf(otp), wrong},
	} {
		if name == "hash for code" {
			tt.password = tt.password[:60]
		}
		_, err := f.withOTP("192.0.2.1", tt.id, tt.password, "")
		expect(t, name, err, tt.want)
	}
	_, err = f.SignIn(t.Context(), record.Caller{}, "users", f.Method("otp"), &OTPForm{otp, code}, Options{})
	expect(t, "another collection", err, off)

	// Of several concurrent sign-ins one succeeds.
	var wait sync.WaitGroup
	var won atomic.Int32
	for range 3 {
		wait.Go(func() {
			if r, err := f.withOTP("192.0.2.2", otp, code, ""); err == nil && r.Token != "" {
				won.Add(1)
			}
		})
	}
	wait.Wait()
	if won.Load() != 1 || f.count(schema.OTPs) != 0 {
		t.Errorf("the code was good %d times; %d are left", won.Load(), f.count(schema.OTPs))
	}
	if r := f.find1(id); !r.Bool("verified") || f.Authenticate(t.Context(), session) != nil {
		t.Error("the address is not verified, or an old session lives")
	}

	otp = f.requestOTP("ann@example.com")
	code = nextOTP(t, server, "ann@example.com")
	move(180 * time.Second)
	_, err = f.withOTP("192.0.2.3", otp, code, "")
	expect(t, "expired", err, wrong)
}

func (f *fixture) hashOf(otp string) string {
	r, err := f.app.Records().FindByID(f.t.Context(), schema.OTPs, otp)
	if err != nil {
		f.t.Fatal(err)
	}
	return r.Text("password")
}

// Codes cannot be guessed, neither from one address nor from many. Guesses do not lock out the
// owner.
func TestOTPGuesses(t *testing.T) {
	t.Parallel()
	f, move := newClockFixture(t)
	server := f.mailing(&smtptest.Server{})
	f.configure("members", `{"otp":{"enabled":true}}`)
	f.member(map[string]any{"email": "ann@example.com"})
	const many = "too many: Too many attempts, please try again later with a new OTP."
	stolen := f.requestOTP("ann@example.com")
	code := nextOTP(t, server, "ann@example.com")
	for i := range maxAttempts {
		_, err := f.withOTP("192.0.2."+string(rune('1'+i)), stolen, "guess", "")
		expect(t, "guess", err, "invalid: Invalid or expired OTP")
	}
	_, err := f.withOTP("192.0.2.9", stolen, code, "")
	expect(t, "guess from another address", err, many)

	otp := f.requestOTP("ann@example.com")
	code = nextOTP(t, server, "ann@example.com")
	if _, err := f.withOTP("198.51.100.1", otp, code, ""); err != nil {
		t.Errorf("the owner: %v", err)
	}
	for range maxAttempts {
		f.withOTP("203.0.113.1", f.requestOTP("ann@example.com"), "guess", "")
		nextOTP(t, server, "ann@example.com")
	}
	otp = f.requestOTP("ann@example.com")
	code = nextOTP(t, server, "ann@example.com")
	_, err = f.withOTP("203.0.113.1", otp, code, "")
	expect(t, "from one address", err, many)
	move(attemptsWindow / 3)
	_, err = f.withOTP("203.0.113.1", otp, code, "")
	expect(t, "from one address", err, many)
}

// There are at most ten codes; then the id is that of the newest. Made-up ids cannot be recognized.
func TestOTPLimit(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mailing(&smtptest.Server{})
	f.configure("members", `{"otp":{"enabled":true}}`)
	f.member(map[string]any{"email": "ann@example.com"})
	ids := map[string]bool{}
	for range maxOTPs + 2 {
		ids[f.requestOTP("ann@example.com")] = true
	}
	if len(ids) != maxOTPs || f.count(schema.OTPs) != maxOTPs {
		t.Errorf("%d ids, %d codes", len(ids), f.count(schema.OTPs))
	}
}

// Concurrent requests get no more codes than sequential requests.
func TestOTPLimitAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mailing(&smtptest.Server{})
	f.configure("members", `{"otp":{"enabled":true}}`)
	f.member(map[string]any{"email": "ann@example.com"})
	held := make(chan bool)
	f.Hooks().RequestOTP.BindFunc(func(e *FlowEvent) error {
		<-held // no code is stored before the last request is answered
		return e.Next()
	})
	var mu sync.Mutex
	ids := map[string]bool{}
	var requests sync.WaitGroup
	for range 3 * maxOTPs {
		requests.Go(func() {
			id, err := f.RequestOTP(t.Context(), record.Caller{}, "members", EmailForm{Email: "ann@example.com"})
			if err != nil {
				t.Errorf("request: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			ids[id] = true
		})
	}
	requests.Wait()
	close(held)
	f.settle()
	if len(ids) != maxOTPs || f.count(schema.OTPs) != maxOTPs {
		t.Errorf("%d ids, %d codes", len(ids), f.count(schema.OTPs))
	}
}

// A code that could not be mailed is deleted.
func TestOTPWithoutMail(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.configure("members", `{"otp":{"enabled":true}}`)
	f.member(map[string]any{"email": "ann@example.com"})
	deleted := make(chan bool, 1)
	f.app.Hooks().Records.AfterSuccess.BindFunc(func(e *record.WriteEvent) error {
		if e.Action == record.ActionDelete {
			deleted <- true
		}
		return nil
	}, schema.OTPs)
	f.requestOTP("ann@example.com") // SMTP is off
	<-deleted
	if n := f.count(schema.OTPs); n != 0 {
		t.Errorf("%d codes are left", n)
	}
}

// Two methods are needed; the answer to the first has only the id of the session.
func TestMFA(t *testing.T) {
	t.Parallel()
	f, move := newClockFixture(t)
	f.configure("members", `{"otp":{"enabled":true},"mfa":{"enabled":true,"duration":600,"rule":"blocked = false"}}`)
	if m, err := f.Methods(t.Context(), "members"); err != nil || m.MFA != (TimedMethod{true, 600}) {
		t.Errorf("Methods = %+v, %v", m, err)
	}
	f.member(map[string]any{"email": "ann@example.com"})
	f.member(map[string]any{"email": "bob@example.com"})
	f.member(map[string]any{"email": "carl@example.com", "blocked": true})
	byPassword := func(email, mfaID string) (*Response, error) {
		form := &PasswordForm{Identity: email, Password: memberPassword}
		return f.SignIn(t.Context(), record.Caller{}, "members", f.Method("password"), form, Options{MFAID: mfaID})
	}
	byOTP := func(email, mfaID string) (*Response, error) {
		otp, err := f.NewOTP(t.Context(), "members", email)
		if err != nil {
			t.Fatal(err)
		}
		return f.withOTP("192.0.2.1", otp.ID, otp.Password, mfaID)
	}
	first := func(email string) string {
		t.Helper()
		r, err := byPassword(email, "")
		if err != nil || len(r.MFAID) != 15 || r.Token != "" || r.Record != nil {
			t.Fatalf("the first method: %+v, %v", r, err)
		}
		return r.MFAID
	}
	session := first("ann@example.com")
	_, err := byPassword("ann@example.com", session)
	expect(t, "the same method", err, "invalid: A different authentication method is required.")
	_, err = byOTP("bob@example.com", session)
	expect(t, "another record", err, "invalid: Invalid MFA session.")
	_, err = byOTP("ann@example.com", "nothing")
	expect(t, "unknown", err, "invalid: Invalid or expired MFA session.")
	r, err := byOTP("ann@example.com", session)
	if err != nil || r.Token == "" || r.MFAID != "" {
		t.Fatalf("the second method: %+v, %v", r, err)
	}
	_, err = byOTP("ann@example.com", session)
	expect(t, "again", err, "invalid: Invalid or expired MFA session.")

	session = first("ann@example.com")
	move(600 * time.Second)
	_, err = byOTP("ann@example.com", session)
	expect(t, "expired", err, "invalid: Invalid or expired MFA session.")

	if r, err := byPassword("carl@example.com", ""); err != nil || r.Token == "" {
		t.Errorf("whom the rule does not name: %+v, %v", r, err)
	}
	// A new password ends sign-ins that were begun with the old password.
	session = first("bob@example.com")
	f.update("members", f.idOf("bob@example.com"), map[string]any{"password": "another one", "passwordConfirm": "another one"})
	_, err = byOTP("bob@example.com", session)
	expect(t, "after a new password", err, "invalid: Invalid or expired MFA session.")
}

func (f *fixture) idOf(email string) string {
	r, err := f.app.Records().FindFirst(f.t.Context(), "members", "email", email, false)
	if err != nil {
		f.t.Fatal(err)
	}
	return r.ID()
}

// If the rule cannot be judged, one method is not enough.
func TestBrokenMFARule(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.member(map[string]any{"email": "ann@example.com"})
	r := f.find1(f.idOf("ann@example.com"))
	for rule, want := range map[string]string{
		"nothing = 1": "invalid: Failed to authenticate.", "(": "invalid: Failed to authenticate.",
		"blocked = true": "false", "blocked = false // all": "true", "blocked = true // all": "false",
	} {
		r.Collection().Auth.MFA.Enabled, r.Collection().Auth.MFA.Rule = true, rule
		needed, err := f.needsSecondFactor(t.Context(), record.Caller{}, r)
		got := describe(err)
		if err == nil {
			got = map[bool]string{true: "true", false: "false"}[needed]
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", rule, got, want)
		}
	}
}

func TestImpersonate(t *testing.T) {
	t.Parallel()
	f, move := newClockFixture(t)
	ctx := t.Context()
	id := f.member(map[string]any{"email": "ann@example.com"})
	ask := func(caller record.Caller, id string, duration int64) (*Response, error) {
		return f.Impersonate(ctx, caller, "members", id, ImpersonateForm{duration}, "")
	}
	_, err := ask(record.Caller{}, id, 0)
	expect(t, "guest", err, "unauthenticated: The request requires valid record authorization token.")
	_, err = ask(f.caller(f.login("ann@example.com").Token), id, 0)
	expect(t, "user", err, "forbidden: The authorized record is not allowed to perform this action.")
	_, err = ask(record.Root(), id, -1)
	expect(t, "negative", err, "duration: Must be no less than 0")
	_, err = ask(record.Root(), id, 1<<62)
	expect(t, "endless", err, "duration: Must be no greater than 94670856")
	_, err = ask(record.Root(), "nobody", 0)
	if got := describe(err); !strings.HasPrefix(got, "not found") {
		t.Errorf("unknown: %s", got)
	}
	r, err := ask(record.Root(), id, 60)
	if err != nil {
		t.Fatal(err)
	}
	ann := f.caller(r.Token)
	if ann.Auth == nil || ann.Auth.ID() != id {
		t.Fatal("the token is not Ann's")
	}
	again, err := f.Refresh(ctx, ann, "members", r.Token, "")
	if err != nil || again.Token != r.Token {
		t.Errorf("refreshed: %v, another token: %v", err, again.Token != r.Token)
	}
	move(61 * time.Second)
	if f.Authenticate(ctx, r.Token) != nil {
		t.Error("the token outlives its duration")
	}
}

// A handler of RequestOTP gets the account and may prevent the code, which the answer does not
// reveal. It does not run for an address without an account.
func TestRequestOTPHook(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	server := f.mailing(&smtptest.Server{})
	f.configure("members", `{"otp":{"enabled":true}}`)
	ann := f.member(map[string]any{"email": "ann@example.com"})
	var seen []string // read after settle
	var refusal error
	f.Hooks().RequestOTP.BindFunc(func(e *FlowEvent) error {
		seen = append(seen, e.Collection().Name+" "+e.Record.ID()+" "+e.NewEmail)
		e.Record.Set("email", "eve@example.com") // its own copy
		if refusal != nil {
			return refusal
		}
		return e.Next()
	}, "members")
	if id := f.requestOTP("nobody@example.com"); len(id) != 15 || len(seen) > 0 {
		t.Errorf("of nobody: id %q, the hook saw %v", id, seen)
	}
	refusal = fault.New(fault.Forbidden, "Not now.")
	if id := f.requestOTP("ann@example.com"); len(id) != 15 || len(seen) != 1 || f.count(schema.OTPs) != 0 {
		t.Errorf("refused: id %q, the hook saw %v, %d codes", id, seen, f.count(schema.OTPs))
	}
	refusal = nil
	id := f.requestOTP("ann@example.com")
	code := nextOTP(t, server, "ann@example.com")
	if want := []string{"members " + ann + " ", "members " + ann + " "}; !slices.Equal(seen, want) {
		t.Errorf("the hook saw %q, want %q", seen, want)
	}
	if _, err := f.withOTP("", id, code, ""); err != nil {
		t.Errorf("the code that the handler let pass: %v", err)
	}
}
