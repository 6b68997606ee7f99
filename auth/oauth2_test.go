package auth_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// vouching is an app whose users sign in through a provider that accepts every code, for the person
// of that name.
type vouching struct {
	*auth.Service
	t      *testing.T
	app    *core.App
	people map[string]string // the user info, by code
}

func newVouching(t *testing.T, more string) *vouching {
	t.Helper()
	return newVouchingOn(t, coretest.New(t), more)
}

func newVouchingOn(t *testing.T, app *core.App, more string) *vouching {
	t.Helper()
	v := &vouching{t: t, app: app, people: map[string]string{}}
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/token" {
			fmt.Fprintf(w, `{"access_token":%q,"token_type":"bearer"}`, r.FormValue("code"))
			return
		}
		fmt.Fprint(w, v.people[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")])
	}))
	t.Cleanup(service.Close)
	v.Service = auth.New(v.app)
	v.configure(fmt.Sprintf(`{"oauth2":{"enabled":true,"mappedFields":{"id":"pid","name":"name","username":"nick","avatarURL":"photo"},
		"providers":[{"name":"oidc","clientId":"i","clientSecret":"s","authURL":"%[1]s/auth","tokenURL":"%[1]s/token","userInfoURL":"%[1]s/me"}]}%[2]s}`, service.URL, more))
	return v
}

func (v *vouching) configure(body string) {
	v.t.Helper()
	if _, err := v.app.Collections().Update(v.t.Context(), record.Root(), "users", []byte(body)); err != nil {
		v.t.Fatal(err)
	}
}

func (v *vouching) signIn(code string, data map[string]any) (map[string]any, error) {
	return v.signInAs(record.Caller{}, code, data)
}

func (v *vouching) signInAs(caller record.Caller, code string, data map[string]any) (map[string]any, error) {
	form := &auth.OAuth2Form{Provider: "oidc", Code: code, CreateData: data}
	res, err := v.SignIn(v.t.Context(), caller, "users", v.Method("oauth2"), form, auth.Options{})
	if err != nil {
		return nil, err
	}
	var shown map[string]any
	if err := json.Unmarshal(res.Record, &shown); err != nil {
		v.t.Fatal(err)
	}
	return shown, nil
}

func (v *vouching) must(code string, data map[string]any) map[string]any {
	v.t.Helper()
	r, err := v.signIn(code, data)
	if err != nil {
		v.t.Fatalf("sign in as %s: %v", code, err)
	}
	return r
}

const vouchingFields = `,"fields":[{"name":"pid","type":"text"},{"name":"nick","type":"text","max":6},{"name":"photo","type":"url"}],
	"indexes":["CREATE UNIQUE INDEX idx_nick ON users (nick COLLATE NOCASE) WHERE nick != ''"]`

// TestOAuth2MappedFields: fields that the client has not sent get the data of the provider, except
// a user name that is not available.
func TestOAuth2MappedFields(t *testing.T) {
	t.Parallel()
	v := newVouching(t, vouchingFields)
	person := func(id, name string) string {
		return fmt.Sprintf(`{"sub":%q,"name":"Ann","preferred_username":%q,"picture":"https://x.test/a.png","email":"%s@x.test","email_verified":"true"}`, id, name, id)
	}
	v.people = map[string]string{"a": person("a", "ann"), "b": person("b", "ANN"), "c": person("c", "too-long"), "d": person("d", "dora"),
		"e": `{"sub":"e"}`}
	for _, tt := range []struct {
		code string
		data map[string]any
		want string
	}{
		{"a", nil, "a ann https://x.test/a.png a@x.test true"},
		{"b", nil, "b  https://x.test/a.png b@x.test true"}, // the name is taken
		{"c", nil, "c  https://x.test/a.png c@x.test true"}, // the field does not accept the name
		{"d", map[string]any{"nick": "", "photo": "", "email": "own@x.test"}, "d   own@x.test false"},
	} {
		r := v.must(tt.code, tt.data)
		if got := fmt.Sprint(r["pid"], " ", r["nick"], " ", r["photo"], " ", r["email"], " ", r["verified"]); got != tt.want {
			t.Errorf("%s: the record has %q, want %q", tt.code, got, tt.want)
		}
	}
	if _, err := v.signIn("e", nil); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "email") {
		t.Errorf("no address where one is required: %v", err)
	}
	v = newVouching(t, `,"fields":[{"name":"email","type":"email","required":false,"system":true}]`)
	v.people["e"] = `{"sub":"e"}`
	if r := v.must("e", nil); r["verified"] != true || r["email"] != "" {
		t.Errorf("no address: %v", r)
	}
}

