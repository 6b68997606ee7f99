package query_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// user is a signed-in record.
type user struct {
	collection *schema.Collection
	values     row
}

func (u user) ID() string                     { return u.values["id"].(string) }
func (u user) Collection() *schema.Collection { return u.collection }
func (u user) Get(field string) any           { return u.values[field] }

func authCollection(name string, listRule *string, fields ...*schema.Field) *schema.Collection {
	c := collection(name, listRule, append([]*schema.Field{
		field("email", &schema.Email{}), field("emailVisibility", &schema.Bool{}), field("verified", &schema.Bool{}),
	}, fields...)...)
	c.Type = schema.Auth
	return c
}

// chat is rooms, their members, and users in teams.
func chat(t testing.TB) *fixture {
	members := collection("room_members", nil, field("room", one("rooms")), field("user", one("users")))
	members.Indexes = []string{"CREATE INDEX `of_user` ON `room_members` (`user`, `room`)"}
	teams := collection("teams", nil, field("name", &schema.Text{}), field("level", &schema.Number{}))
	teams.Indexes = []string{"CREATE UNIQUE INDEX `team_names` ON `teams` (`name`)"}
	f := open(t,
		teams,
		authCollection("users", rule(""), field("role", &schema.Text{}), field("team", one("teams")),
			field("teams", many("teams")), field("prefs", &schema.JSON{})),
		collection("rooms", rule(""), field("name", &schema.Text{}), field("owner", one("users")),
			field("cap", &schema.Number{}), field("open", &schema.Bool{}), field("team", one("teams"))),
		members,
	)
	f.snapshot.Find("users").ViewRule = rule("role != 'hidden' || team.level > 1 || id = @request.auth.id")
	f.snapshot.Find("teams").ViewRule = rule("")
	f.insert("teams", row{"id": "T1", "name": "red", "level": 1.0}, row{"id": "T2", "name": "blue", "level": 2.0})
	f.insert("users",
		row{"id": "ann", "email": "ann@x.org", "emailVisibility": true, "verified": true, "role": "admin", "team": "T1",
			"teams": []string{"T1", "T2"}, "prefs": json.RawMessage(`{"theme":{"dark":true}}`)},
		row{"id": "bob", "email": "bob@x.org", "role": "user", "team": "T2", "teams": []string{"T2"}})
	f.insert("rooms", row{"id": "r1", "name": "one", "owner": "ann", "cap": 5.0, "team": "T1"},
		row{"id": "r2", "name": "two", "owner": "bob", "cap": 7.0, "open": true, "team": "T2"}, row{"id": "r3", "name": "three"})
	f.insert("room_members", row{"id": "m1", "room": "r1", "user": "ann"}, row{"id": "m2", "room": "r1", "user": "bob"},
		row{"id": "m3", "room": "r2", "user": "bob"})
	return f
}

func (f *fixture) user(id string) user {
	c := f.snapshot.Find("users")
	return user{c, row{"id": id, "email": id + "@x.org", "emailVisibility": id == "ann", "verified": true}}
}

