package sqlrun_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

func run(t *testing.T, app *core.App, query string) [][]*string {
	t.Helper()
	result, err := app.SQL().Run(t.Context(), record.Root(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return result.Rows
}

// fixture is an app with the collections posts and others, and a user who has signed in.
type fixture struct {
	*core.App
	auth  *auth.Service
	token string
	user  string
}

const password = "correct horse"

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{App: coretest.New(t)}
	f.auth = auth.New(f.App)
	coretest.Collection(t, f.App, `{"name":"posts","fields":[{"name":"title","type":"text"}]}`)
	coretest.Collection(t, f.App, `{"name":"others","fields":[{"name":"title","type":"text"}]}`)
	f.user = coretest.Create(t, f.App, "users", map[string]any{"email": "a@example.com", "password": password, "passwordConfirm": password})["id"].(string)
	in, err := f.auth.WithPassword(t.Context(), record.Caller{}, "users", auth.PasswordForm{Identity: "a@example.com", Password: password}, "")
	if err != nil {
		t.Fatal(err)
	}
	f.token = in.Token
	return f
}

func (f *fixture) signedIn(t *testing.T) bool {
	t.Helper()
	r, err := f.auth.Authenticate(t.Context(), f.token)
	if err != nil {
		t.Fatal(err)
	}
	return r != nil
}

func (f *fixture) total(t *testing.T, collection string) int {
	t.Helper()
	page, err := f.Records().List(t.Context(), record.Root(), collection, record.ListParams{})
	if err != nil {
		t.Fatal(err)
	}
	defer page.Release()
	return page.TotalItems
}

// changes are the next changes of a subscription, in short.
func changes(t *testing.T, s *change.Subscription) (list []string) {
	t.Helper()
	b, err := s.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.Changes {
		list = append(list, fmt.Sprint(c.Kind, " ", c.Collection, " ", c.Action))
	}
	return list
}

// Everybody sees what was written when the call returns, however it was cached.
func TestWritesReachEverybody(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	posts, others := f.Snapshot().Find("posts").ID, f.Snapshot().Find("others").ID
	s, _, err := f.Changes().Subscribe(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()

	// Rows: lists and their totals; followers of this collection alone are told.
	if n := f.total(t, "posts"); n != 0 {
		t.Fatalf("%d posts", n)
	}
	run(t, f.App, `INSERT INTO posts (id, title) SELECT id, title FROM others; INSERT INTO "posts" ("id", "title") VALUES ('p00000000000001', 'by SQL')`)
	if n := f.total(t, "posts"); n != 1 {
		t.Errorf("%d posts after an INSERT, want 1", n)
	}
	if got, want := strings.Join(changes(t, s), ", "), "collection "+posts+" rewrite"; got != want {
		t.Errorf("the feed says %s, want %s", got, want)
	}

	// A definition.
	run(t, f.App, `UPDATE "_collections" SET "listRule" = 'title = "x"' WHERE "name" = 'others'`)
	if rule := f.Snapshot().Find("others").ListRule; rule == nil || *rule != `title = "x"` {
		t.Errorf("the rule is %v", rule)
	}
	if got := strings.Join(changes(t, s), ", "); !strings.Contains(got, posts+" update") || !strings.Contains(got, others+" update") {
		t.Errorf("after a change of definitions the feed says %s, want all collections", got)
	}

	// A token, which has been used before.
	for range 2 {
		if !f.signedIn(t) {
			t.Fatal("the token is not good")
		}
	}
	run(t, f.App, `UPDATE "users" SET "tokenKey" = 'another key, of the same length as was' WHERE "id" = '`+f.user+`'`)
	if f.signedIn(t) {
		t.Error("the token is good although the record has another key")
	}

	// The settings; what stands beside them in the table is the state of the change log.
	if got := changes(t, s); len(got) != 1 || !strings.HasPrefix(got[0], "collection ") {
		t.Errorf("after a change of accounts the feed says %v", got)
	}
	run(t, f.App, `INSERT INTO "_params" ("id", "value") SELECT 'settings', '{}' WHERE NOT EXISTS (SELECT 1 FROM "_params" WHERE "id" = 'settings');
		UPDATE "_params" SET "value" = '{"meta":{"appName":"By SQL"}}' WHERE "id" = 'settings'`)
	if name := f.Settings().Current().Meta.AppName; name != "By SQL" {
		t.Errorf("the app is called %q", name)
	}
	for {
		if _, err := s.Next(t.Context()); err != nil {
			if !errors.Is(err, change.ErrGone) {
				t.Errorf("the subscription ended with %v, want ErrGone", err)
			}
			break
		}
	}

	// A collection and its table that go together.
	run(t, f.App, `DROP TABLE "posts"; DELETE FROM "_collections" WHERE "id" = '`+posts+`'`)
	if f.Snapshot().Find("posts") != nil {
		t.Error("the collection is still there")
	}
}

// What the server could not work with is not stored, and the reason is told.
func TestWhatWouldBreakTheServer(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for query, reason := range map[string]string{
		`DROP TABLE "posts"`:                                                                      "collection posts would not match",
		`ALTER TABLE "posts" DROP COLUMN "title"`:                                                 "collection posts would not match",
		`ALTER TABLE "posts" RENAME TO "articles"`:                                                "collection posts would not match",
		`UPDATE "_collections" SET "name" = 'renamed' WHERE "name" = 'posts'`:                     "collection renamed would not match",
		`UPDATE "_collections" SET "fields" = '{"a":1}' WHERE "name" = 'posts'`:                   "collections could not be read",
		`DELETE FROM "_collections"`:                                                              "system collection _",
		`DROP TABLE "_collections"`:                                                               "_collections is the server's own",
		`UPDATE "_collections" SET "id" = 'x' WHERE "name" = '_superusers'`:                       "system collection _superusers",
		`DROP TABLE "_superusers"`:                                                                "collection _superusers would not match",
		`DELETE FROM "_migrations"`:                                                               "_migrations is the server's own",
		`INSERT INTO "_changes" ("seq", "n") VALUES (1, 1)`:                                       "",
		`DELETE FROM "_changes"`:                                                                  "_changes is the server's own",
		`DROP TABLE "_changes"`:                                                                   "",
		`CREATE UNIQUE INDEX "x" ON "_changes" ("seq", "n")`:                                      "_changes is the server's own",
		`UPDATE "_params" SET "value" = '"x"'`:                                                    "_params could not be used",
		`INSERT INTO "_params" ("id", "value") VALUES ('settings', '{"meta":{"appName":1}}')`:     "settings could not be used",
		`INSERT INTO "_params" ("id", "value") VALUES ('settings', '{"meta":{"appURL":"nope"}}')`: "settings could not be used",
		`DROP TABLE "_params"`:                                                                    "_params is the server's own",
		`INSERT INTO "posts" ("id") VALUES ('same'), ('same')`:                                    "unique index on posts",
		`INSERT INTO "posts" ("nope") VALUES (1)`:                                                 "nope",
		`UPDATE "posts" SET "title" = 'x'; COMMIT`:                                                "all statements together are one",
	} {
		_, err := f.SQL().Run(t.Context(), record.Root(), query)
		var e *fault.Error
		if !errors.As(err, &e) || e.Kind != fault.Invalid || !strings.HasPrefix(e.Message, "Failed to execute query. Raw error:\n") || !strings.Contains(e.Message, reason) {
			t.Errorf("%s: %v, want invalid, %q", query, err, reason)
		}
	}
	coretest.Create(t, f.App, "posts", map[string]any{"title": "works"})
	if n := f.total(t, "posts"); n != 1 || !f.signedIn(t) {
		t.Errorf("%d posts, signed in: %v", n, f.signedIn(t))
	}
}

func TestWhoMayRunWhat(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	user, err := f.Records().FindByID(t.Context(), "users", f.user)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		caller record.Caller
		query  string
		kind   fault.Kind
		code   string
	}{
		{record.Caller{}, "SELECT 1", fault.Unauthenticated, ""},
		{record.Caller{Auth: user}, "SELECT 1", fault.Forbidden, ""},
		{record.Root(), "", fault.Invalid, "validation_required"},
		{record.Root(), " \n", fault.Invalid, "validation_required"},
		{record.Root(), "SELECT '" + strings.Repeat("ü", 4992) + "'x", fault.Invalid, "validation_length_too_long"},
		{record.Root(), "SELECT nope", fault.Invalid, ""},
	} {
		_, err := f.SQL().Run(t.Context(), test.caller, test.query)
		var e *fault.Error
		if !errors.As(err, &e) || e.Kind != test.kind {
			t.Errorf("%.20q: %v, want %s", test.query, err, test.kind)
			continue
		}
		if field := e.Fields["query"]; test.code != "" && (field == nil || field.Code != test.code) {
			t.Errorf("%.20q: %v, want %s", test.query, err, test.code)
		}
	}
	if rows := run(t, f.App, "SELECT '"+strings.Repeat("ü", 4991)+"'"); len(rows) != 1 {
		t.Errorf("5000 characters: %v", rows)
	}
}

// The script of a superuser may delete the own account, if another superuser remains.
func TestTheLastSuperuserStays(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var callers []record.Caller
	for _, email := range []string{"a@example.com", "b@example.com"} {
		id := coretest.Create(t, f.App, schema.Superusers, map[string]any{"email": email, "password": password, "passwordConfirm": password})["id"].(string)
		account, err := f.Records().FindByID(t.Context(), schema.Superusers, id)
		if err != nil {
			t.Fatal(err)
		}
		callers = append(callers, record.Caller{Auth: account})
	}
	if _, err := f.SQL().Run(t.Context(), callers[0], `DELETE FROM _superusers WHERE email = 'a@example.com'`); err != nil {
		t.Error(err)
	}
	if _, err := f.SQL().Run(t.Context(), callers[1], `DELETE FROM _superusers`); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "last superuser") {
		t.Errorf("the last superuser: %v", err)
	}
	if n := f.total(t, schema.Superusers); n != 1 {
		t.Errorf("%d superusers", n)
	}
}

