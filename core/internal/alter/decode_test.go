package alter

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/sqlindex"
	"github.com/loambase/loam/core/internal/standard"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/check"
)

func fieldNames(c *schema.Collection) string {
	var names []string
	for _, f := range c.Fields {
		names = append(names, f.Name)
	}
	return strings.Join(names, " ")
}

func TestFieldListRules(t *testing.T) {
	for _, c := range []struct{ name, fields, want string }{
		{"same id replaces in place", `[{"id":"a","name":"x","type":"text"},{"name":"y","type":"text"},{"id":"a","name":"z","type":"bool"}]`,
			"id:text3208210256 z:a y:" + standard.FieldID("text", "y", nil)},
		{"a name that is there twice is left to be refused", `[{"id":"a","name":"x","type":"text"},{"name":"x","type":"bool"}]`,
			"id:text3208210256 x:a x:" + standard.FieldID("bool", "x", nil)},
		{"a derived id that is taken counts on", `[{"id":"` + standard.FieldID("text", "y", nil) + `","name":"x","type":"text"},{"name":"y","type":"text"}]`,
			"id:text3208210256 x:" + standard.FieldID("text", "y", nil) + " y:" + standard.FieldID("text", "y", nil) + "2"},
		{"an id stays where it is", `[{"name":"x","type":"bool","id":"q"},{"name":"id","type":"text","id":"own"}]`, "x:q id:own"},
	} {
		got := decodeNew(t, `{"name":"t","fields":`+c.fields+`}`)
		var list []string
		for _, f := range got.Fields {
			list = append(list, f.Name+":"+f.ID)
		}
		if s := strings.Join(list, " "); s != c.want {
			t.Errorf("%s: fields = %s, want %s", c.name, s, c.want)
		}
	}
}

func TestSystemFieldsAreForced(t *testing.T) {
	c := decodeNew(t, `{"name":"t","type":"auth","fields":[
		{"name":"nick","type":"text"},
		{"name":"tokenKey","type":"text","min":40,"max":60,"autogeneratePattern":"[a-z]{50}"},
		{"name":"email","type":"email","hidden":true,"required":false},
		{"name":"id","type":"text","hidden":true,"min":5,"max":20}]}`)
	if got, want := fieldNames(c), "nick tokenKey email id password emailVisibility verified"; got != want {
		t.Errorf("fields = %s, want %s", got, want)
	}
	id, key, email, password := c.Field("id"), c.Field("tokenKey"), c.Field("email"), c.Field("password")
	if k := id.Kind.(*schema.Text); !id.System || !id.Required || id.Hidden || !k.PrimaryKey || k.Pattern != schema.IDPattern || k.Min != 5 {
		t.Errorf("id = %+v %+v, want a visible system key of min 5", id, k)
	}
	if k := key.Kind.(*schema.Text); !key.System || !key.Required || !key.Hidden || k.Min != 40 {
		t.Errorf("tokenKey = %+v %+v, want hidden, required, system, min 40", key, k)
	}
	if !email.System || email.Hidden || email.Required {
		t.Errorf("email = %+v, want a visible optional system field", email)
	}
	if !password.System || !password.Hidden || !password.Required || password.Kind.(*schema.Password).Min != 8 {
		t.Errorf("password = %+v, want the default", password)
	}
	want := []string{
		"CREATE UNIQUE INDEX `idx_tokenKey_" + c.ID + "` ON `t` (`tokenKey`)",
		"CREATE UNIQUE INDEX `idx_email_" + c.ID + "` ON `t` (`email`) WHERE `email` != ''",
	}
	if !reflect.DeepEqual(c.Indexes, want) {
		t.Errorf("indexes = %q, want %q", c.Indexes, want)
	}
}

func TestDefaultAuthIndexes(t *testing.T) {
	c := decodeNew(t, `{"name":"t","type":"auth","id":"`+strings.Repeat("x", 90)+`",
		"indexes":["create unique index mine on t (email collate nocase)"]}`)
	if len(c.Indexes) != 2 || !strings.Contains(c.Indexes[0], "mine") {
		t.Fatalf("indexes = %q, want the submitted one and that of tokenKey", c.Indexes)
	}
	if ix, _ := sqlindex.Parse(c.Indexes[1]); len(ix.Name) != check.MaxName {
		t.Errorf("index name %q has %d bytes, want it cut to %d", ix.Name, len(ix.Name), check.MaxName)
	}
}

