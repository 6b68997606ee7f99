package record_test

import (
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// people are accounts, each of which may be managed by the account in its field "boss".
const people = `{
	"name": "people", "type": "auth", "createRule": "", "updateRule": "", "deleteRule": "", "viewRule": "", "listRule": "",
	"manageRule": "@request.auth.id = boss",
	"fields": [
		{"name": "password", "type": "password", "cost": 4, "min": 8, "required": true, "hidden": true, "system": true},
		{"name": "email", "type": "email", "required": false, "system": true},
		{"name": "name", "type": "text", "max": 5},
		{"name": "boss", "type": "text"}
	]
}`

const (
	secret = "correct horse"
	other  = "battery staple"
)

// person adds an account with a password.
func (b *bed) person(body object) string {
	b.t.Helper()
	body["password"], body["passwordConfirm"] = secret, secret
	return b.add("people", body)
}

// knows reports whether the stored account has that password.
func (b *bed) knows(id, password string) bool {
	b.t.Helper()
	hash, _ := b.value("people", id, "password").(string)
	return bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) == nil
}

func TestFormCreate(t *testing.T) {
	t.Parallel()
	b := newBed(t, people)
	boss := b.as("people", b.person(object{}))
	const bad = "invalid: Failed to create record. "
	for _, tt := range []struct {
		name   string
		caller record.Caller
		body   object
		want   string
	}{
		{"guest", guest, object{"password": secret, "passwordConfirm": secret}, "ok"},
		{"no password", guest, nil, bad + "password=validation_required passwordConfirm=validation_required"},
		{"no password, superuser", root, nil, bad + "password=validation_required passwordConfirm=validation_required"},
		{"not repeated", guest, object{"password": secret}, bad + "passwordConfirm=validation_required"},
		{"only repeated", guest, object{"passwordConfirm": secret}, bad + "password=validation_required passwordConfirm=validation_values_mismatch"},
		{"repeated differently", guest, object{"password": secret, "passwordConfirm": other}, bad + "passwordConfirm=validation_values_mismatch"},
		{"form before fields", guest, object{"password": "1", "passwordConfirm": "2", "name": "too long"}, bad + "passwordConfirm=validation_values_mismatch"},
		{"fields", guest, object{"password": "1", "passwordConfirm": "1", "name": "too long"},
			bad + "name=validation_max_text_constraint password=validation_min_text_constraint"},
		{"72 characters", guest, object{"password": strings.Repeat("x", 72), "passwordConfirm": strings.Repeat("x", 72)}, bad + "password=validation_max_text_constraint"},
		{"74 bytes", guest, object{"password": strings.Repeat("ш", 37), "passwordConfirm": strings.Repeat("ш", 37)}, bad + "password=validation_max_text_constraint"},
		{"74 bytes, superuser", root, object{"password": strings.Repeat("ш", 37), "passwordConfirm": strings.Repeat("ш", 37)}, bad + "password=validation_max_text_constraint"},
		{"72 bytes", guest, object{"password": strings.Repeat("ш", 36), "passwordConfirm": strings.Repeat("ш", 36)}, "ok"},
		{"email is free", guest, object{"password": secret, "passwordConfirm": secret, "email": "a@example.com"}, "ok"},
		{"email twice", guest, object{"password": secret, "passwordConfirm": secret, "email": "a@example.com"}, bad + "email=validation_not_unique"},
		{"email in another case", guest, object{"password": secret, "passwordConfirm": secret, "email": "A@example.com"}, "ok"},
		{"verified", guest, object{"password": secret, "passwordConfirm": secret, "verified": true}, bad + "verified=validation_values_mismatch"},
		{"verified: false", guest, object{"password": secret, "passwordConfirm": secret, "verified": false}, "ok"},
		{"verified, other boss", boss, object{"password": secret, "passwordConfirm": secret, "verified": true, "boss": "x"}, bad + "verified=validation_values_mismatch"},
		{"verified, boss", boss, object{"password": secret, "passwordConfirm": secret, "verified": true, "boss": boss.Auth.ID()}, "ok"},
		{"verified, superuser", root, object{"password": secret, "passwordConfirm": secret, "verified": true}, "ok"},
		{"tokenKey is hidden", guest, object{"password": secret, "passwordConfirm": secret, "tokenKey": "x"}, "ok"},
		{"tokenKey, superuser", root, object{"password": secret, "passwordConfirm": secret, "tokenKey": "x"}, bad + "tokenKey=validation_min_text_constraint"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o, err := b.create(tt.caller, "people", tt.body)
			check(t, "Create", err, tt.want)
			if err != nil {
				return
			}
			id := o["id"].(string)
			r := b.stored("people", id)
			if !b.knows(id, tt.body["password"].(string)) {
				t.Errorf("stored password = %q is not the hash of what was sent", r.Text("password"))
			}
			if len(r.Text("tokenKey")) != 50 {
				t.Errorf("tokenKey = %q", r.Text("tokenKey"))
			}
			for _, key := range []string{"password", "tokenKey", "passwordConfirm"} {
				if _, shown := o[key]; shown {
					t.Errorf("the answer has %s: %v", key, o)
				}
			}
		})
	}
}