// A statement ends with the context of who has asked for it, whether it reads or writes, and
// leaves nothing behind.
func TestTheEndOfTheContextEndsTheStatement(t *testing.T) {
	app := coretest.New(t)
	coretest.Collection(t, app, `{"name":"posts","fields":[{"name":"n","type":"number"}]}`)
	coretest.Create(t, app, "posts", map[string]any{"n": 1})
	const endless = `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n > 0) SELECT count(*) FROM c`
	for _, query := range []string{endless, `UPDATE posts SET n = 2; ` + endless} {
		least := time.Hour // of some: the machine may be busy
		for range 3 {
			const runs = 100 * time.Millisecond
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), runs)
			_, err := app.SQL().Run(ctx, record.Root(), query)
			least = min(least, time.Since(began)-runs)
			cancel()
			if err == nil {
				t.Fatalf("%s has ended", query)
			}
		}
		limit := 100 * time.Millisecond
		if enginetest.Postgres() {
			limit *= 2 // the driver keeps a connection for that long after the statement on it was cancelled
		}
		if least < 0 || least > limit {
			t.Errorf("%s ended %v after its context", query, least)
		}
	}
	if rows := run(t, app, `SELECT n FROM posts`); *rows[0][0] != "1" {
		t.Errorf("what the statement had written is there: %s", *rows[0][0])
	}
}