// TestOAuth2PasswordIsNobodys: the random password is set even if it violates the options of the
// field.
func TestOAuth2PasswordIsNobodys(t *testing.T) {
	t.Parallel()
	v := newVouching(t, `,"fields":[{"name":"password","type":"password","required":true,"hidden":true,"system":true,"cost":4,"pattern":"^[0-9]{8}$","min":8,"max":8}]`)
	v.people["a"] = `{"sub":"a","email":"a@x.test","email_verified":true}`
	v.must("a", nil)
	if _, err := v.signIn("a", nil); err != nil {
		t.Error(err)
	}
	v.people["b"] = `{"sub":"b","email":"b@x.test","email_verified":true}`
	if _, err := v.signIn("b", map[string]any{"password": "short", "passwordConfirm": "short"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a password of the client's own that the field does not take: %v", err)
	}
}

// TestOAuth2Addresses: addresses are matched with the letter case of the collection's index.
func TestOAuth2Addresses(t *testing.T) {
	t.Parallel()
	for _, fold := range []bool{false, true} {
		collate := ""
		if fold {
			collate = " COLLATE NOCASE"
		}
		v := newVouching(t, `,"indexes":["CREATE UNIQUE INDEX idx_mail ON users (email`+collate+`) WHERE email != ''"]`)
		known := coretest.Create(t, v.app, "users", map[string]any{"email": "Ann@X.test", "password": "12345678", "passwordConfirm": "12345678"})
		v.people["a"] = `{"sub":"a","email":"ann@x.test","email_verified":true}`
		r := v.must("a", nil)
		if same := r["id"] == known["id"]; same != fold || r["verified"] != true {
			t.Errorf("folding %t: %v is signed in, %v was there", fold, r, known)
		}
	}
}

func TestOAuth2Hook(t *testing.T) {
	t.Parallel()
	v := newVouching(t, "")
	v.people["a"] = `{"sub":"a","name":"Ann","email":"a@x.test","email_verified":true}`
	var seen []string
	remove := v.Hooks().OAuth2.BindFunc(func(e *auth.OAuth2Event) error {
		seen = append(seen, fmt.Sprint(e.Provider, " ", e.User.ID, " ", e.Record == nil, " ", e.Collection().Name, " ", len(e.CreateData)))
		e.User.Email = "changed@x.test"
		e.CreateData["name"] = "Hooked"
		return e.Next()
	}, "users")
	if r := v.must("a", nil); r["name"] != "Hooked" || r["email"] != "changed@x.test" {
		t.Errorf("what the hook has set: %v", r)
	}
	v.must("a", nil)
	if want := "[oidc a true users 0 oidc a false users 0]"; fmt.Sprint(seen) != want {
		t.Errorf("the hook saw %v, want %s", seen, want)
	}
	remove()

	refused := fault.New(fault.Forbidden, "Not you.")
	remove = v.Hooks().OAuth2.BindFunc(func(*auth.OAuth2Event) error { return refused })
	v.people["b"] = `{"sub":"b","email":"b@x.test","email_verified":true}`
	if _, err := v.signIn("b", nil); !errors.Is(err, refused) {
		t.Errorf("a hook that refuses: %v", err)
	}
	remove()

	// A handler chooses the account.
	other := coretest.Create(t, v.app, "users", map[string]any{"email": "other@x.test", "password": "12345678", "passwordConfirm": "12345678", "verified": true})
	remove = v.Hooks().OAuth2.BindFunc(func(e *auth.OAuth2Event) (err error) {
		e.Record, err = v.app.Records().FindByID(context.Background(), "users", other["id"].(string))
		return err
	})
	if r := v.must("a", nil); r["id"] != other["id"] {
		t.Errorf("the hook decided for %v, signed in is %v", other["id"], r["id"])
	}
	remove()
	if r := v.must("a", nil); r["id"] != other["id"] {
		t.Error("the link did not move with the decision")
	}
}

// warnings collects the warnings about providers.
type warnings chan slog.Record

func (warnings) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }
func (w warnings) WithAttrs([]slog.Attr) slog.Handler         { return w }
func (w warnings) WithGroup(string) slog.Handler              { return w }
func (w warnings) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "OAuth2 provider") {
		w <- r
	}
	return nil
}