func TestRequestIdentifiers(t *testing.T) {
	f := chat(t)
	request := &query.Request{
		Method:  "PATCH",
		Headers: map[string][]string{"X-Token": {"T", "U"}, "Host": {"h"}},
		Query:   map[string][]string{"page": {"2", "3"}, "empty": {""}},
		Auth:    f.user("ann"),
		Body: map[string]any{
			"name": "ONE", "cap": "5", "owner": "bob", "team": "T2", "num": 5.0, "yes": true, "nothing": nil,
			"list": []any{"a", map[string]any{"x": "deep"}}, "o": map[string]any{"k": 1.5},
			"raw": json.RawMessage(`{"a":[1]}`), "exact": json.Number("12"), "point": schema.Point{Lon: 1, Lat: 2},
		},
	}
	const all, none = "r1 r2 r3", ""
	for expr, want := range map[string]string{
		`@request.context = 'default'`:                      all,
		`@request.method = 'PATCH'`:                         all,
		`@request.method:lower = 'patch'`:                   all,
		`@request.headers.x_token = 'T'`:                    all,
		`@request.headers.x_token:isset = true`:             all,
		`@request.headers.host = null`:                      all,
		`@request.headers.nope:isset = false`:               all,
		`@request.query.page = 2`:                           none, // a text and a number
		`@request.query.page = '2'`:                         all,
		`@request.query.empty = null`:                       all,
		`@request.query.empty:isset = true`:                 all,
		`@request.auth.id = 'ann'`:                          all,
		`@request.auth.id != ''`:                            all,
		`@request.auth.email = 'ann@x.org'`:                 all,
		`@request.auth.verified = true`:                     all,
		`@request.auth.collectionName = 'users'`:            all,
		`@request.auth.collectionId = 'users_id'`:           all,
		`@request.auth.role = 'admin'`:                      all,
		`@request.auth.role:lower ~ 'ADM'`:                  all,
		`@request.auth.team.name = 'red'`:                   all,
		`@request.auth.team = 'T1'`:                         all,
		`@request.auth.team.id = team.id`:                   "r1",
		`@request.auth.team.level < team.level`:             "r2",
		`@request.auth.teams.id ?= team`:                    "r1 r2",
		`@request.auth.teams.id = team`:                     none,
		`@request.auth.teams:each ?= team`:                  "r1 r2",
		`@request.auth.teams:length = 2`:                    all,
		`@request.auth.prefs.theme.dark = true`:             all,
		`@request.auth.prefs.nope = null`:                   all,
		`@request.auth.nope = null`:                         all,
		`@request.auth.nope.deep = ''`:                      all,
		`@request.auth.nope_via_nope.x = ''`:                all,
		`@request.auth.rooms_via_owner.cap = 5`:             all,
		`@request.auth.rooms_via_owner.id ?= id`:            "r1",
		`owner = @request.auth.id`:                          "r1",
		`owner.team = @request.auth.team`:                   "r1",
		`name = @request.body.name:lower`:                   "r1",
		`cap = @request.body.cap`:                           "r1", // a number field's text is a number
		`@request.body.cap > 4`:                             all,
		`@request.body.num = 5 && 12 = @request.body.exact`: all,
		`@request.body.yes = true`:                          all,
		`@request.body.nothing = ''`:                        all,
		`@request.body.nothing:isset = true`:                all,
		`@request.body.gone = null`:                         all,
		`@request.body.gone:isset = false`:                  all,
		`@request.body.list.0 = 'a'`:                        all,
		`@request.body.list.1.x = 'deep'`:                   all,
		`@request.body.list.9 = null`:                       all,
		`@request.body.list = '["a",{"x":"deep"}]'`:         all,
		`@request.body.o.k > 1`:                             all,
		`@request.body.raw.a.0 = 1`:                         all,
		`@request.body.raw = '{"a":[1]}'`:                   all,
		`@request.body.point.lat = 2`:                       all,
		`@request.body.owner.role = 'user'`:                 all,
		`@request.body.owner.team.name = team.name`:         "r2",
		`@request.body.owner.teams.name ?= 'blue'`:          all,
		`@request.body.owner.nope = null`:                   all,
		`@request.body.owner:length = 1`:                    all,
		`@request.body.owner:each = 'bob'`:                  all,
		`@request.body.owner:changed = true`:                "r1 r3",
		`@request.body.owner:changed = false`:               "r2",
		`@request.body.owner:changed != true`:               "r2",
		`false = @request.body.owner:changed`:               "r2",
		`@request.body.open:changed = false`:                all,
		`@request.body.team:changed = open`:                 none,
		`@request.body.nope:changed = true`:                 "E",
		`@request.body.num:length = 1`:                      "E",
		`@request.body.name:each = 1`:                       "E",
		`@request.query.page:each = 1`:                      "E",
		`@request.headers.x_token:changed = true`:           "E",
		`@request.auth = 1`:                                 "E",
		`@request.body = 1`:                                 "E",
		`@request = 1`:                                      "E",
		`@request.context.x = 1`:                            "E",
		`@request.auth.role:upper = 1`:                      "E",
		`@request.auth.role:lower:each = 1`:                 "E",
	} {
		got := f.run(query.Select{Scope: f.scope("rooms", request), Rule: expr})
		if got != want {
			t.Errorf("%s = %q, want %q", expr, got, want)
		}
	}
}

