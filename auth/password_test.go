package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

const (
	notFound   = "not found: Missing or invalid collection context."
	notAuth    = "not found: Missing or invalid auth collection context."
	disabled   = "forbidden: The collection is not configured to allow password authentication."
	badForm    = "invalid: An error occurred while validating the submitted data."
	failed     = "invalid: Failed to authenticate."
	notAllowed = "forbidden: The request doesn't satisfy the collection requirements to authenticate."
)

// Contract auth-realtime-system.md §1.5, row by row.
func TestWithPassword(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	coretest.Collection(t, f.app, `{"name":"closed","type":"auth","passwordAuth":{"enabled":false}}`)
	coretest.Collection(t, f.app, `{"name":"notes","type":"base"}`)
	ann := f.member(map[string]any{"email": "ann@example.com", "username": "Ann", "code": "A-1"})
	bob := f.member(map[string]any{"email": "bob@example.com", "username": "cid@example.com"})
	cid := f.member(map[string]any{"email": "cid@example.com", "username": "Bob"})

	for _, tt := range []struct {
		collection string
		form       PasswordForm
		want       string // the id, or the failure
	}{
		{"members", PasswordForm{Identity: "ann@example.com", Password: memberPassword}, ann},
		{"members", PasswordForm{Identity: "Ann", Password: memberPassword}, ann},
		{"members", PasswordForm{Identity: "aNN", Password: memberPassword}, ann}, // username is NOCASE
		{"members", PasswordForm{Identity: "A-1", Password: memberPassword}, ann},
		{"members", PasswordForm{Identity: "a-1", Password: memberPassword}, failed}, // code is not
		{"members", PasswordForm{Identity: "Ann@example.com", Password: memberPassword}, failed},
		{"MEMBERS", PasswordForm{Identity: "Ann", Password: memberPassword}, ann},

		// Email is searched first; values of other fields may look like addresses too.
		{"members", PasswordForm{Identity: "cid@example.com", Password: memberPassword}, cid},
		{"members", PasswordForm{Identity: "cid@example.com", Password: memberPassword, IdentityField: "username"}, bob},
		{"members", PasswordForm{Identity: "Bob", Password: memberPassword}, cid},
		{"members", PasswordForm{Identity: "Ann", Password: memberPassword, IdentityField: "email"}, failed},
		{"members", PasswordForm{Identity: "Ann", Password: memberPassword, IdentityField: "code"}, failed},

		{"members", PasswordForm{Identity: "ann@example.com", Password: "wrong horse"}, failed},
		{"members", PasswordForm{Identity: "nobody@example.com", Password: memberPassword}, failed},
		{"members", PasswordForm{Identity: "nobody", Password: memberPassword}, failed},
		{"members", PasswordForm{Identity: "x' OR '1'='1", Password: memberPassword}, failed},
		{"members", PasswordForm{Identity: "ann@example.com\x00", Password: memberPassword}, failed},
		{"members", PasswordForm{Identity: "%", Password: memberPassword}, failed},
		{"members", PasswordForm{Identity: "ann@example.com", Password: memberPassword, IdentityField: "id"}, badForm},
		{"members", PasswordForm{}, badForm},

		{"missing", PasswordForm{Identity: "a", Password: "b"}, notFound},
		{"notes", PasswordForm{Identity: "a", Password: "b"}, notAuth},
		{"closed", PasswordForm{Identity: "a", Password: "b"}, disabled},
		{"closed", PasswordForm{}, disabled},
	} {
		response, err := f.WithPassword(context.Background(), record.Caller{}, tt.collection, tt.form, "")
		got := describe(err)
		if err == nil {
			got = decode(t, response.Record)["id"].(string)
			if r := f.Authenticate(context.Background(), response.Token); r == nil || r.ID() != got {
				t.Errorf("the token of %+v stands for %v", tt.form, r)
			}
		}
		if got != tt.want {
			t.Errorf("WithPassword(%s, %+v) = %q, want %q", tt.collection, tt.form, got, tt.want)
		}
		if fields := (*fault.Error)(nil); tt.want == failed && (!errors.As(err, &fields) || len(fields.Fields) != 0) {
			t.Errorf("WithPassword(%+v) tells %v", tt.form, err)
		}
	}
}