// TestServersPassword sets a password that the server chooses for a new account: it needs no
// repetition, it need not satisfy the options of the field, and rules do not see it.
func TestServersPassword(t *testing.T) {
	t.Parallel()
	b := newBed(t, people, `{"name":"guests","type":"auth","createRule":"@request.body.password:isset = false",
		"fields":[{"name":"password","type":"password","cost":4,"max":8,"pattern":"^[0-9]+$"}]}`)
	const bad = "invalid: Failed to create record. "
	long := strings.Repeat("x", 30)
	for _, tt := range []struct {
		name, collection string
		body             object
		want             string
	}{
		{"alone", "guests", object{"email": "a@example.com"}, "ok"},
		{"beside one that the client sets", "people", object{"email": "b@example.com", "name": "b", "password": "1", "passwordConfirm": "1"}, bad + "password=validation_min_text_constraint"},
		{"beside one that the client does not repeat", "people", object{"email": "b@example.com", "name": "b", "password": other}, bad + "passwordConfirm=validation_required"},
	} {
		r, err := b.Records().Create(t.Context(), guest, tt.collection, record.Input{Body: tt.body, Password: long})
		check(t, tt.name, err, tt.want)
		if err == nil && bcrypt.CompareHashAndPassword([]byte(r.Text("password")), []byte(long)) != nil {
			t.Errorf("%s: the password is another one", tt.name)
		}
	}
	// The server's password weakens no rule: only a manager may change a password without the old
	// one.
	id := b.person(object{"email": "c@example.com"})
	_, err := b.Records().Update(t.Context(), guest, "people", id, record.Input{Body: object{}, Password: long})
	check(t, "an update by a guest", err, "invalid: Failed to update record. oldPassword=validation_required")
}