func TestGuestsHaveNoIdentity(t *testing.T) {
	f := chat(t)
	for _, expr := range []string{`@request.auth.id = ''`, `@request.auth.id = null`, `@request.auth.role = ''`,
		`@request.auth.team.name = null`, `@request.auth.teams.id ?= null`} {
		for _, r := range []*query.Request{nil, {}} {
			if got := f.run(query.Select{Scope: f.scope("rooms", r), Rule: expr}); got != "r1 r2 r3" {
				t.Errorf("%s of a guest gives %q, want all", expr, got)
			}
		}
	}
}

// Values that are known before the query are not in the statement.
func TestKnownRulesCostNothing(t *testing.T) {
	f := chat(t)
	in := &query.Request{Auth: f.user("ann")}
	for _, c := range []struct {
		rule, sql string
		request   *query.Request
		empty     bool
		every     bool
	}{
		{`@request.auth.id != ""`, `SELECT t."id" FROM "rooms" AS t ORDER BY t._rowid_`, in, false, true},
		{`@request.auth.id != "" && name = 'x'`, `SELECT t."id" FROM "rooms" AS t WHERE t."name" = $1 ORDER BY t._rowid_`, in, false, false},
		{`@request.auth.id != "" || name = 'x'`, `SELECT t."id" FROM "rooms" AS t ORDER BY t._rowid_`, in, false, true},
		{`@request.auth.id = "" || name = 'x'`, `SELECT t."id" FROM "rooms" AS t WHERE t."name" = $1 ORDER BY t._rowid_`, in, false, false},
		{`@request.auth.id != ""`, `SELECT t."id" FROM "rooms" AS t WHERE FALSE ORDER BY t._rowid_`, nil, true, false},
		{`cap = 'much'`, `SELECT t."id" FROM "rooms" AS t WHERE FALSE ORDER BY t._rowid_`, nil, true, false},
	} {
		plan, err := f.planner.Compile(query.Select{Scope: f.scope("rooms", c.request), Columns: []string{"id"}, Rule: c.rule})
		if err != nil {
			t.Fatal(err)
		}
		if plan.SQL != c.sql || plan.Empty != c.empty || plan.Every != c.every {
			t.Errorf("%s:\n%s (empty: %v, every: %v), want\n%s (empty: %v, every: %v)", c.rule, plan.SQL, plan.Empty, plan.Every, c.sql, c.empty, c.every)
		}
	}
}

// judge says whether a candidate passes.
func (f *fixture) judge(sel query.Select) (bool, error) {
	f.t.Helper()
	plan, err := f.planner.Compile(sel)
	if err != nil {
		return false, err
	}
	rows := f.query(plan, 1)
	if plan.Passes && len(rows) != 1 || plan.Empty && len(rows) != 0 {
		f.t.Errorf("Passes %v, Empty %v, but %d rows: %s", plan.Passes, plan.Empty, len(rows), plan.SQL)
	}
	return len(rows) == 1, nil
}

