package alter

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/standard"
	"github.com/loambase/loam/core/schema"
)

func decodeNew(t *testing.T, body string, stored ...*schema.Collection) *schema.Collection {
	t.Helper()
	c, err := DecodeNew([]byte(body), schema.NewSnapshot(1, stored), testNow)
	if err != nil {
		t.Fatalf("DecodeNew(%s): %v", body, err)
	}
	return c
}

func decodeOver(t *testing.T, old *schema.Collection, body string) *schema.Collection {
	t.Helper()
	c, err := DecodeOver(old, []byte(body), "2025-01-01 00:00:00.000Z")
	if err != nil {
		t.Fatalf("DecodeOver(%s): %v", body, err)
	}
	return c
}

func TestCollectionJSON(t *testing.T) {
	c := decodeNew(t, `{"name":"posts","listRule":"","fields":[{"type":"bool","name":"b"}]}`)
	got, err := json.Marshal(c)
	want := `{"id":"pbc_1125843985","listRule":"","viewRule":null,"createRule":null,"updateRule":null,"deleteRule":null,"name":"posts","type":"base",` +
		`"fields":[{"autogeneratePattern":"[a-z0-9]{15}","help":"","hidden":false,"id":"text3208210256","max":15,"min":15,"name":"id","pattern":"^[a-z0-9]+$",` +
		`"presentable":false,"primaryKey":true,"required":true,"system":true,"type":"text"},` +
		`{"help":"","hidden":false,"id":"bool1908338681","name":"b","presentable":false,"required":false,"system":false,"type":"bool"}],` +
		`"indexes":[],"created":"2024-01-02 03:04:05.678Z","updated":"2024-01-02 03:04:05.678Z","system":false}`
	if err != nil || string(got) != want {
		t.Errorf("collection JSON = %s, %v\nwant %s", got, err, want)
	}
}

func TestAuthCollectionJSON(t *testing.T) {
	c := decodeNew(t, `{"name":"people","type":"auth","oauth2":{"providers":[{"name":"github","clientId":"i","clientSecret":"hush","extra":{"b":1}}]}}`)
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	got := string(raw)
	for _, secret := range []string{"hush", "clientSecret", `"secret"`, c.Auth.AuthToken.Secret} {
		if strings.Contains(got, secret) {
			t.Errorf("auth collection JSON shows %s", secret)
		}
	}
	order := []string{`"system":false,"authRule":"","manageRule":null,"authAlert":{"enabled":true,"emailTemplate":{"subject":"Login from a new location"`,
		`"oauth2":{"providers":[{"pkce":null,"name":"github","clientId":"i","authURL":"","tokenURL":"","userInfoURL":"","displayName":"","extra":{"b":1}}],` +
			`"mappedFields":{"id":"","name":"","username":"","avatarURL":""},"enabled":false},` +
			`"passwordAuth":{"enabled":true,"identityFields":["email"]},"mfa":{"enabled":false,"duration":600,"rule":""},` +
			`"otp":{"enabled":false,"duration":180,"length":8,"emailTemplate":{"subject":"OTP for {APP_NAME}","body":`,
		`"authToken":{"duration":432000},"passwordResetToken":{"duration":1800},"emailChangeToken":{"duration":1800},` +
			`"verificationToken":{"duration":86400},"fileToken":{"duration":180},"verificationTemplate":{"subject":"Verify your {APP_NAME} email"`,
		`"resetPasswordTemplate":{"subject":"Reset your {APP_NAME} password"`,
		`"confirmEmailChangeTemplate":{"subject":"Confirm your {APP_NAME} new email address"`}
	for _, part := range order {
		at := strings.Index(got, part)
		if at < 0 {
			t.Fatalf("auth collection JSON = %s\nwant it to go on with %s", got, part)
		}
		got = got[at:]
	}
	stored, err := c.OptionsJSON()
	if err != nil || !strings.Contains(string(stored), "hush") || !strings.Contains(string(stored), c.Auth.FileToken.Secret) {
		t.Errorf("stored options = %s, %v, want the secrets in them", stored, err)
	}
	if len(c.Auth.AuthToken.Secret) != 50 {
		t.Errorf("secret = %q, want 50 characters", c.Auth.AuthToken.Secret)
	}
}

