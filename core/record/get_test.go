package record

import (
	"encoding/json"
	"testing"

	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

func TestGet(t *testing.T) {
	t.Parallel()
	b := postsBed(t)
	user := b.as("users", "u1")
	for _, c := range []struct {
		name, collection, id string
		caller               Caller
		want                 string
	}{
		{"guest", "posts", "p1", Caller{}, `{"collectionId":"id_posts","collectionName":"posts","id":"p1","rank":1,"title":"title 1"}`},
		{"user", "own", "o1", user, `{"collectionId":"id_own","collectionName":"own","id":"o1","owner":"u1"}`},
		{"superuser", "closed", "c1", b.super(), `{"collectionId":"id_closed","collectionName":"closed","id":"c1","title":""}`},
		{"email hidden", "users", "u1", Caller{},
			`{"collectionId":"id_users","collectionName":"users","emailVisibility":false,"id":"u1","verified":false}`},
		{"own email", "users", "u1", user,
			`{"collectionId":"id_users","collectionName":"users","email":"u1@x.co","emailVisibility":false,"id":"u1","verified":false}`},
	} {
		got, err := b.get(c.caller, c.collection, c.id, "")
		if err != nil || got != c.want {
			t.Errorf("%s: Get = %s, %v, want %s", c.name, got, err, c.want)
		}
	}
	for _, c := range []struct {
		name, collection, id string
		caller               Caller
		kind                 fault.Kind
		message              string
	}{
		{"unknown collection", "nothing", "p1", b.super(), fault.NotFound, "Missing collection context."},
		{"null rule, guest", "closed", "c1", Caller{}, fault.Forbidden, "Only superusers can perform this action."},
		{"null rule, unknown id, user", "closed", "nope", user, fault.Forbidden, "Only superusers can perform this action."},
		{"unknown id", "posts", "nope", Caller{}, fault.NotFound, ""},
		{"unknown id, superuser", "posts", "nope", b.super(), fault.NotFound, ""},
		{"no id", "posts", "", Caller{}, fault.NotFound, ""},
		{"id in another case", "posts", "P1", Caller{}, fault.NotFound, ""},
		{"rule false", "own", "o2", user, fault.NotFound, ""},
		{"rule false, guest", "own", "o2", Caller{}, fault.NotFound, ""},
		{"rule that does not compile", "broken", "b1", user, fault.NotFound, ""},
	} {
		_, err := b.get(c.caller, c.collection, c.id, "")
		checkFault(t, c.name, err, c.kind, c.message)
	}
}

func TestGetOfOddlyStoredRow(t *testing.T) {
	t.Parallel()
	if enginetest.Postgres() {
		t.Skip("PostgreSQL stores no such thing")
	}
	c := base("odd", &schema.Field{Name: "j", Kind: &schema.JSON{}}, relationField("r9", "id_odd", 9),
		&schema.Field{Name: "g", Kind: &schema.GeoPoint{}}, &schema.Field{Name: "d", Kind: &schema.Date{}}, textField("t"))
	b := newReadBed(t, c)
	b.exec(`INSERT INTO odd (id, j, r9, g, d, t) VALUES ('x', $1, $2, $3, $4, $5)`, store.Text(" {not json"), store.Text("bare"),
		store.Text("nowhere"), store.Text("2024-01-02T03:04:05Z"), store.Text("a\x00\xffb"))
	got, err := b.get(Caller{}, "odd", "x", "")
	want := `{"collectionId":"id_odd","collectionName":"odd","d":"2024-01-02 03:04:05.000Z","g":{"lon":0,"lat":0},"id":"x",` +
		`"j":" {not json","r9":["bare"],"t":"a\u0000\ufffdb"}`
	if err != nil || got != want {
		t.Errorf("Get = %s, %v, want %s", got, err, want)
	}
}

// SQLite stores a JSON document that is a single number as a number: the answer must write it as
// JSON does, not as SQLite does.
func TestGetOfLoneNumbers(t *testing.T) {
	t.Parallel()
	b := newReadBed(t, base("lone", &schema.Field{Name: "j", Kind: &schema.JSON{}}))
	for _, want := range []string{"0", "-1", "9007199254740993", "0.1", "1e+300", "1e-7", "0.000001", "100000000000000000000"} {
		b.exec(`DELETE FROM lone`)
		b.insert("lone", object{"id": "x", "j": json.RawMessage(want)})
		r, err := b.FindByID(t.Context(), "lone", "x")
		if err != nil {
			t.Fatal(err)
		}
		if got := string(r.Get("j").(json.RawMessage)); got != want {
			t.Errorf("stored %s is loaded as %s", want, got)
		}
		got, err := b.get(Caller{}, "lone", "x", "")
		if want := `{"collectionId":"id_lone","collectionName":"lone","id":"x","j":` + want + `}`; err != nil || got != want {
			t.Errorf("Get = %s, %v, want %s", got, err, want)
		}
	}
}
