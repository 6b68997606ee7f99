package sqlrun_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/sqlrun"
)

// A review finds statements about whole tables, whatever texts and comments contain.
func TestReview(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	run(t, f.App, `INSERT INTO posts (id, title) VALUES ('p00000000000001', 'a'), ('p00000000000002', 'b')`)
	others := "0"
	nested, after := "", "DELETE posts 2" // SQLite ends a comment at the first */
	if enginetest.Postgres() {
		others = "-1" // there is no schema main
		nested, after = after, nested
	}
	for query, want := range map[string]string{
		`DELETE FROM posts`:                                                         "DELETE posts 2",
		`delete from "posts" -- WHERE id = 1`:                                       "DELETE posts 2",
		`DELETE FROM [posts] /* WHERE */ ; SELECT 1 WHERE 1`:                        "DELETE posts 2",
		`DELETE FROM posts /* /* */ WHERE id = 'x' -- */`:                           nested,
		`SELECT 1 /* /* */; DELETE FROM posts -- */ */`:                             after,
		`DELETE FROM posts /* /**/ /* */ */ WHERE id = 'x'`:                         "",
		`DELETE FROM posts /*/ WHERE */`:                                            "DELETE posts 2",
		`DELETE FROM posts WHERE id = 'x'`:                                          "",
		`DELETE FROM posts WHERE title = 'a; DELETE FROM others'`:                   "",
		`UPDATE posts SET title = 'no WHERE here'`:                                  "UPDATE posts 2",
		`UPDATE OR IGNORE posts AS p SET title = (SELECT 'x' WHERE 1)`:              "UPDATE posts 2",
		`UPDATE posts SET title = 'x' WHERE id IN (SELECT id FROM others)`:          "",
		`WITH x AS (SELECT 1 WHERE 1) UPDATE posts SET title = 'x'`:                 "UPDATE posts 2",
		`WITH gone AS (DELETE FROM others RETURNING *) SELECT * FROM gone WHERE 1`:  "DELETE others 0",
		`INSERT INTO posts (id) VALUES ('x') ON CONFLICT (id) DO UPDATE SET id = 1`: "",
		`DROP TABLE IF EXISTS posts; DROP TABLE nothing; DROP INDEX posts`:          "DROP TABLE posts 2, DROP TABLE nothing -1",
		`ALTER TABLE posts DROP COLUMN title`:                                       "DROP COLUMN posts 2",
		`TRUNCATE TABLE posts`:                                                      "TRUNCATE posts 2",
		`DELETE FROM Posts`:                                                         "DELETE Posts 2",
		`DELETE FROM posts WHERE 1 = 1 OR (NOT 'a' = 'b') RETURNING id`:             "DELETE posts 2 constant",
		`WITH x AS (DELETE FROM posts WHERE TRUE) SELECT id FROM others`:            "DELETE posts 2 constant",
		`DELETE FROM posts WHERE id = id OR 1 = 1`:                                  "",
		`DROP TABLE posts, main."others" CASCADE`:                                   "DROP TABLE posts 2, DROP TABLE others " + others,
		`TRUNCATE ONLY posts *, nothing`:                                            "TRUNCATE posts 2, TRUNCATE nothing -1",
		`ALTER TABLE posts ADD COLUMN x TEXT, DROP title, ALTER x DROP NOT NULL`:    "DROP COLUMN posts 2",
		`ALTER TABLE posts ALTER COLUMN title DROP DEFAULT, DROP CONSTRAINT c`:      "",
		`ALTER VIEW posts ALTER COLUMN title DROP DEFAULT`:                          "",
		`MERGE INTO posts USING others ON TRUE WHEN MATCHED THEN UPDATE SET id = 1`: "",
		`EXPLAIN DELETE FROM posts`:                                                 "",
		`SELECT 'DELETE FROM posts'`:                                                "",
		`SELECT $tag$ DELETE FROM posts $tag$; SELECT E'\' DELETE FROM posts'`:      "",
		`SELECT * FROM posts FOR UPDATE`:                                            "",
		`DELETE FROM`:                                                               "",
		`'`:                                                                         "",
	} {
		list, err := f.SQL().Review(t.Context(), record.Root(), query)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range list {
			words := fmt.Sprint(d.Verb, " ", d.Table, " ", d.Rows)
			if d.Constant {
				words += " constant"
			}
			got = append(got, words)
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s is reviewed as %v, want %s", query, got, want)
		}
	}
	if n := f.total(t, "posts"); n != 2 {
		t.Errorf("%d posts: a review has run something", n)
	}
	if _, err := f.SQL().Review(t.Context(), record.Caller{}, "SELECT 1"); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("a guest gets %v", err)
	}
}

// Plan does not run the statement.
func TestPlan(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	run(t, f.App, `INSERT INTO posts (id, title) VALUES ('p00000000000001', 'a')`)
	result, err := f.SQL().Plan(t.Context(), record.Root(), `DELETE FROM posts WHERE id = 'p00000000000001';`)
	if err != nil || len(result.Rows) == 0 {
		t.Errorf("the plan is %v, %v", result, err)
	}
	for _, query := range []string{`SELECT 1; DELETE FROM posts`, ``, `EXPLAIN ANALYZE DELETE FROM posts`} {
		if _, err := f.SQL().Plan(t.Context(), record.Root(), query); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", query, err)
		}
	}
	const wrong, place = "-- a comment\n SELECT nope FROM posts", " (line 2, column 9)"
	if _, err := f.SQL().Plan(t.Context(), record.Root(), wrong); err == nil || !strings.HasSuffix(err.Error(), place) {
		t.Errorf("the plan of a wrong statement: %v, want %s", err, place)
	}
	if n := f.total(t, "posts"); n != 1 {
		t.Errorf("%d posts: a plan has run the statement", n)
	}
}

// Any text is reviewed without a panic.
func FuzzReview(f *testing.F) {
	for _, seed := range []string{`DELETE FROM "a""b"`, `$a$ x`, `UPDATE a SET b`, `[`, `E'\`, `DROP TABLE .`} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, query string) { sqlrun.Judge(query) })
}
