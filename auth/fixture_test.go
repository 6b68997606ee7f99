package auth

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// members is an auth collection with cheap passwords and three identity fields: the user name in
// any letter case, email and code exactly.
const members = `{
	"name": "members", "type": "auth",
	"fields": [
		{"name": "password", "type": "password", "cost": 4, "min": 8, "required": true, "hidden": true, "system": true},
		{"name": "username", "type": "text"},
		{"name": "code", "type": "text"},
		{"name": "blocked", "type": "bool"},
		{"name": "secret", "type": "text", "hidden": true},
		{"name": "friend", "type": "relation", "collectionId": "_pb_users_auth_", "maxSelect": 1}
	],
	"indexes": [
		"CREATE UNIQUE INDEX idx_members_username ON members (username COLLATE NOCASE) WHERE username != ''",
		"CREATE UNIQUE INDEX idx_members_code ON members (code) WHERE code != ''"
	],
	"viewRule": "", "listRule": "",
	"passwordAuth": {"enabled": true, "identityFields": ["username", "email", "code"]}
}`

const memberPassword = "correct horse"

// fixture is an app with members, and the service on it.
type fixture struct {
	*Service
	t   testing.TB
	app *core.App
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	app := coretest.New(t)
	f := &fixture{Service: New(app), t: t, app: app}
	coretest.Collection(t, app, members)
	return f
}

// member adds a member and returns its id.
func (f *fixture) member(body map[string]any) string {
	f.t.Helper()
	body["password"], body["passwordConfirm"] = memberPassword, memberPassword
	return coretest.Create(f.t, f.app, "members", body)["id"].(string)
}

// update changes a record as a superuser.
func (f *fixture) update(collection, id string, body map[string]any) {
	f.t.Helper()
	if _, err := f.app.Records().Update(context.Background(), coretest.Root(), collection, id, record.Input{Body: body}); err != nil {
		f.t.Fatalf("update %s/%s: %v", collection, id, err)
	}
}

// configure changes the collection.
func (f *fixture) configure(collection, body string) {
	f.t.Helper()
	if _, err := f.app.Collections().Update(context.Background(), record.Root(), collection, []byte(body)); err != nil {
		f.t.Fatalf("update collection %s: %v", collection, err)
	}
}

// login signs a member in.
func (f *fixture) login(identity string) *Response {
	f.t.Helper()
	form := PasswordForm{Identity: identity, Password: memberPassword}
	response, err := f.WithPassword(context.Background(), record.Caller{}, "members", form, "")
	if err != nil {
		f.t.Fatalf("sign in as %s: %v", identity, err)
	}
	return response
}

// Authenticate returns the record of the service's Authenticate, which must not fail.
func (f *fixture) Authenticate(ctx context.Context, token string) *record.Record {
	f.t.Helper()
	r, err := f.Service.Authenticate(ctx, token)
	if err != nil {
		f.t.Errorf("Authenticate() = %v", err)
	}
	return r
}

// caller returns the caller of a request with the token.
func (f *fixture) caller(token string) record.Caller {
	return record.Caller{Auth: f.Authenticate(context.Background(), token)}
}

// superuser adds a superuser and returns its id.
func (f *fixture) superuser() string {
	f.t.Helper()
	body := map[string]any{"email": "root@example.com", "password": memberPassword, "passwordConfirm": memberPassword}
	return coretest.Create(f.t, f.app, "_superusers", body)["id"].(string)
}

func decode(t testing.TB, body []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatalf("decode %s: %v", body, err)
	}
	return m
}

// describe returns the kind and message of an error.
func describe(err error) string {
	var e *fault.Error
	if !errors.As(err, &e) {
		if err == nil {
			return ""
		}
		return "error " + err.Error()
	}
	return e.Kind.String() + ": " + e.Message
}
