package sqlrun_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/sqlrun"
)

const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2100) SELECT i FROM n`

func TestPage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, test := range []struct {
		skip, rows int
		first      string
		truncated  bool
	}{{0, 1000, "1", true}, {1000, 1000, "1001", true}, {1100, 1000, "1101", false}, {2000, 100, "2001", false}, {2100, 0, "", false}} {
		page, err := f.SQL().Page(t.Context(), record.Root(), numbers, test.skip)
		if err != nil {
			t.Fatal(err)
		}
		first := ""
		if len(page.Rows) > 0 {
			first = *page.Rows[0][0]
		}
		if len(page.Rows) != test.rows || first != test.first || page.Truncated != test.truncated || len(page.Columns) != 1 {
			t.Errorf("without %d rows: %d from %q, truncated %v, columns %v; want %+v", test.skip, len(page.Rows), first, page.Truncated, page.Columns, test)
		}
	}
	text := "printf('%.*c', 1000000, 'x')"
	if enginetest.Postgres() {
		text = "repeat('x', 1000000)"
	}
	large := strings.ReplaceAll(numbers, "SELECT i FROM", "SELECT "+text+" FROM")
	if page, err := f.SQL().Page(t.Context(), record.Root(), large, 0); err != nil || len(page.Rows) != 16 || !page.Truncated {
		t.Errorf("rows of 1 MB: a page of %d, truncated %v, %v", len(page.Rows), page.Truncated, err)
	}
}

func TestEach(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	run(t, f.App, `INSERT INTO posts (id, title) VALUES ('p00000000000001', 'a')`)
	count := func(caller record.Caller, query string) (n int, err error) {
		_, err = f.SQL().Each(t.Context(), caller, query, func([]sqlrun.Column, []*string) error { n++; return nil })
		return n, err
	}
	if n, err := count(record.Root(), numbers); n != 2100 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	if _, err := count(record.Caller{}, numbers); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("a guest gets %v", err)
	}
	if _, err := count(record.Root(), `DELETE FROM posts RETURNING id`); fault.KindOf(err) != fault.Invalid || f.total(t, "posts") != 1 {
		t.Errorf("a query that writes: %v, %d posts are left", err, f.total(t, "posts"))
	}
	stop := errors.New("stop")
	if _, err := f.SQL().Each(t.Context(), record.Root(), numbers, func([]sqlrun.Column, []*string) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the error of the function comes as %v", err)
	}
}

// TestTry checks that Try changes nothing, and that it refuses the scripts that Run refuses.
func TestTry(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	run(t, f.App, `INSERT INTO posts (id, title) VALUES ('p00000000000001', 'a'), ('p00000000000002', 'b')`)
	result, err := f.SQL().Try(t.Context(), record.Root(), `DELETE FROM posts RETURNING title`)
	if err != nil || result.Affected != 2 || len(result.Rows) != 2 || !result.Wrote {
		t.Errorf("%+v, %v", result, err)
	}
	const several = `UPDATE posts SET title = 'c'; CREATE TABLE other (a TEXT); DELETE FROM posts WHERE id = 'p00000000000001'; SELECT 1`
	if result, err = f.SQL().Try(t.Context(), record.Root(), several); err != nil || result.Affected != 0 || result.Total != 3 || !result.Wrote {
		t.Errorf("several statements: %+v, %v", result, err)
	}
	if result, err = f.SQL().Try(t.Context(), record.Root(), `SELECT title FROM posts`); err != nil || len(result.Rows) != 2 || result.Wrote || result.Total != 0 {
		t.Errorf("a query that reads: %+v, %v", result, err)
	}
	if _, err = f.SQL().Try(t.Context(), record.Root(), `UPDATE _params SET value = 'x'; DROP TABLE posts`); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a script that the server could not work with: %v", err)
	}
	if n := f.total(t, "posts"); n != 2 {
		t.Errorf("%d posts are left", n)
	}
	if _, err = f.SQL().Try(t.Context(), record.Caller{}, `SELECT 1`); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("a guest gets %v", err)
	}
}
