package collection_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/standard"
	"github.com/loambase/loam/core/record"
)

func TestNewDatabaseHasSystemCollections(t *testing.T) {
	at := newPlace(t)
	w := open(t, at)
	var names []string
	for _, c := range w.snapshots.Load().All() {
		names = append(names, c.Name)
	}
	want := []string{"_externalAuths", "_mfas", "_otps", "_authOrigins", "_superusers", "users"}
	if !slices.Equal(names, want) {
		t.Errorf("collections = %q, want %q", names, want)
	}
	before := w.state()
	if again := open(t, at); again.state() != before {
		t.Errorf("a second start changed\n%s\nto\n%s", before, again.state())
	}
	w.must(w.Delete(context.Background(), record.Root(), "users"))
	if again := open(t, at); again.snapshots.Load().Find("users") != nil {
		t.Error("a deleted collection users came back")
	}
}

func TestCreateMakesTheTable(t *testing.T) {
	w := newWorld(t)
	c := w.create(`{"name":"posts","listRule":"","fields":[{"name":"title","type":"text"},{"name":"tags","type":"select","values":["a","b"],"maxSelect":2},
		{"name":"n","type":"number"},{"name":"meta","type":"json"},{"name":"at","type":"geoPoint"},{"name":"on","type":"bool"}],
		"indexes":["CREATE INDEX idx_title ON posts (title)"]}`)
	w.exec(`INSERT INTO "posts" ("title") VALUES ('x')`)
	if got := w.rows(7, `SELECT "title", "tags", "n", "meta", "at", "on", length("id") FROM "posts"`); !slices.Equal(got, []string{`x,[],0,,{"lon":0,"lat":0},0,15`}) {
		t.Errorf("a row of zero values = %q", got)
	}
	if got := w.indexes("posts"); !slices.Equal(got, either([]string{"CREATE INDEX `idx_title` ON `posts` (`title`)"},
		[]string{`CREATE INDEX idx_title ON posts USING btree (title)`})) {
		t.Errorf("index = %q, want the canonical form", got)
	}
	if stored, err := w.get("POSTS"); err != nil || stored.ID != c.ID || stored != w.snapshots.Load().ByID(c.ID) {
		t.Errorf("Get = %v, %v, want what was created", stored, err)
	}
	if got := w.rows(1, `SELECT "indexes" FROM "_collections" WHERE "name" = 'posts'`); !slices.Equal(got, []string{`["CREATE INDEX idx_title ON posts (title)"]`}) {
		t.Errorf("stored indexes = %q, want them verbatim", got)
	}
}

func TestNamesThatAreKeywords(t *testing.T) {
	w := newWorld(t)
	w.create(`{"name":"select","fields":[{"id":"f1","name":"from","type":"text"},{"id":"f2","name":"where","type":"bool"}],
		"indexes":["CREATE UNIQUE INDEX ` + "`order` ON `select` (`from`)" + `"]}`)
	w.exec(`INSERT INTO "select" ("from") VALUES ('x')`)
	w.update("select", `{"name":"table","fields":[{"id":"f1","name":"group","type":"text"},{"id":"f3","name":"values","type":"number"}]}`)
	if got := w.rows(2, `SELECT "group", "values" FROM "table"`); !slices.Equal(got, []string{"x,0"}) {
		t.Errorf("rows = %q, want the data kept", got)
	}
	w.must(w.Delete(context.Background(), record.Root(), "table"))
}

func TestUpdateKeepsData(t *testing.T) {
	w := newWorld(t)
	c := w.create(`{"name":"t","fields":[{"id":"f1","name":"a","type":"text"},{"id":"f2","name":"b","type":"text"},{"id":"f3","name":"gone","type":"text"}],
		"indexes":["create index i on t (a)","create unique index uq on t (b)"]}`)
	w.exec(`INSERT INTO "t" ("a", "b", "gone") VALUES ('1', '2', '3')`)

	w.update("t", `{"fields":[{"id":"f1","name":"b","type":"text"},{"id":"f2","name":"a","type":"text"},{"name":"c","type":"number"}]}`)
	if got := w.rows(3, `SELECT "a", "b", "c" FROM "t"`); !slices.Equal(got, []string{"2,1,0"}) {
		t.Errorf("rows after a swap = %q, want 2,1,0", got)
	}
	w.update(c.ID, `{"name":"T"}`)
	w.update("t", `{"name":"u"}`)
	if got := w.rows(3, `SELECT "a", "b", "c" FROM "u"`); !slices.Equal(got, []string{"2,1,0"}) {
		t.Errorf("rows after a rename = %q, want 2,1,0", got)
	}
	if got := w.indexes("u"); !slices.Equal(got, either([]string{"CREATE INDEX `i` ON `u` (`b`)", "CREATE UNIQUE INDEX `uq` ON `u` (`a`)"},
		[]string{`CREATE INDEX i ON u USING btree (b)`, `CREATE UNIQUE INDEX uq ON u USING btree (a)`})) {
		t.Errorf("indexes = %q, want them to follow table and columns", got)
	}
	if _, err := w.get("t"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Get of the old name = %v, want not found", err)
	}
}