func TestPasswordFormFields(t *testing.T) {
	t.Parallel()
	long, tooLong := strings.Repeat("é", 255), strings.Repeat("é", 256)
	for _, tt := range []struct {
		form PasswordForm
		want map[string]string
	}{
		{PasswordForm{Identity: long, Password: long}, nil},
		{PasswordForm{Identity: long, Password: long, IdentityField: "email"}, nil},
		{PasswordForm{}, map[string]string{"identity": "validation_required", "password": "validation_required"}},
		{PasswordForm{Identity: tooLong, Password: tooLong},
			map[string]string{"identity": "validation_length_out_of_range", "password": "validation_length_out_of_range"}},
		{PasswordForm{Identity: "a", Password: "b", IdentityField: "Email"}, map[string]string{"identityField": "validation_in_invalid"}},
	} {
		fails := tt.form.validate([]string{"email"})
		if len(fails) != len(tt.want) {
			t.Errorf("validate(%.20q) fails for %v, want %v", tt.form.Identity, fails, tt.want)
		}
		for name, code := range tt.want {
			if fails[name] == nil || fails[name].Code != code {
				t.Errorf("validate(%.20q)[%s] = %v, want %s", tt.form.Identity, name, fails[name], code)
			}
		}
	}
}

func TestWithPasswordAnswer(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	friend := coretest.Create(t, f.app, "users", map[string]any{
		"email": "friend@example.com", "password": memberPassword, "passwordConfirm": memberPassword,
	})["id"].(string)
	ann := f.member(map[string]any{"email": "ann@example.com", "secret": "hidden", "friend": friend})
	f.superuser()

	form := PasswordForm{Identity: "ann@example.com", Password: memberPassword}
	response, err := f.WithPassword(context.Background(), record.Caller{}, "members", form, "friend")
	if err != nil {
		t.Fatal(err)
	}
	got := decode(t, response.Record)
	if got["id"] != ann || got["email"] != "ann@example.com" || got["collectionName"] != "members" || got["collectionId"] == "" {
		t.Errorf("the record is %s", response.Record)
	}
	for _, name := range []string{"password", "tokenKey", "secret"} {
		if _, ok := got[name]; ok {
			t.Errorf("the record shows %s: %s", name, response.Record)
		}
	}
	if expand, _ := got["expand"].(map[string]any); len(expand) != 0 { // users can view only themselves
		t.Errorf("the record shows a friend that it may not see: %s", response.Record)
	}
	f.configure("users", `{"viewRule":"@request.auth.email = 'ann@example.com'"}`)
	if response, err = f.WithPassword(context.Background(), record.Caller{}, "members", form, "friend"); err != nil {
		t.Fatal(err)
	}
	expand, _ := decode(t, response.Record)["expand"].(map[string]any)
	if related, _ := expand["friend"].(map[string]any); related["id"] != friend {
		t.Errorf("the friend is not expanded for the one who signed in: %s", response.Record)
	}

	root := PasswordForm{Identity: "root@example.com", Password: memberPassword}
	if response, err = f.WithPassword(context.Background(), record.Caller{}, "_superusers", root, ""); err != nil {
		t.Fatal(err)
	}
	if got := decode(t, response.Record); got["verified"] != true || got["password"] != nil || got["tokenKey"] != nil {
		t.Errorf("the superuser is %s", response.Record)
	}
}

func TestAuthRule(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.member(map[string]any{"email": "free@example.com"})
	f.member(map[string]any{"email": "blocked@example.com", "blocked": true})
	root := record.Caller{Auth: coretest.Root().Auth}
	header := record.Caller{Headers: map[string][]string{"X-Door": {"back"}}}
	for _, tt := range []struct {
		rule   string // JSON
		caller record.Caller
		free   string
		closed string
	}{
		{`""`, record.Caller{}, "", ""},
		{`null`, record.Caller{}, notAllowed, notAllowed},
		{`null`, root, "", ""},
		{`"blocked = false"`, record.Caller{}, "", notAllowed},
		{`"blocked = false"`, root, "", ""},
		{`"@request.context = 'password'"`, record.Caller{}, "", ""},
		{`"@request.context = 'default'"`, record.Caller{}, notAllowed, notAllowed},
		{`"@request.headers.x_door = 'back' && blocked = true"`, header, notAllowed, ""},
		{`"@request.auth.id != ''"`, record.Caller{}, notAllowed, notAllowed},
	} {
		f.configure("members", `{"authRule":`+tt.rule+`}`)
		for identity, want := range map[string]string{"free@example.com": tt.free, "blocked@example.com": tt.closed} {
			form := PasswordForm{Identity: identity, Password: memberPassword}
			if _, err := f.WithPassword(context.Background(), tt.caller, "members", form, ""); describe(err) != want {
				t.Errorf("authRule %s: %s gets %q, want %q", tt.rule, identity, describe(err), want)
			}
			form.Password = "wrong horse" // the rule must give the same answer
			if _, err := f.WithPassword(context.Background(), tt.caller, "members", form, ""); describe(err) != failed {
				t.Errorf("authRule %s: %s with a wrong password gets %q, want %q", tt.rule, identity, describe(err), failed)
			}
		}
	}
}