// TestOAuth2Configuration: a configuration takes effect at once, and an error in it is logged once
// for many requests.
func TestOAuth2Configuration(t *testing.T) {
	t.Parallel()
	log := make(warnings, 100)
	v := newVouchingOn(t, coretest.Open(t, core.Config{Dir: t.TempDir(), Log: slog.New(log)}), "")
	names := func() (list []string) {
		m, err := v.Methods(t.Context(), "users")
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range m.OAuth2.Providers {
			list = append(list, p.Name)
		}
		return list
	}
	if got := fmt.Sprint(names()); got != "[oidc]" {
		t.Errorf("providers are %s", got)
	}
	v.configure(`{"oauth2":{"providers":[{"name":"mailcow","clientId":"i","clientSecret":"s"},{"name":"github","clientId":"i","clientSecret":"s"}]}}`)
	for range 3 {
		if got := fmt.Sprint(names()); got != "[github]" {
			t.Errorf("providers are %s", got)
		}
	}
	if len(log) != 1 {
		t.Errorf("%d warnings, want one", len(log))
	}
	form := &auth.OAuth2Form{Provider: "mailcow", Code: "c"}
	if _, err := v.SignIn(t.Context(), record.Caller{}, "users", v.Method("oauth2"), form, auth.Options{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a provider that cannot be used: %v", err)
	}
	v.configure(`{"oauth2":{"enabled":false}}`)
	if got := names(); got != nil {
		t.Errorf("OAuth2 is off, and providers are %v", got)
	}
	if _, err := v.signIn("a", nil); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("OAuth2 is off: %v", err)
	}
}

// streams are the waiting clients, with the pins of their streams.
type streams struct {
	waiting map[string]string
	sent    []string
}

func (s *streams) DeliverOAuth2(id, pin string, message []byte) bool {
	of, ok := s.waiting[id]
	delete(s.waiting, id)
	if !ok || of != pin {
		return false
	}
	s.sent = append(s.sent, string(message))
	return true
}

func TestDeliverOAuth2(t *testing.T) {
	t.Parallel()
	v := newVouching(t, "")
	s := &streams{}
	for _, tt := range []struct {
		name, pin string
		said      auth.OAuth2Redirect
		good      bool
		message   string
	}{
		{"no state", "here", auth.OAuth2Redirect{Code: "c0"}, false, ""},
		{"nobody", "here", auth.OAuth2Redirect{State: "x", Code: "c1"}, false, ""},
		{"from elsewhere", "there", auth.OAuth2Redirect{State: "a", Code: "c1"}, false, ""},
		{"good", "here", auth.OAuth2Redirect{State: "a", Code: "c1"}, true, `{"state":"a","code":"c1"}`},
		{"a second time", "here", auth.OAuth2Redirect{State: "a", Code: "c1"}, false, ""},
		{"the same code for another", "here", auth.OAuth2Redirect{State: "b", Code: "c1"}, false, ""},
		{"refused", "here", auth.OAuth2Redirect{State: "a", Error: "access_denied"}, false, `{"state":"a","code":"","error":"access_denied"}`},
		{"no code", "here", auth.OAuth2Redirect{State: "a"}, false, `{"state":"a","code":""}`},
	} {
		s.waiting, s.sent = map[string]string{"a": "here", "b": "here"}, nil
		good := v.DeliverOAuth2(s, tt.pin, tt.said)
		if good != tt.good || strings.Join(s.sent, " ") != tt.message {
			t.Errorf("%s: %t, sent %q, want %t and %q", tt.name, good, s.sent, tt.good, tt.message)
		}
	}
}

