package record

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

func authCollection(name string) *schema.Collection {
	return &schema.Collection{ID: "id_" + name, Name: name, Type: schema.Auth, Auth: &schema.AuthOptions{}, Fields: []*schema.Field{
		{Name: "id", System: true, Kind: &schema.Text{PrimaryKey: true}},
		{Name: "password", System: true, Hidden: true, Kind: &schema.Password{}},
		{Name: "tokenKey", System: true, Hidden: true, Kind: &schema.Text{}},
		{Name: "email", System: true, Kind: &schema.Email{}},
		{Name: "emailVisibility", System: true, Kind: &schema.Bool{}},
		{Name: "verified", System: true, Kind: &schema.Bool{}},
		{Name: "note", Hidden: true, Kind: &schema.Text{}},
	}}
}

func keysOf(t *testing.T, object []byte) []string {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(object, &m); err != nil {
		t.Fatalf("%v: %s", err, object)
	}
	keys := []string{}
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func TestHiddenFieldsAndSecrets(t *testing.T) {
	t.Parallel()
	users := authCollection("users")
	r := Blank(users)
	r.values[1] = "$2a$10$hash"
	guest, _ := newProjection(users, false).appendRecord(nil, r, true)
	want := []string{"collectionId", "collectionName", "email", "emailVisibility", "id", "verified"}
	if got := keysOf(t, guest); !slices.Equal(got, want) {
		t.Errorf("a guest sees %v, want %v", got, want)
	}
	super, _ := newProjection(users, true).appendRecord(nil, r, true)
	want = []string{"collectionId", "collectionName", "email", "emailVisibility", "id", "note", "verified"}
	if got := keysOf(t, super); !slices.Equal(got, want) {
		t.Errorf("a superuser sees %v, want %v", got, want)
	}
	for _, columns := range [][]string{newProjection(users, false).columns, newProjection(users, true).columns} {
		if slices.Contains(columns, "password") || slices.Contains(columns, "tokenKey") {
			t.Errorf("columns %v hold a secret", columns)
		}
	}
	base := &schema.Collection{ID: "b", Name: "b", Type: schema.Base, Fields: []*schema.Field{
		{Name: "id", Kind: &schema.Text{PrimaryKey: true}},
		{Name: "password", Kind: &schema.Password{}},
		{Name: "tokenKey", Kind: &schema.Text{}},
	}}
	r = Blank(base)
	r.values[1], r.values[2] = "$2a$10$hash", "k"
	got, _ := newProjection(base, false).appendRecord(nil, r, true)
	if want := `{"collectionId":"b","collectionName":"b","id":"","password":"","tokenKey":"k"}`; string(got) != want {
		t.Errorf("base record = %s, want %s", got, want)
	}
}

func TestWhoSeesTheEmail(t *testing.T) {
	t.Parallel()
	users, others, supers := authCollection("users"), authCollection("others"), authCollection(schema.Superusers)
	caller := func(c *schema.Collection, id string) Caller {
		r := Blank(c)
		r.Set("id", id)
		return Caller{Auth: r}
	}
	for _, c := range []struct {
		name     string
		caller   Caller
		visible  bool
		managing bool
		want     bool
	}{
		{"guest", Caller{}, false, false, false},
		{"guest, visible", Caller{}, true, false, true},
		{"guest whom the manage rule would let", Caller{}, false, true, false},
		{"another user", caller(users, "u2"), false, false, false},
		{"another user, visible", caller(users, "u2"), true, false, true},
		{"manager", caller(users, "u2"), false, true, true},
		{"itself", caller(users, "u1"), false, false, true},
		{"the same id elsewhere", caller(others, "u1"), false, false, false},
		{"superuser", caller(supers, "s1"), false, false, true},
		{"a record without id", caller(users, ""), false, false, false},
	} {
		sh := newProjection(users, c.caller.Superuser())
		sh.manage = "x = 1"
		r := Blank(users)
		r.Set("id", "u1")
		r.Set("email", "a@b.co")
		r.Set("emailVisibility", c.visible)
		rows := storedRow(sh, r)
		if flags := sh.flags(c.caller); len(flags) > 0 {
			rows.rows[0] = append(rows.rows[0], store.Bool(c.managing))
		}
		got, _ := sh.appendRow(nil, rows, sh.showsEmail(rows, c.caller))
		if has := slices.Contains(keysOf(t, got), "email"); has != c.want {
			t.Errorf("%s: email in %s: %v, want %v", c.name, got, has, c.want)
		}
		managed := c.managing && len(sh.flags(c.caller)) > 0
		full, _ := sh.appendRecord(nil, r, sh.showsEmailOf(r, c.caller, managed))
		if string(full) != string(got) {
			t.Errorf("%s: as a record %s, as a row %s", c.name, full, got)
		}
	}
	unsaved, sh := Blank(users), newProjection(users, false)
	if sh.showsEmail(storedRow(sh, unsaved), caller(users, "")) || sh.showsEmailOf(unsaved, caller(users, ""), false) {
		t.Error("two records without id are taken for one")
	}
}