func TestFormUpdate(t *testing.T) {
	t.Parallel()
	b := newBed(t, people)
	boss := b.as("people", b.person(object{}))
	const bad = "invalid: Failed to update record. "
	for _, tt := range []struct {
		name   string
		caller record.Caller
		body   object
		want   string
	}{
		{"nothing", guest, nil, "ok"},
		{"a field", guest, object{"name": "new"}, "ok"},
		{"password", guest, object{"password": other, "passwordConfirm": other, "oldPassword": secret}, "ok"},
		{"password, old one wrong", guest, object{"password": other, "passwordConfirm": other, "oldPassword": other}, bad + "oldPassword=validation_invalid_old_password"},
		{"password, no old one", guest, object{"password": other, "passwordConfirm": other}, bad + "oldPassword=validation_required"},
		{"password, not repeated", guest, object{"password": other, "oldPassword": secret}, bad + "passwordConfirm=validation_required"},
		{"password alone", guest, object{"password": other}, bad + "oldPassword=validation_required passwordConfirm=validation_required"},
		{"repeated alone", guest, object{"passwordConfirm": other, "oldPassword": "x"},
			bad + "oldPassword=validation_invalid_old_password password=validation_required passwordConfirm=validation_values_mismatch"},
		{"old password alone", guest, object{"oldPassword": secret}, bad + "password=validation_required passwordConfirm=validation_required"},
		{"empty password", guest, object{"password": ""}, bad + "password=validation_required"},
		{"all of the form", guest, object{"password": "1", "passwordConfirm": "2", "oldPassword": "3", "email": "b@example.com", "verified": true, "name": "too long"},
			bad + "email=validation_values_mismatch oldPassword=validation_invalid_old_password passwordConfirm=validation_values_mismatch verified=validation_values_mismatch"},
		{"short password", guest, object{"password": "1", "passwordConfirm": "1", "oldPassword": secret}, bad + "password=validation_min_text_constraint"},
		{"password, boss", boss, object{"password": other, "passwordConfirm": other}, "ok"},
		{"password, superuser", root, object{"password": other, "passwordConfirm": other}, "ok"},
		{"password, boss, not repeated", boss, object{"password": other}, bad + "passwordConfirm=validation_required"},
		{"same email", guest, object{"email": "a@example.com"}, "ok"},
		{"email", guest, object{"email": "b@example.com"}, bad + "email=validation_values_mismatch"},
		{"no email", guest, object{"email": ""}, bad + "email=validation_values_mismatch"},
		{"email, boss", boss, object{"email": "b@example.com"}, "ok"},
		{"email, superuser", root, object{"email": ""}, "ok"},
		{"verified", guest, object{"verified": true}, bad + "verified=validation_values_mismatch"},
		{"verified, boss", boss, object{"verified": true}, "ok"},
		{"verified, superuser", root, object{"verified": true}, "ok"},
		{"emailVisibility", guest, object{"emailVisibility": true}, "ok"},
		{"tokenKey is hidden", guest, object{"tokenKey": strings.Repeat("x", 50)}, "ok"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id := b.person(object{"email": "a@example.com", "boss": boss.Auth.ID()})
			defer b.delete(root, "people", id)
			before := b.stored("people", id)
			_, err := b.update(tt.caller, "people", id, tt.body)
			check(t, "Update", err, tt.want)
			after := b.stored("people", id)
			password, _ := tt.body["password"].(string)
			if changed := before.Text("password") != after.Text("password"); changed != (err == nil && password != "") {
				t.Errorf("the password was changed: %v", changed)
			}
			if err == nil && password != "" && !b.knows(id, password) {
				t.Error("the new password does not match")
			}
			_, email := tt.body["email"]
			rotates := err == nil && (password != "" || email && tt.body["email"] != "a@example.com")
			if rotated := before.Text("tokenKey") != after.Text("tokenKey"); rotated != rotates {
				t.Errorf("the tokenKey was changed: %v, want %v", rotated, rotates)
			}
		})
	}
}