// TestOAuth2Avatar: an image that the field accepts is stored, and a person without an image can
// sign in.
func TestOAuth2Avatar(t *testing.T) {
	t.Parallel()
	v := newVouching(t, `,"fields":[{"name":"face","type":"file","maxSize":200,"mimeTypes":["image/png"]}]`)
	v.configure(`{"oauth2":{"mappedFields":{"avatarURL":"face"}}}`)
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	var limits []int64
	v.SetImages(func(_ context.Context, address string, limit int64) ([]byte, error) {
		limits = append(limits, limit)
		switch address {
		case "https://x.test/png":
			return picture.Bytes(), nil
		case "https://x.test/gif":
			return []byte("GIF89a"), nil
		}
		return nil, errors.New("no image")
	})
	for id, want := range map[string]string{"png": ".png", "gif": "", "none": ""} {
		v.people[id] = fmt.Sprintf(`{"sub":%q,"email":"%[1]s@x.test","email_verified":true,"picture":"https://x.test/%[1]s"}`, id)
		r := v.must(id, nil)
		name := r["face"].(string)
		if (name == "") != (want == "") || !strings.HasSuffix(name, want) {
			t.Errorf("%s: the field has %q", id, name)
			continue
		}
		if name == "" {
			continue
		}
		b, err := v.app.Blobs().Open(t.Context(), r["collectionId"].(string)+"/"+r["id"].(string)+"/"+name)
		if err != nil {
			t.Fatal(err)
		}
		if b.Size() != int64(picture.Len()) || b.Attributes().ContentType != "image/png" {
			t.Errorf("%s: stored are %d bytes of %v", id, b.Size(), b.Attributes())
		}
		b.Close()
	}
	v.must("png", nil) // the account exists: no image is downloaded
	v.people["own"] = `{"sub":"own","email":"own@x.test","email_verified":true,"picture":"https://x.test/png"}`
	v.must("own", map[string]any{"face": ""})
	if fmt.Sprint(limits) != "[200 200 200]" {
		t.Errorf("images were fetched with the limits %v, want three of 200", limits)
	}
}

// TestOAuth2Apple: the name comes from the redirect, where Apple sends it once.
func TestOAuth2Apple(t *testing.T) {
	t.Parallel()
	v := newVouching(t, "")
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	apple := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/keys" {
			fmt.Fprintf(w, `{"keys":[{"kty":"RSA","kid":"k","n":%q,"e":"AQAB"}]}`, b64(key.N.Bytes()))
			return
		}
		code := r.FormValue("code")
		token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{"iss": "https://appleid.apple.com", "aud": "i", "sub": code,
			"exp": time.Now().Add(time.Hour).Unix(), "email": code + "@x.test", "email_verified": "true"})
		token.Header["kid"] = "k"
		text, _ := token.SignedString(key)
		fmt.Fprintf(w, `{"access_token":"at","token_type":"bearer","id_token":%q}`, text)
	}))
	t.Cleanup(apple.Close)
	v.configure(fmt.Sprintf(`{"oauth2":{"providers":[{"name":"apple","clientId":"i","clientSecret":"s","tokenURL":"%[1]s/token","extra":{"jwksURL":"%[1]s/keys"}}]}}`, apple.URL))
	for code, told := range map[string]struct{ user, name string }{
		"a": {`{"name":{"firstName":"Ann","lastName":"B"}}`, "Ann B"},
		"b": {"", ""},
		"c": {`{"name":5}`, ""},
		"d": {`{"name":{"firstName":"` + strings.Repeat("x", 150) + `"}}`, ""},
	} {
		if !v.DeliverOAuth2(&streams{waiting: map[string]string{"s": ""}}, "", auth.OAuth2Redirect{State: "s", Code: code, User: told.user}) {
			t.Fatal("not delivered")
		}
		form := &auth.OAuth2Form{Provider: "apple", Code: code}
		res, err := v.SignIn(t.Context(), record.Caller{}, "users", v.Method("oauth2"), form, auth.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var meta struct{ Name, Email string }
		if err := json.Unmarshal(res.Meta, &meta); err != nil || meta.Name != told.name || meta.Email != code+"@x.test" {
			t.Errorf("told %q: %s", told.user, res.Meta)
		}
	}
}