// TestCandidates is the facts on create rules of docs/wire/records.md §4.4 and §5.10.
func TestCandidates(t *testing.T) {
	f := open(t,
		collection("q1", nil, field("n", &schema.Text{}), field("pub", &schema.Bool{}), field("num", &schema.Number{})),
		collection("q2", nil, field("n", &schema.Text{}), field("num", &schema.Number{}), field("b", &schema.Bool{}),
			field("d", &schema.Date{}), field("j", &schema.JSON{}), field("g", &schema.GeoPoint{}),
			field("r", one("q1")), field("rm", many("q1")), field("sel", &schema.Select{Values: []string{"x", "y"}, MaxSelect: 2}),
			field("self", one("q2")), field("created", &schema.Autodate{OnCreate: true})),
	)
	f.insert("q1", row{"id": "A", "n": "A", "pub": true, "num": 1.0}, row{"id": "B", "n": "B"})
	f.insert("q2", row{"id": "old", "n": "taken", "num": 3.0})
	candidate := row{"id": "new", "n": "taken", "num": 1.0, "b": true, "d": "2024-01-02 10:00:00.000Z",
		"j": json.RawMessage(`{"a":[1,"x"]}`), "r": "A", "rm": []string{"A", "B"}, "sel": []string{"x", "y"}, "self": "old"}
	body := map[string]any{"num": "5", "r": "A", "rm": []string{"A", "B"}, "n": "taken"}
	for _, c := range []struct {
		rule string
		want bool
	}{
		{`num = 1`, true},
		{`num = '1'`, true}, // as against a stored row
		{`num = 'one'`, false},
		{`num + 1`, false},
		{`b = true`, true},
		{`d > '2020'`, true},
		{`d < '2020'`, false},
		{`n = 'taken'`, true},
		{`n:lower ~ 'TAK'`, true},
		{`created = ''`, true},
		{`r.pub = true`, true},
		{`r.num = num`, true},
		{`r = 'A'`, true},
		{`r.id = 'A'`, true},
		{`self.num = 3`, true},
		{`self.r.n = ''`, true},
		{`rm.n ?= 'B'`, true},
		{`rm.n = 'B'`, false},
		{`rm.n != 'C'`, true},
		{`rm:length = 2`, true},
		{`sel:each ?= 'x'`, true},
		{`sel:each = 'x'`, false},
		{`sel = '["x","y"]'`, true},
		{`j.a.1 = 'x'`, true},
		{`j.a.9 = null`, true},
		{`g.lon = 0`, true},
		{`strftime('%Y', d) = '2024'`, true},
		{`@collection.q2.n ?= n`, true},
		{`@collection.q2.num ?= num`, false}, // its own row is not there yet
		{`@collection.q1.num ?= num`, true},
		{`q2_via_self.id = ''`, true}, // nothing refers to it yet
		{`q2_via_self.num > 0`, false},
		{`q2_via_self.r.n ?= 'A'`, false},
		{`q2_via_self.rm:length = 0`, true},
		{`@request.body.r.n = 'A'`, true},
		{`@request.body.rm.n = 'B'`, false},
		{`@request.body.rm.n ?= 'B'`, true},
		{`@request.body.rm:each = 'B'`, false},
		{`@request.body.rm:each ?= 'B'`, true},
		{`@request.body.rm:length = 2`, true},
		{`@request.body.num > 1`, true},
		{`@request.body.n:changed = true`, false},
		{``, true},
	} {
		sel := query.Select{Scope: f.scope("q2", &query.Request{Body: body}), Rule: c.rule,
			Candidate: f.values(f.snapshot.Find("q2"), candidate)}
		got, err := f.judge(sel)
		if c.rule == `num + 1` {
			if refused := (*query.Error)(nil); !errors.As(err, &refused) {
				t.Errorf("%q: error %v, want a *query.Error", c.rule, err)
			}
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("%q = %v %v, want %v", c.rule, got, err, c.want)
		}
	}
	empty := query.Select{Scope: f.scope("q2", nil), Rule: `r.pub = true`, Candidate: f.values(f.snapshot.Find("q2"), row{"id": "n"})}
	if got, err := f.judge(empty); got || err != nil {
		t.Errorf("an empty relation = %v %v, want refused", got, err)
	}
	flags := query.Select{Scope: f.scope("q2", nil), Flags: []string{`n = 'taken'`, `r.n = 'B'`, `rm.n ?= 'B'`},
		Candidate: f.values(f.snapshot.Find("q2"), candidate)}
	plan, err := f.planner.Compile(flags)
	if err != nil {
		t.Fatal(err)
	}
	if got := f.query(plan, 3); plan.Passes || len(got) != 1 || strings.Join(got[0], "") != "101" {
		t.Errorf("flags of a candidate = %v, Passes %v", got, plan.Passes)
	}
}