func TestSuperuserAddresses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.superuser()
	f.member(map[string]any{"email": "ann@example.com"})
	if _, err := f.app.Settings().Patch(context.Background(), record.Root(), []byte(`{"superuserIPs":["10.0.0.0/8"]}`)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ collection, identity, ip, want string }{
		{"_superusers", "root@example.com", "10.1.2.3", ""},
		{"_superusers", "root@example.com", "11.1.2.3", "forbidden: "},
		{"_superusers", "root@example.com", "", "forbidden: "},
		{"members", "ann@example.com", "11.1.2.3", ""},
	} {
		form := PasswordForm{Identity: tt.identity, Password: memberPassword}
		if _, err := f.WithPassword(context.Background(), record.Caller{IP: tt.ip}, tt.collection, form, ""); describe(err) != tt.want {
			t.Errorf("%s from %q gets %q, want %q", tt.identity, tt.ip, describe(err), tt.want)
		}
	}
}

// Callers beyond the length of the queue are refused, the others wait, and later callers are not
// affected.
func TestPasswordStorm(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.member(map[string]any{"email": "ann@example.com"})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var refused sync.Once
	var group sync.WaitGroup
	for i := range 600 {
		group.Go(func() {
			// Guests without an account; the hashes of the collection users have the default cost,
			// so they take long.
			form := PasswordForm{Identity: fmt.Sprintf("nobody%d@example.com", i), Password: "x"}
			_, err := f.WithPassword(ctx, record.Caller{IP: fmt.Sprintf("192.0.2.%d", i%200)}, "users", form, "")
			if fault.KindOf(err) == fault.TooMany {
				refused.Do(cancel)
			}
		})
	}
	group.Wait()
	if ctx.Err() == nil {
		t.Error("600 callers at once: none was refused")
	}
	f.login("ann@example.com")
}

// TestGuessesAreSlowedDown: an address that guesses the password of one account, by any of its
// identities, waits longer and longer. The owner at another address, and other accounts, do not
// wait.
func TestGuessesAreSlowedDown(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.member(map[string]any{"email": "ann@example.com", "username": "Ann"})
	f.member(map[string]any{"email": "bob@example.com", "username": "Bob"})
	signIn := func(ip, identity, password string) string {
		t.Helper()
		_, err := f.WithPassword(t.Context(), record.Caller{IP: ip}, "members", PasswordForm{Identity: identity, Password: password}, "")
		return describe(err)
	}
	const attacker, owner = "192.0.2.1", "192.0.2.2"
	for i, identity := range []string{"Ann", "ANN", "aNN", "ann@example.com", "anN", "Ann"} {
		if got := signIn(attacker, identity, "wrong"); got != failed {
			t.Errorf("guess %d: %s", i, got)
		}
	}
	for _, password := range []string{"wrong", memberPassword} {
		if got := signIn(attacker, "ann@example.com", password); got != "too many: " {
			t.Errorf("a guess after six: %s", got)
		}
	}
	for _, identity := range []string{"nobody", "NOBODY", "Nobody", "nObody", "noBody", "nobOdy"} { // unknown
		_ = signIn(attacker, identity, "wrong")
	}
	if got := signIn(attacker, "nobody", "wrong"); got != "too many: " {
		t.Errorf("a guess about nobody after six: %s", got)
	}
	if got := signIn(owner, "ann", memberPassword); got != "" {
		t.Errorf("the owner: %s", got)
	}
	if got := signIn(attacker, "bob", memberPassword); got != "" {
		t.Errorf("another account: %s", got)
	}
}

// TestGuessesFromManyAddresses: 1,000 guesses of one account's password, from 50 addresses at a
// time, do not lock out its owner at a new address.
func TestGuessesFromManyAddresses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.member(map[string]any{"email": "ann@example.com"})
	signIn := func(ip, password string) string {
		form := PasswordForm{Identity: "ann@example.com", Password: password}
		_, err := f.WithPassword(t.Context(), record.Caller{IP: ip}, "members", form, "")
		return describe(err)
	}
	var hashed atomic.Int64
	var group sync.WaitGroup
	for address := range 50 {
		group.Go(func() {
			for range 20 {
				if signIn(fmt.Sprintf("192.0.2.%d", address), "wrong") == failed {
					hashed.Add(1)
				}
			}
		})
	}
	group.Wait()
	if n := hashed.Load(); n < 50 || n > 50*6 {
		t.Errorf("%d guesses were looked at, want 6 of each address at most", n)
	}
	began := time.Now()
	if got := signIn("198.51.100.1", memberPassword); got != "" {
		t.Errorf("the owner: %s", got)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the owner waited for %s", took)
	}
}