func TestUpdateWithoutIDsKeepsLegacyColumns(t *testing.T) {
	w := newWorld(t)
	w.create(`{"name":"t","fields":[{"id":"legacy","name":"a","type":"text"}]}`)
	w.exec(`INSERT INTO "t" ("a") VALUES ('kept')`)
	w.update("t", `{"fields":[{"name":"a","type":"text","max":10}]}`)
	if got := w.rows(1, `SELECT "a" FROM "t"`); !slices.Equal(got, []string{"kept"}) {
		t.Errorf("rows = %q, want the data kept", got)
	}
}

func TestFailuresChangeNothing(t *testing.T) {
	w := newWorld(t)
	w.create(`{"name":"t","id":"t_id","fields":[{"id":"f1","name":"a","type":"text"}],"indexes":["create index i on t (a)"]}`)
	w.exec(`INSERT INTO "t" ("a") VALUES ('same')`)
	w.exec(`INSERT INTO "t" ("a") VALUES ('same')`)
	before, number := w.state(), w.snapshots.Load().Number
	many := strings.Repeat(`{"name":"x","type":"text"},`, 1) + manyFields(2100)

	for name, c := range map[string]struct {
		update, body, message, leaf, code string
	}{
		"unreadable":           {"", `{`, "Failed to load the collection type data due to invalid formatting.", "", ""},
		"invalid":              {"", `{"name":""}`, "Failed to create collection.", "name", "validation_required"},
		"index of nothing":     {"", `{"name":"n","indexes":["create index x on n (nope)"]}`, "Failed to create collection.", "indexes.0", "validation_invalid_index_expression"},
		"index function":       {"", `{"name":"n","indexes":["create index x on n (printf('%.*c', 900000000, 'x'))"]}`, "Failed to create collection.", "indexes.0", "validation_invalid_index_expression"},
		"too many columns":     {"", `{"name":"n","fields":[` + many + `]}`, "Failed to create collection. Raw error: ", "", ""},
		"unreadable update":    {"t", `{"fields":{}}`, "Failed to load the submitted data due to invalid formatting.", "", ""},
		"another id":           {"t", `{"id":"other"}`, "Failed to update collection. Raw error: ", "", ""},
		"unique over the same": {"t", `{"name":"t2","fields":[{"id":"f1","name":"b","type":"text"}],"indexes":["create unique index u on t2 (b)"]}`, "Failed to update collection.", "indexes.0", "validation_invalid_index_expression"},
		"index after a rename": {"t", `{"fields":[{"id":"f1","name":"b","type":"text"}],"indexes":["create index i2 on t (a)"]}`, "Failed to update collection.", "indexes.0", "validation_invalid_index_expression"},
		"no such collection":   {"nope", `{}`, "", "", ""},
	} {
		var err error
		if c.update == "" {
			_, err = w.Create(context.Background(), record.Root(), []byte(c.body))
		} else {
			_, err = w.Update(context.Background(), record.Root(), c.update, []byte(c.body))
		}
		var e *fault.Error
		if !errors.As(err, &e) || !strings.HasPrefix(e.Message, c.message) {
			t.Errorf("%s: %v, want the fault %q", name, err, c.message)
			continue
		}
		if got := leaf(e.Fields, strings.Split(c.leaf, ".")); got != c.code {
			t.Errorf("%s: %s at %q, want %s (%s)", name, got, c.leaf, c.code, describe(err))
		}
		if w.snapshots.Load().Number != number {
			t.Errorf("%s: a snapshot was published", name)
		}
	}
	if after := w.state(); after != before {
		t.Errorf("failures changed\n%s\nto\n%s", before, after)
	}
}