func TestMembershipIsOneExists(t *testing.T) {
	f := chat(t)
	const member = `id ?= @collection.room_members.room && @request.auth.id ?= @collection.room_members.user`
	for id, want := range map[string]string{"ann": "r1", "bob": "r1 r2"} {
		sel := query.Select{Scope: f.scope("rooms", &query.Request{Auth: f.user(id)}), Columns: []string{"id"}, Rule: member}
		if got := f.run(sel); got != want {
			t.Errorf("rooms of %s = %q, want %q", id, got, want)
		}
		plan, _ := f.planner.Compile(sel)
		const sql = `SELECT t."id" FROM "rooms" AS t WHERE EXISTS (SELECT 1 FROM "room_members" AS j1 ` +
			`WHERE t."id" = j1."room" AND j1."user" = $1) ORDER BY t._rowid_`
		if plan.SQL != sql {
			t.Errorf("plan:\n%s\nwant\n%s", plan.SQL, sql)
		}
	}
	candidate := f.values(f.snapshot.Find("room_members"), row{"room": "r2", "user": "ann"})
	for id, want := range map[string]bool{"ann": false, "bob": true} {
		got, err := f.judge(query.Select{Scope: f.scope("room_members", &query.Request{Auth: f.user(id)}), Candidate: candidate,
			Rule: `room ?= @collection.room_members.room && @request.auth.id ?= @collection.room_members.user`})
		if got != want || err != nil {
			t.Errorf("may %s add to r2: %v %v, want %v", id, got, err, want)
		}
	}
}

func TestHiddenAddresses(t *testing.T) {
	f := chat(t)
	filter := func(collection, expr string) string {
		return f.run(query.Select{Scope: f.scope(collection, nil), Filter: expr, Restricted: true})
	}
	for _, c := range []struct{ collection, expr, want string }{
		{"users", `email ~ 'x.org'`, "ann"},
		{"users", `email != 'ann@x.org'`, ""},
		{"users", `email:lower = 'bob@x.org'`, ""},
		{"users", `email ?= 'bob@x.org' || id = 'bob'`, "bob"},
		{"users", `email >= ''`, "ann"},
		{"users", `id = email || 'bob@x.org' = email`, ""},
		{"users", `strftime('%Y', email) = ''`, "ann"},
		{"rooms", `owner.email ~ 'x.org'`, "r1"},
		{"rooms", `owner.email = ''`, ""},
		{"rooms", `owner.email != 'none'`, "r1"},
	} {
		if got := filter(c.collection, c.expr); got != c.want {
			t.Errorf("%s: %s = %q, want %q", c.collection, c.expr, got, c.want)
		}
	}
	for sort, want := range map[string]string{"email": "bob ann", "-email": "ann bob", "email:lower": "bob ann"} {
		if got := f.run(query.Select{Scope: f.scope("users", nil), Sort: sort, Restricted: true}); got != want {
			t.Errorf("sort by %s = %q, want %q", sort, got, want)
		}
	}
	if got := f.run(query.Select{Scope: f.scope("rooms", nil), Sort: "owner.email", Restricted: true}); got != "r2 r3 r1" {
		t.Errorf("rooms by owner.email = %q, want those without a visible one first", got)
	}
	if got := f.run(query.Select{Scope: f.scope("users", nil), Filter: `email = 'bob@x.org'`}); got != "bob" {
		t.Errorf("an unrestricted filter by address = %q, want bob", got)
	}
}