// A change of the address or the password deletes the sign-ins that depend on it.
func TestUpdateForgets(t *testing.T) {
	t.Parallel()
	b := newBed(t, people)
	collection := b.Snapshot().Find("people").ID
	for _, tt := range []struct {
		name    string
		body    object
		links   bool // there are accounts elsewhere
		gone    []string
		rotates bool
	}{
		{"a field", object{"name": "x"}, true, nil, false},
		{"password", object{"password": other, "passwordConfirm": other}, true, []string{schema.AuthOrigins, schema.MFAs, schema.OTPs}, true},
		{"email", object{"email": "b@example.com"}, true, []string{schema.OTPs}, true},
		{"tokenKey", object{"tokenKey:autogenerate": ""}, true, []string{schema.OTPs}, true},
		{"verified", object{"verified": true}, true, []string{schema.ExternalAuths, schema.OTPs}, true},
		{"verified, no links", object{"verified": true}, false, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id, unrelated := b.person(object{"email": "a@example.com"}), b.person(object{})
			defer b.delete(root, "people", id)
			defer b.delete(root, "people", unrelated)
			for _, owner := range []string{id, unrelated} {
				ref := object{"collectionRef": collection, "recordRef": owner}
				with := func(name string, value any) object {
					return object{"collectionRef": collection, "recordRef": owner, name: value}
				}
				b.add(schema.AuthOrigins, with("fingerprint", "f"))
				b.add(schema.MFAs, with("method", "m"))
				b.add(schema.OTPs, with("password", "12345678"))
				if tt.links {
					ref["provider"], ref["providerId"] = "google", owner
					b.add(schema.ExternalAuths, ref)
				}
			}
			before := b.value("people", id, "tokenKey")
			b.set("people", id, tt.body)
			if rotated := b.value("people", id, "tokenKey") != before; rotated != tt.rotates {
				t.Errorf("the tokenKey was changed: %v, want %v", rotated, tt.rotates)
			}
			for _, name := range []string{schema.AuthOrigins, schema.MFAs, schema.OTPs, schema.ExternalAuths} {
				want := 2
				if name == schema.ExternalAuths && !tt.links {
					want = 0
				}
				if strings.Contains(strings.Join(tt.gone, " "), name) {
					want--
				}
				if n := b.count(name); n != want {
					t.Errorf("%d rows in %s, want %d", n, name, want)
				}
			}
		})
	}
}

func TestAuthIDsAreUniqueAcrossCollections(t *testing.T) {
	t.Parallel()
	b := newBed(t, people, targets)
	id := b.person(object{})
	pass := func(body object) object {
		body["password"], body["passwordConfirm"] = secret, secret
		return body
	}
	_, err := b.create(guest, "users", pass(object{"id": id, "email": "x@example.com"}))
	check(t, "Create in another auth collection", err, "invalid: Failed to create record. id=validation_invalid_auth_id")
	_, err = b.create(guest, "people", pass(object{"id": id}))
	check(t, "Create in the same collection", err, "invalid: Failed to create record. id=validation_not_unique")
	_, err = b.create(root, "targets", object{"id": id})
	check(t, "Create in a base collection", err, "ok")
	_, err = b.create(guest, "users", pass(object{"id": id}))
	check(t, "Create with another failure", err, "invalid: Failed to create record. email=validation_required")
}

func TestSuperusersAreVerified(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	id := b.add(schema.Superusers, object{"email": "a@example.com", "password": secret, "passwordConfirm": secret, "verified": false})
	if b.value(schema.Superusers, id, "verified") != true {
		t.Error("a new superuser is not verified")
	}
	b.set(schema.Superusers, id, object{"verified": false})
	if b.value(schema.Superusers, id, "verified") != true {
		t.Error("a changed superuser is not verified")
	}
}

// Of two concurrent changes with the same old password one succeeds; the other is refused, since it
// is compared with the password that is stored in its turn.
func TestFormConcurrentPasswords(t *testing.T) {
	t.Parallel()
	b := newBed(t, people)
	id := b.person(object{})
	errs := make(chan error)
	for _, password := range []string{"password one", "password two"} {
		go func() {
			_, err := b.Records().Update(t.Context(), guest, "people", id, record.Input{
				Body: object{"password": password, "passwordConfirm": password, "oldPassword": secret}})
			errs <- err
		}()
	}
	failed := ""
	for range 2 {
		if err := <-errs; err != nil {
			failed = failure(err)
		}
	}
	if want := "invalid: Failed to update record. oldPassword=validation_invalid_old_password"; failed != want {
		t.Errorf("the second update: %s, want %s", failed, want)
	}
	if b.knows(id, "password one") == b.knows(id, "password two") {
		t.Error("the stored password is none of the new ones")
	}
}