func TestStoredFormIsWhole(t *testing.T) {
	for _, c := range append(standard.SystemCollections(testNow), standard.Users(testNow)) {
		want, _ := json.Marshal(c)
		fields, err1 := c.FieldsJSON()
		indexes, err2 := c.IndexesJSON()
		options, err3 := c.OptionsJSON()
		d := *c
		d.Fields, d.Indexes, d.Auth = nil, nil, nil
		if err := d.LoadJSON(fields, indexes, options); err != nil || err1 != nil || err2 != nil || err3 != nil {
			t.Fatal(c.Name, err, err1, err2, err3)
		}
		if got, _ := json.Marshal(&d); string(got) != string(want) {
			t.Errorf("%s after storing = %s\nwant %s", c.Name, got, want)
		}
		if again, _ := d.OptionsJSON(); string(again) != string(options) {
			t.Errorf("%s: options after storing = %s\nwant %s", c.Name, again, options)
		}
	}
	if err := (&schema.Collection{Type: schema.Base}).LoadJSON([]byte(`[{"type":"nope"}]`), []byte("[]"), []byte("{}")); err == nil {
		t.Error("LoadJSON of an unknown field type succeeded, want an error")
	}
}

func TestDerivedIDs(t *testing.T) {
	for _, c := range []struct{ kind, name, want string }{
		{schema.Base, "_mfas", "pbc_2279338944"}, {schema.Auth, "_superusers", "pbc_3142635823"}, {schema.Base, "posts", "pbc_1125843985"},
		{schema.Base, "_externalAuths", "pbc_2281828961"}, {schema.Base, "_otps", "pbc_1638494021"}, {schema.Base, "_authOrigins", "pbc_4275539003"},
	} {
		if got := standard.CollectionID(c.kind, c.name, nil); got != c.want {
			t.Errorf("collectionID(%s, %s) = %s, want %s", c.kind, c.name, got, c.want)
		}
	}
	for _, c := range []struct{ kind, name, want string }{
		{"text", "id", "text3208210256"}, {"text", "title", "text724990059"}, {"autodate", "created", "autodate2990389176"},
		{"email", "email", "email3885137012"}, {"password", "password", "password901924565"}, {"text", "tokenKey", "text2504183744"},
		{"bool", "verified", "bool256245529"}, {"bool", "emailVisibility", "bool1547992806"},
	} {
		if got := standard.FieldID(c.kind, c.name, nil); got != c.want {
			t.Errorf("fieldID(%s, %s) = %s, want %s", c.kind, c.name, got, c.want)
		}
	}
	taken := decodeNew(t, `{"name":"posts"}`)
	taken.Name = "other"
	if got := decodeNew(t, `{"name":"posts"}`, taken); got.ID != "pbc_11258439852" {
		t.Errorf("id where the derived one is taken = %s, want pbc_11258439852", got.ID)
	}
}

func TestBodiesThatCannotBeRead(t *testing.T) {
	for body, want := range map[string]string{
		`{`:                               typeUnreadable,
		`[]`:                              typeUnreadable,
		`{"name":5}`:                      typeUnreadable,
		`{"type":[]}`:                     typeUnreadable,
		`{"name":"a","fields":[{}]}`:      bodyUnreadable,
		`{"name":"a","fields":[null]}`:    bodyUnreadable,
		`{"name":"a","fields":{}}`:        bodyUnreadable,
		`{"name":"a","indexes":[1]}`:      bodyUnreadable,
		`{"name":"a","listRule":1}`:       bodyUnreadable,
		`{"type":"auth","authToken":"x"}`: bodyUnreadable,
		`{"type":"auth","oauth2":{"providers":[{"name":"x","extra":5}]}}`: bodyUnreadable,
	} {
		_, err := DecodeNew([]byte(body), schema.NewSnapshot(1, nil), testNow)
		if e, ok := err.(*fault.Error); !ok || e.Kind != fault.Invalid || e.Message != want {
			t.Errorf("DecodeNew(%s) = %v, want the fault %q", body, err, want)
		}
	}
	if c := decodeNew(t, `{"name":"a","authToken":"x","unknown":1} trailing`); c.Name != "a" || c.Auth != nil {
		t.Errorf("a base collection with auth options = %+v, want them ignored", c)
	}
	if c := decodeNew(t, ``); c.Name != "" || c.Type != schema.Base {
		t.Errorf("an empty body = %+v, want an empty base collection", c)
	}
}