func TestMergeOverDefaults(t *testing.T) {
	c := decodeNew(t, `{"name":"t","type":"auth","authRule":null,"otp":{"enabled":true},"passwordAuth":{"identityFields":["email","nick"]},
		"authToken":{"duration":60},"oauth2":{"mappedFields":{"name":"nick","id":"gone"}},"fields":[{"name":"nick","type":"text"}]}`)
	o := c.Auth
	if o.AuthRule != nil || !o.OTP.Enabled || o.OTP.Length != 8 || !o.PasswordAuth.Enabled || len(o.PasswordAuth.IdentityFields) != 2 ||
		o.AuthToken.Duration != 60 || len(o.AuthToken.Secret) != 50 || o.OAuth2.MappedFields != (schema.MappedFields{Name: "nick"}) {
		t.Errorf("options = %+v, want the body over the defaults", o)
	}
}

func TestUpdateMerges(t *testing.T) {
	old := decodeNew(t, `{"name":"t","type":"auth","listRule":"a","viewRule":"b","fields":[{"name":"n","type":"text","max":9}],
		"oauth2":{"enabled":true,"providers":[
			{"name":"github","clientId":"g","clientSecret":"gs","extra":{"a":1},"pkce":true},{"name":"google","clientId":"o","clientSecret":"os"}]}}`)
	schema.NewSnapshot(1, []*schema.Collection{old})
	before, _ := json.Marshal(old)
	secrets, _ := old.OptionsJSON()

	c := decodeOver(t, old, `{"listRule":null,"viewRule":"new","otp":{"length":4},"authToken":{"duration":99},
		"oauth2":{"providers":[{"name":"google","clientId":"o2"},{"name":"github","extra":{"b":2},"clientSecret":"new"},{"name":"gitlab","clientId":"l"}]}}`)
	if c.ListRule != nil || *c.ViewRule != "new" || c.Auth.OTP.Length != 4 || c.Auth.OTP.Duration != 180 ||
		c.Auth.AuthToken.Duration != 99 || c.Auth.AuthToken.Secret != old.Auth.AuthToken.Secret {
		t.Errorf("merged = %+v %+v", c, c.Auth)
	}
	p := c.Auth.OAuth2.Providers
	if len(p) != 3 || p[0].ClientSecret != "os" || p[0].ClientID != "o2" || p[1].ClientSecret != "new" || p[1].ClientID != "g" ||
		string(p[1].Extra) != `{"b":2}` || p[1].PKCE == nil || p[2].ClientSecret != "" {
		t.Errorf("providers = %+v, want them merged by name", p)
	}
	if fieldNames(c) != fieldNames(old) || c.Created != old.Created || c.Updated == old.Updated {
		t.Errorf("merged = %+v, want fields and created kept and updated set", c)
	}
	if after, _ := json.Marshal(old); string(after) != string(before) {
		t.Errorf("the stored collection was changed: %s\nwant %s", after, before)
	}
	if after, _ := old.OptionsJSON(); string(after) != string(secrets) {
		t.Errorf("the stored options were changed: %s\nwant %s", after, secrets)
	}
}

func TestUpdateKeepsColumns(t *testing.T) {
	old := decodeNew(t, `{"name":"t","fields":[{"id":"legacy1","name":"id","type":"text"},{"id":"legacy2","name":"n","type":"text","max":9},{"id":"legacy3","name":"m","type":"bool"}]}`)
	c := decodeOver(t, old, `{"fields":[{"name":"n","type":"text"},{"name":"m","type":"number"},{"name":"new","type":"text"}]}`)
	if got := c.Field("n"); got.ID != "legacy2" || got.Kind.(*schema.Text).Max != 0 {
		t.Errorf("n = %+v %+v, want the stored id and the submitted options", got, got.Kind)
	}
	if got := c.Field("id"); got.ID != "legacy1" {
		t.Errorf("id = %+v, want the stored one put back", got)
	}
	if got := c.Field("m"); got.ID != "legacy3" {
		t.Errorf("m = %+v, want the stored field, so that the change of its type is refused", got)
	}
	if c := decodeOver(t, old, `{"fields":null}`); fieldNames(c) != fieldNames(old) {
		t.Errorf("fields after null = %s, want them kept", fieldNames(c))
	}
	if c := decodeOver(t, old, `{"created":"2020-01-01","id":"other"}`); c.Created != "2020-01-01 00:00:00.000Z" || c.ID != "other" {
		t.Errorf("created, id = %s, %s, want them as submitted", c.Created, c.ID)
	}
}

