package admin_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/pgtest"
)

// browser sends requests to a site, with the cookies that earlier responses have set.
type browser struct {
	*site
	cookies map[string]string
}

func (b browser) ask(method, path string, form url.Values, change func(*http.Request)) *http.Response {
	got := b.site.ask(method, path, form, func(r *http.Request) {
		for name, value := range b.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		if change != nil {
			change(r)
		}
	})
	for _, c := range got.Cookies() {
		b.cookies[c.Name] = c.Value
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return got
}

// post sends a form as a browser without scripts does, and returns the status of the response.
func (b browser) post(path string, form url.Values) int {
	return b.ask("POST", path, form, nil).StatusCode
}

// signedIn returns a browser in which the superuser has just signed in, so the password is
// confirmed.
func (s *site) signedIn(t *testing.T) browser {
	t.Helper()
	b := browser{s, map[string]string{}}
	if got := b.post("/_/sign-in", credentials("correct-horse")); got != 303 {
		t.Fatalf("the sign-in is answered with %d", got)
	}
	return b
}

// unconfirmed returns a browser with a session of the superuser and without a confirmation.
func (s *site) unconfirmed(t *testing.T) browser {
	t.Helper()
	b := s.signedIn(t)
	delete(b.cookies, "loam_confirmed")
	return b
}

// endFiles is the path of a dangerous action: it ends all file tokens of the collection users.
const endFiles = "/_/c/users/sign-in/tokens/fileToken/end"

// mayEnd reports whether the browser may do the action of endFiles.
func (b browser) mayEnd() bool {
	got := b.ask("POST", endFiles, nil, nil)
	return got.StatusCode == 303 && got.Header.Get("Location") == "/_/c/users/sign-in"
}

func typed(password string) url.Values { return url.Values{"password": {password}} }

// Without a confirmation, a dangerous action changes nothing and the response asks for the
// password. With a confirmation, the action is done.
func TestDangerousActionsAskForThePassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other := coretest.Create(t, s.app, schema.Superusers, map[string]any{"email": "other@example.com", "password": "correct-horse"})["id"].(string)
	ann := coretest.Create(t, s.app, "users", map[string]any{"email": "ann@example.com", "password": "correct-horse"})["id"].(string)
	if _, err := s.app.Backups().Create(t.Context(), coretest.Root(), "a.zip"); err != nil {
		t.Fatal(err)
	}
	form := func(pairs ...string) url.Values {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	super := "/_/c/" + schema.Superusers
	actions := []struct {
		path string
		form url.Values
	}{
		{endFiles, form()},
		{"/_/c/users/r/" + ann + "/sign-in", form("do", "token", "minutes", "5")},
		{"/_/c/users/r/" + ann + "/sign-in", form("do", "end")},
		{super + "/new", form("email", "new@example.com", "password", "correct-horse")},
		{super + "/r/" + other, form("email", "else@example.com")},
		{super + "/r/" + other, form("password", "another-horse")},
		{super + "/r/" + other + "/cell?field=email", form("email", "cell@example.com")},
		{super + "/r/" + other + "/history", form("seq", "1")},
		{super + "/bulk/set", form("id", other, "field", "verified", "verified", "true")},
		{super + "/bulk/delete", form("id", other)},
		{super + "/r/" + other + "/delete", form()},
		{"/_/c/pbc_3142635823/r/" + other, form("email", "by-id@example.com")},
		{super + "/sign-in", form("authToken.duration", "100")},
		{"/_/c/users/rules", form("manageRule.mode", "rule", "manageRule.text", "@request.auth.name = 'mallory'", "_confirmed", "users")},
		{"/_/settings/application", form("meta.appURL", "https://evil.example")},
		{"/_/settings/mail", form("smtp.host", "mail.evil.example")},
		{"/_/settings/files", form("s3.bucket", "evil")},
		{"/_/settings/backups", form("backups.s3.endpoint", "https://evil.example")},
		{"/_/settings/limits", form("superuserIPs", "192.0.2.1\n::/0\n0.0.0.0/0")},
		{"/_/settings/limits", form("trustedProxy.headers", "X-Real-IP")},
		{"/_/collections", form("text", `[{"name":"users","type":"auth","authToken":{"secret":"`+strings.Repeat("x", 50)+`"}}]`)},
		{"/_/sql/run", form("query", "DELETE FROM users")},
		{"/_/sql/run", form("query", "UPDATE users SET name = 'x' WHERE id = 'none'", "confirmed", "1")},
		{"/_/backups/a.zip/restore", form("name", "a.zip")},
	}
	b := s.unconfirmed(t)
	before := s.content(t)
	for _, a := range actions {
		if got := b.post(a.path, a.form); got != 401 {
			t.Errorf("%s %v is answered with %d", a.path, a.form, got)
		}
	}
	if now := s.content(t); now != before {
		t.Errorf("refused requests have changed\n%s\nto\n%s", before, now)
	}
	for _, harmless := range []struct {
		path string
		form url.Values
	}{
		{"/_/settings/application", form("meta.appName", "Orchard")},
		{"/_/settings/backups", form("backups.cron", "0 3 * * *")},
		{"/_/c/users/r/" + ann, form("name", "Ann")},
		{"/_/c/users/rules", form("listRule.mode", "rule", "listRule.text", "name = 'Ann'", "_confirmed", "users")},
		{"/_/sql/run", form("query", "SELECT 1")},
		{"/_/sql/run", form("query", "WITH a AS (SELECT 'delete; update') SELECT * FROM a")},
		{"/_/sql/try", form("query", "DELETE FROM users")},
	} {
		if got := b.post(harmless.path, harmless.form); got >= 400 {
			t.Errorf("%s %v is answered with %d", harmless.path, harmless.form, got)
		}
	}
	for _, a := range actions {
		if got := s.signedIn(t).post(a.path, a.form); got == 401 {
			t.Errorf("%s %v is refused after a sign-in", a.path, a.form)
		}
	}
}

// content returns the stored accounts, definitions and settings as text.
func (s *site) content(t *testing.T) string {
	t.Helper()
	result, err := s.app.SQL().Run(t.Context(), coretest.Root(),
		`SELECT id || email || password || "tokenKey" FROM users UNION ALL SELECT id || email || password || "tokenKey" FROM _superusers
		UNION ALL SELECT CAST(options AS TEXT) FROM _collections UNION ALL SELECT CAST(value AS TEXT) FROM _params WHERE id = 'settings' ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, row := range result.Rows {
		text.WriteString(*row[0] + "\n")
	}
	return text.String()
}

// A browser without scripts gets a page that asks for the password and then leads back to the form.
func TestPasswordWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.unconfirmed(t)
	refused := b.ask("POST", "/_/settings/mail", url.Values{"smtp.host": {"mail.example"}}, func(r *http.Request) {
		r.Header.Set("Referer", "http://example.com/_/settings/mail?a=1")
	})
	page := text(t, refused)
	if refused.StatusCode != 401 || !strings.Contains(page, `name="to" value="/_/settings/mail?a=1"`) || !strings.Contains(page, "Password of root@example.com") {
		t.Fatalf("the answer is %d %s", refused.StatusCode, page)
	}
	if got := b.ask("POST", "/_/confirm", url.Values{"password": {"wrong"}, "to": {"https://evil.example/_/"}}, nil); got.StatusCode != 422 || !strings.Contains(text(t, got), `name="to" value="/_/"`) {
		t.Errorf("a wrong password is answered with %d", got.StatusCode)
	}
	got := b.ask("POST", "/_/confirm", url.Values{"password": {"correct-horse"}, "to": {"/_/settings/mail?a=1"}}, nil)
	if got.StatusCode != 303 || got.Header.Get("Location") != "/_/settings/mail?a=1" {
		t.Errorf("the password is answered with %d %v", got.StatusCode, got.Header)
	}
	c := got.Cookies()[0]
	if c.Name != "loam_confirmed" || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/_/" || c.MaxAge < 1 || c.MaxAge > 900 {
		t.Errorf("the cookie is %v", c)
	}
	if got := b.post("/_/settings/mail", url.Values{"smtp.host": {"mail.example"}}); got != 303 {
		t.Errorf("the form is answered with %d", got)
	}
}

// A confirmation is valid in its session, for its account, for 15 minutes, and until a sign-out.
func TestConfirmationsThatAreNotValid(t *testing.T) {
	t.Parallel()
	clock := coretest.NewClock(time.Now())
	s := siteOf(t, coretest.Open(t, core.Config{Dir: t.TempDir(), Now: clock.Now}))
	coretest.Create(t, s.app, schema.Superusers, map[string]any{"email": "other@example.com", "password": "correct-horse"})
	other := browser{s, map[string]string{}}
	other.post("/_/sign-in", url.Values{"identity": {"other@example.com"}, "password": {"correct-horse"}})
	root, err := s.app.Records().FindUnique(t.Context(), schema.Superusers, "email", "root@example.com")
	if err != nil {
		t.Fatal(err)
	}
	service := s.program.Server().Auth
	issued := func(kind auth.TokenType) string {
		token, err := service.NewToken(root, auth.Token{Type: kind, Email: "root@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	b := s.signedIn(t)
	good := b.cookies["loam_confirmed"]
	clock.Advance(time.Second) // two sign-ins in the same second get the same token
	elsewhere := s.signedIn(t)
	forged := good[:len(good)-4] + "AAAA"
	parts := strings.Split(good, ".")
	for name, value := range map[string]string{
		"nothing": "", "forged": forged, "unsigned": "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + parts[1] + ".",
		"the token of the session": b.cookies["loam_session"], "of another account": other.cookies["loam_confirmed"],
		"of another session": elsewhere.cookies["loam_confirmed"],
		"an auth token":      issued(auth.Auth), "a file token": issued(auth.File), "a token of a password reset": issued(auth.PasswordReset),
		"a token of the type without a session": issued("confirmation"),
	} {
		thief := browser{s, map[string]string{"loam_session": b.cookies["loam_session"], "loam_confirmed": value}}
		if thief.mayEnd() {
			t.Errorf("%s is valid", name)
		}
	}

	// A confirmation is no other token.
	for _, kind := range []auth.TokenType{auth.Auth, auth.File, auth.Verification, auth.PasswordReset, auth.EmailChange} {
		if r, _, err := service.Verify(t.Context(), good, kind); r != nil || err != nil {
			t.Errorf("it is valid as %s: %v", kind, err)
		}
	}
	if got := s.ask("GET", "/api/settings", nil, func(r *http.Request) { r.Header.Set("Authorization", good) }); got.StatusCode != 401 {
		t.Errorf("the API answers it with %d", got.StatusCode)
	}
	if got := (browser{s, map[string]string{"loam_session": good}}).post("/_/session", nil); got != 303 {
		t.Errorf("as a session it is answered with %d", got)
	}

	// A confirmation ends after 15 minutes. A renewed session keeps it, with the same end.
	clock.Advance(14 * time.Minute)
	if !b.mayEnd() {
		t.Error("it ends before 15 minutes")
	}
	clock.Advance(time.Minute)
	if b.mayEnd() {
		t.Error("it is valid for more than 15 minutes")
	}
	if _, err := s.app.Collections().Update(t.Context(), coretest.Root(), schema.Superusers, []byte(`{"authToken":{"duration":600}}`)); err != nil {
		t.Fatal(err)
	}
	b = s.signedIn(t)
	was := maps.Clone(b.cookies)
	clock.Advance(5 * time.Minute)
	if got := b.post("/_/session", nil); got != 204 || b.cookies["loam_session"] == was["loam_session"] {
		t.Fatalf("the session is not renewed: %d", got)
	}
	if !b.mayEnd() {
		t.Error("it ends with the renewal of the session")
	}
	clock.Advance(5 * time.Minute)
	b.post("/_/session", nil)
	clock.Advance(5 * time.Minute)
	if b.mayEnd() {
		t.Error("the renewal of the session makes it longer")
	}

	// Copies of the cookies are not valid after a sign-out, a change of the password, and the end
	// of all tokens.
	for name, end := range map[string]func(b browser){
		"a sign-out": func(b browser) { b.post("/_/sign-out", nil) },
		"the end of all tokens": func(b browser) {
			if got := b.post("/_/c/_superusers/r/"+root.ID()+"/sign-in", url.Values{"do": {"end"}}); got >= 400 {
				t.Errorf("the end of all tokens is answered with %d", got)
			}
		},
		"a new password": func(browser) {
			body := map[string]any{"password": "correct-horse", "passwordConfirm": "correct-horse"}
			if _, err := s.app.Records().Update(context.Background(), coretest.Root(), schema.Superusers, root.ID(), record.Input{Body: body}); err != nil {
				t.Fatal(err)
			}
		},
		"a new secret": func(b browser) { b.post("/_/c/_superusers/sign-in/tokens/authToken/end", nil) },
	} {
		b := s.signedIn(t)
		copied := browser{s, maps.Clone(b.cookies)}
		if !copied.mayEnd() {
			t.Fatalf("before %s the copies are not valid", name)
		}
		end(b)
		if copied.mayEnd() {
			t.Errorf("after %s the copies are valid", name)
		}
		again := s.signedIn(t)
		again.cookies["loam_confirmed"] = copied.cookies["loam_confirmed"]
		if again.mayEnd() {
			t.Errorf("after %s and a sign-in the old confirmation is valid", name)
		}
		clock.Advance(time.Second)
	}
}

// A client that is still sending a large form gets the response.
func TestPasswordBeforeALargeForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.unconfirmed(t)
	server := httptest.NewServer(s.handler)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+"/_/c/_superusers/new", strings.NewReader("name="+strings.Repeat("x", 8<<20)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: "loam_session", Value: b.cookies["loam_session"]})
	got, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if page := text(t, got); got.StatusCode != 401 || got.Close || !strings.Contains(page, "Your password again") {
		t.Errorf("the answer is %d, the connection closes: %v", got.StatusCode, got.Close)
	}
}

// Wrong passwords in confirmations and in sign-ins are counted together, and delay both.
func TestGuessesOfTheConfirmedPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.unconfirmed(t)
	var statuses []int
	for range 8 {
		statuses = append(statuses, b.post("/_/confirm", typed("wrong")))
	}
	if !slices.Contains(statuses, 422) || statuses[7] != 429 {
		t.Fatalf("guesses are answered with %v", statuses)
	}
	got := b.ask("POST", "/_/confirm", typed("correct-horse"), func(r *http.Request) { r.Header.Set("HX-Request", "true") })
	if got.StatusCode != 429 || got.Header.Get("Retry-After") == "" || !strings.Contains(text(t, got), "Try again in") || b.cookies["loam_confirmed"] != "" {
		t.Errorf("the right password, too soon, is answered with %d %v", got.StatusCode, got.Header)
	}
	if got := b.post("/_/sign-in", credentials("correct-horse")); got != 429 {
		t.Errorf("a sign-in, too soon, is answered with %d", got)
	}
	for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
		if got := b.ask("POST", "/_/confirm", typed("correct-horse"), func(r *http.Request) { r.Header.Set(name, value) }); got.StatusCode != 403 {
			t.Errorf("%s: %s is answered with %d", name, value, got.StatusCode)
		}
	}
	if got := s.ask("POST", "/_/confirm", typed("correct-horse"), nil); got.Header.Get("Location") != "/_/sign-in" {
		t.Errorf("a visitor without a session is answered with %d", got.StatusCode)
	}
	limited := newSite(t)
	b = limited.unconfirmed(t)
	rules := `{"rateLimits":{"enabled":true,"rules":[{"label":"*:authWithPassword","maxRequests":1,"duration":60}]}}`
	if _, err := limited.app.Settings().Patch(t.Context(), coretest.Root(), []byte(rules)); err != nil {
		t.Fatal(err)
	}
	first, second := b.post("/_/confirm", typed("correct-horse")), b.post("/_/confirm", typed("correct-horse"))
	if first != 303 || second != 429 {
		t.Errorf("under the rate limit of sign-ins the answers are %d and %d", first, second)
	}
}

// CheckPassword works with a second step, and for accounts whose identity field is not the email.
func TestConfirmationBesideTheOptionsOfTheSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.unconfirmed(t)
	superusers := s.app.Snapshot().Find(schema.Superusers)
	fields := []any{map[string]any{"name": "nick", "type": "text"}}
	for _, f := range superusers.Fields {
		fields = append(fields, f)
	}
	body, err := schema.Marshal(map[string]any{
		"fields": fields, "indexes": append([]string{"CREATE UNIQUE INDEX idx_nick ON _superusers (nick) WHERE nick != ''"}, superusers.Indexes...),
		"passwordAuth": map[string]any{"enabled": true, "identityFields": []string{"nick"}},
		"mfa":          map[string]any{"enabled": true}, "otp": map[string]any{"enabled": true},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.app.Collections().Update(t.Context(), coretest.Root(), superusers.ID, body); err != nil {
		t.Fatal(err)
	}
	if _, err := s.app.SQL().Run(t.Context(), coretest.Root(), "UPDATE _superusers SET nick = 'maya'"); err != nil {
		t.Fatal(err)
	}
	if got := b.post("/_/confirm", typed("wrong")); got != 422 {
		t.Errorf("a wrong password is answered with %d", got)
	}
	if got := b.post("/_/confirm", typed("correct-horse")); got != 303 {
		t.Errorf("the password is answered with %d", got)
	}
	if n, err := s.app.Records().Count(t.Context(), schema.MFAs); n != 0 || err != nil {
		t.Errorf("%d sign-ins have begun, %v", n, err)
	}
}

// Two servers with one database accept a confirmation, until a sign-out at either server.
func TestConfirmationOnTwoNodes(t *testing.T) {
	t.Parallel()
	db := pgtest.URL(t)
	open := func() *core.App { return coretest.Open(t, core.Config{Dir: t.TempDir(), DB: db}) }
	one := siteOf(t, open())
	second := siteAt(t, open())
	b := one.signedIn(t)
	copied := browser{second, maps.Clone(b.cookies)}
	if !copied.mayEnd() {
		t.Error("it is not valid at the other server")
	}
	b.post("/_/sign-out", nil)
	if copied.mayEnd() {
		t.Error("after a sign-out it is valid at the other server")
	}
}