func manyFields(n int) string {
	var list []string
	for i := range n {
		list = append(list, `{"name":"f`+strings.Repeat("x", i%7)+string(rune('a'+i%26))+jsonInt(i)+`","type":"text"}`)
	}
	return strings.Join(list, ",")
}

func jsonInt(i int) string {
	raw, _ := json.Marshal(i)
	return string(raw)
}

func leaf(fails fault.Fields, path []string) string {
	for i, name := range path {
		f := fails[name]
		if f == nil {
			return ""
		}
		if i == len(path)-1 {
			return f.Code
		}
		fails = f.Fields
	}
	return ""
}

func TestAuthRuleChangeEndsSessions(t *testing.T) {
	w := newWorld(t)
	before := w.snapshots.Load().Find("users").Auth
	after := w.update("users", `{"authRule":"verified = true"}`).Auth
	if after.AuthToken.Secret == before.AuthToken.Secret || after.FileToken.Secret != before.FileToken.Secret {
		t.Error("authRule changed: want a new secret for auth tokens and for no others")
	}
	w.must(w.Load(context.Background()))
	if got := w.snapshots.Load().Find("users").Auth.AuthToken.Secret; got != after.AuthToken.Secret {
		t.Errorf("stored secret = %q, want %q", got, after.AuthToken.Secret)
	}
}

func TestConcurrentCreatesAllCount(t *testing.T) {
	w := newWorld(t)
	const n = 8
	before := len(w.snapshots.Load().All())
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			if _, err := w.Create(context.Background(), record.Root(), []byte(`{"name":"c`+jsonInt(i)+`"}`)); err != nil {
				t.Errorf("Create: %v", err)
			}
			if err := w.Load(context.Background()); err != nil {
				t.Errorf("Load: %v", err)
			}
		})
	}
	group.Wait()
	if got := len(w.snapshots.Load().All()); got != before+n {
		t.Errorf("%d collections, want %d", got, before+n)
	}
}

func TestChangesOfAnotherProcessAreSeen(t *testing.T) {
	at := newPlace(t)
	one, other := open(t, at), open(t, at)
	other.create(`{"name":"theirs"}`)
	if _, err := one.Create(context.Background(), record.Root(), []byte(`{"name":"theirs"}`)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("Create of a name that another process took = %v, want invalid", err)
	}
	one.create(`{"name":"ours"}`)
	if one.snapshots.Load().Find("theirs") == nil {
		t.Error("a change of ours does not show what another process created")
	}
}

func TestStoredSecretsStay(t *testing.T) {
	at := newPlace(t)
	w := open(t, at)
	c := w.create(`{"name":"people","type":"auth","oauth2":{"enabled":true,"providers":[{"name":"github","clientId":"i","clientSecret":"hush"}]}}`)
	again := open(t, at).snapshots.Load().Find("people")
	if again.Auth.OAuth2.Providers[0].ClientSecret != "hush" || again.Auth.AuthToken != c.Auth.AuthToken {
		t.Errorf("options after a restart = %+v, want the secrets", again.Auth)
	}
	raw, err := json.Marshal(again)
	if err != nil || strings.Contains(string(raw), "hush") {
		t.Errorf("JSON = %s, %v, want no secret in it", raw, err)
	}
}

func TestUniqueIndexOfUsersDecides(t *testing.T) {
	w := newWorld(t)
	insert := `INSERT INTO "users" ("id", "email", "tokenKey") VALUES `
	w.exec(insert + `('a', '', 'k1'), ('b', '', 'k2'), ('c', 'x@y.z', 'k3')`)
	if _, ok := w.snapshots.Load().Find("users").UniqueIndex("email"); !ok {
		t.Error("users has no unique index on email")
	}
	_, err := w.Update(context.Background(), record.Root(), "users", []byte(`{"indexes":[]}`))
	if err != nil {
		t.Fatalf("Update without the default indexes: %s", describe(err))
	}
	if got := w.indexes("users"); len(got) != 2 {
		t.Errorf("indexes of users = %q, want the two that it must have", got)
	}
	if got := standard.UsersID; w.snapshots.Load().ByID(got) == nil {
		t.Error("users has another id")
	}
}