func TestFlagsIDsAndRefs(t *testing.T) {
	f := chat(t)
	plan, err := f.planner.Compile(query.Select{Scope: f.scope("rooms", nil), Columns: []string{"id"},
		Flags: []string{`owner.role = 'admin'`, `1=1`, `cap > 6 && owner.teams.name ?= 'blue'`}, Sort: "-cap", Keys: true})
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"r2", "0", "1", "1", "7", "2"}, {"r1", "1", "1", "0", "5", "1"}, {"r3", "0", "1", "0", "0", "3"}}
	if got := f.query(plan, 6); !reflect.DeepEqual(got, want) {
		t.Errorf("columns, flags and keys = %v, want %v", got, want)
	}
	for _, c := range []struct {
		name string
		sel  query.Select
		want string
	}{
		{"ID", query.Select{ID: "r2"}, "r2"},
		{"ID and rule", query.Select{ID: "r2", Rule: "name = 'one'"}, ""},
		{"IDs", query.Select{IDs: []string{"r3", "nope", `r"'1`, "r1"}, Sort: "id"}, "r1 r3"},
		{"no IDs", query.Select{IDs: []string{}}, ""},
		{"RefBy", query.Select{RefBy: &query.Ref{Field: "owner", IDs: []string{"ann", "bob"}}}, "r1 r2"},
		{"RefBy and rule", query.Select{RefBy: &query.Ref{Field: "owner", IDs: []string{"ann", "bob"}}, Rule: "owner.role = 'user'"}, "r2"},
		{"offset alone", query.Select{Offset: 1}, "r2 r3"},
		{"limit and offset", query.Select{Limit: 1, Offset: 1, Sort: "-name"}, "r3"},
	} {
		c.sel.Scope = f.scope("rooms", nil)
		if got := f.run(c.sel); got != c.want {
			t.Errorf("%s = %q, want %q", c.name, got, c.want)
		}
	}
	got := f.run(query.Select{Scope: f.scope("users", nil), RefBy: &query.Ref{Field: "teams", IDs: []string{"T1", "T9"}}})
	if got != "ann" {
		t.Errorf("RefBy a list = %q, want ann", got)
	}
}

// TestForUpdate reads in a write: rows are not locked for others to read.
func TestForUpdate(t *testing.T) {
	f := chat(t)
	plan, err := f.planner.Compile(query.Select{Scope: f.scope("rooms", nil), Columns: []string{"name"}, ID: "r1", ForUpdate: true})
	if err != nil {
		t.Fatal(err)
	}
	err = f.db.Write(t.Context(), func(tx store.Tx) error {
		rows, err := tx.Query(plan.SQL, plan.Args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		if !rows.Next() || rows.Text(0) != "one" {
			t.Errorf("%s finds nothing", plan.SQL)
		}
		return rows.Close()
	})
	if err != nil {
		t.Error(err)
	}
}

func TestCheckRule(t *testing.T) {
	f := chat(t)
	for rule, want := range map[string]string{
		`owner.role = 'x' && @request.auth.whatever.x = 1`: "",
		`@request.body.owner:changed = true`:               "",
		``:                                                 "empty filter expression",
		` // nothing`:                                      "empty filter expression",
		`owner.nope = 1`:                                   `invalid left operand "owner.nope" - unknown field "nope"`,
		`1 = name.x`:                                       `invalid right operand "name.x" - field "name" is not a valid relation`,
		`owner.rooms_via_owner.owner.rooms_via_owner.owner.rooms_via_owner.owner.id = 1`: "", // its id is a column
		`owner.rooms_via_owner.owner.rooms_via_owner.owner.rooms_via_owner.owner.role = 1`: `invalid left operand "owner.rooms_via_owner.owner.rooms_via_owner.owner.rooms_via_owner.owner.role" - ` +
			`max nested relations reached for field "owner.rooms_via_owner.owner.rooms_via_owner.owner.rooms_via_owner.owner.role"`,
		`open`:                             `invalid or incomplete filter expression: unexpected end`,
		`@request.auth.email:isset = true`: `invalid left operand "@request.auth.email:isset" - the modifier "isset" cannot be used in "auth.email:isset"`,
		`@nothing = 1`:                     `invalid left operand "@nothing" - failed to resolve field "@nothing"`,
	} {
		err := query.CheckRule(f.snapshot, f.snapshot.Find("rooms"), rule)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("CheckRule(%s) = %q, want %q", rule, got, want)
		}
	}
}