func TestIndexesFollowNames(t *testing.T) {
	old := decodeNew(t, `{"name":"t","fields":[{"id":"f1","name":"a","type":"text"},{"id":"f2","name":"b","type":"text"}],
		"indexes":["CREATE INDEX  i  ON t (a, lower(b))","CREATE INDEX j ON other (b)"]}`)
	if old.Indexes[0] != "CREATE INDEX  i  ON t (a, lower(b))" || old.Indexes[1] != "CREATE INDEX `j` ON `t` (`b`)" {
		t.Fatalf("indexes = %q, want the first verbatim and the second rewritten", old.Indexes)
	}
	c := decodeOver(t, old, `{"name":"u","fields":[{"id":"f1","name":"a2","type":"text"},{"id":"f2","name":"b","type":"text"}]}`)
	want := []string{"CREATE INDEX `i` ON `u` (\n  `a2`,\n  lower(b)\n)", "CREATE INDEX `j` ON `u` (`b`)"}
	if !reflect.DeepEqual(c.Indexes, want) {
		t.Errorf("indexes = %q, want %q", c.Indexes, want)
	}
}

func TestAuthRuleRotatesTheSecret(t *testing.T) {
	old := decodeNew(t, `{"name":"t","type":"auth"}`)
	secret := old.Auth.AuthToken.Secret
	if c := decodeOver(t, old, `{"authRule":""}`); c.Auth.AuthToken.Secret != secret {
		t.Error("the same authRule changed the secret")
	}
	c := decodeOver(t, old, `{"authRule":null,"authToken":{"secret":"`+strings.Repeat("s", 40)+`"}}`)
	if s := c.Auth.AuthToken.Secret; s == secret || len(s) != 50 {
		t.Errorf("secret after another authRule = %q, want a new random one", s)
	}
}

func TestSuperusersAreSpecial(t *testing.T) {
	list := standard.SystemCollections(testNow)
	old := list[len(list)-1]
	c := decodeOver(t, old, `{"oauth2":{"enabled":true,"providers":[{"name":"github"}]},"passwordAuth":{"enabled":false},"otp":{"enabled":true}}`)
	o := c.Auth
	if o.OAuth2.Enabled || len(o.OAuth2.Providers) != 0 || !o.PasswordAuth.Enabled || !o.MFA.Enabled {
		t.Errorf("options of superusers = %+v, want no OAuth2, passwords, and MFA with OTP", o)
	}
	if old.Auth.AuthToken.Duration != 86400 {
		t.Errorf("authToken.duration = %d, want a day", old.Auth.AuthToken.Duration)
	}
}

func FuzzDecode(f *testing.F) {
	old := standard.Users(testNow)
	s := schema.NewSnapshot(1, []*schema.Collection{old})
	f.Add(`{"name":"x","type":"auth","fields":[{"type":"text","name":"a"}],"indexes":["create index i on x (a)"]}`)
	f.Add(`{"oauth2":{"providers":[{"name":"github","extra":null}]},"fields":[{"id":"","name":"","type":"bool"}],"listRule":"x"}`)
	f.Fuzz(func(t *testing.T, body string) {
		rule := func(*schema.Collection, string) error { return nil }
		if c, err := DecodeNew([]byte(body), s, testNow); err == nil {
			if fails := Validate(c, ValidationContext{Snapshot: s, Rule: rule}); len(fails) == 0 {
				Diff(nil, c)
			}
		}
		if c, err := DecodeOver(old, []byte(body), testNow); err == nil {
			if fails := Validate(c, ValidationContext{Old: old, Snapshot: s, Rule: rule}); len(fails) == 0 {
				Diff(old, c)
			}
		}
	})
}
