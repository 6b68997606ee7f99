package insight_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/insight"
	"github.com/loambase/loam/core/record"
)

// fixture returns an app with posts, in which every statement counts as slow.
func fixture(t *testing.T, posts int) *core.App {
	t.Helper()
	app := coretest.Open(t, core.Config{Dir: t.TempDir(), SlowQuery: time.Nanosecond})
	coretest.Collection(t, app, `{"name":"authors","fields":[{"name":"name","type":"text"}]}`)
	coretest.Collection(t, app, fmt.Sprintf(`{"name":"posts","listRule":"owner = @request.auth.id","fields":[{"name":"title","type":"text"},{"name":"owner","type":"text"},
		{"name":"views","type":"number"},{"name":"flag","type":"bool"},{"name":"author","type":"relation","collectionId":%q,"maxSelect":1}],
		"indexes":["CREATE INDEX by_views ON posts (views)","CREATE INDEX by_views_title ON posts (views, title)","CREATE INDEX by_flag ON posts (flag)"]}`,
		app.Snapshot().Find("authors").ID))
	rows := `SELECT value FROM generate_series(1, %d) AS value`
	if !enginetest.Postgres() {
		rows = `WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < %d) SELECT value FROM n`
	}
	insert := `INSERT INTO posts (id, title, owner, views, flag, author)
		SELECT 'p' || value, 'title ' || value, 'owner' || (value %% 500), value %% 100, TRUE, 'author' || (value %% 2000) FROM (` + rows + `) AS numbers`
	insert = fmt.Sprintf(insert, posts)
	if enginetest.Postgres() {
		insert += "; ANALYZE posts" // PostgreSQL does that by itself after a while
	}
	if _, err := app.SQL().Run(t.Context(), record.Root(), insert); err != nil {
		t.Fatal(err)
	}
	return app
}

// list reads a list as a superuser.
func list(t *testing.T, app *core.App, p record.ListParams) {
	t.Helper()
	if _, err := app.Records().List(t.Context(), record.Root(), "posts", p); err != nil {
		t.Fatal(err)
	}
}

func advice(t *testing.T, app *core.App) *insight.Advice {
	t.Helper()
	a, err := app.Insights().Indexes(t.Context(), record.Root())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestMissingIndex checks that the advised index makes a query at least twenty times faster, in the
// rehearsal and in the collection.
func TestMissingIndex(t *testing.T) {
	t.Parallel()
	const posts = 100_000
	app := fixture(t, posts)
	search := record.ListParams{Filter: "title = 'title 77777'", SkipTotal: true}
	list(t, app, search)
	missing := advice(t, app).Missing
	i := slices.IndexFunc(missing, func(m insight.Missing) bool { return strings.Contains(m.Index, "title") })
	if i < 0 {
		t.Fatalf("the advice is %+v", missing)
	}
	m := missing[i]
	if m.Collection != "posts" || m.Index != "CREATE INDEX `idx_posts_title` ON `posts` (`title`)" || m.Factor < 20 || m.Rows != posts {
		t.Errorf("the advice is %+v", m)
	}
	before := slowest(t, app, "title = 'title 77777'")
	definition, err := json.Marshal(map[string]any{"indexes": append(slices.Clone(app.Snapshot().Find("posts").Indexes), m.Index)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := app.Collections().Update(t.Context(), record.Root(), "posts", definition); err != nil {
		t.Fatal(err)
	}
	after := time.Duration(1 << 62)
	for range 5 {
		began := time.Now()
		list(t, app, search)
		after = min(after, time.Since(began))
	}
	if ratio := before / float64(after.Microseconds()) * 1000; ratio < 20 {
		t.Errorf("with the index the list takes %v, without it %v ms: %.1f times cheaper", after, before, ratio)
	}
}

// TestIndexForRule checks that candidates also come from the fields that a rule compares, and from
// the relation of an expand.
func TestIndexForRule(t *testing.T) {
	t.Parallel()
	app := fixture(t, 100_000)
	ann := coretest.Record(t, app, "users", map[string]any{"email": "ann@example.com", "password": "1234567890", "passwordConfirm": "1234567890"})
	if _, err := app.Records().List(t.Context(), record.Caller{Auth: ann}, "posts", record.ListParams{SkipTotal: true}); err != nil {
		t.Fatal(err)
	}
	author := coretest.Create(t, app, "authors", map[string]any{"name": "bob"})
	if _, err := app.Records().Get(t.Context(), record.Root(), "authors", author["id"].(string), "posts_via_author"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range advice(t, app).Missing {
		got = append(got, m.Index)
	}
	columns := []string{"owner", "author"}
	if enginetest.Postgres() { // PostgreSQL expects a hundred authors, and does not use the index
		columns = columns[:1]
	}
	for _, column := range columns {
		if want := "CREATE INDEX `idx_posts_" + column + "` ON `posts` (`" + column + "`)"; !slices.Contains(got, want) {
			t.Errorf("advised are %q, not %s", got, want)
		}
	}
}

// slowest returns the time in milliseconds of the slowest run of the query with the filter.
func slowest(t *testing.T, app *core.App, filter string) (ms float64) {
	t.Helper()
	queries, err := app.Insights().Queries(t.Context(), record.Root())
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range queries {
		if q.Filter == filter {
			if q.Collection != "posts" || q.Action != "select" || len(q.Plan) == 0 || q.Count == 0 || q.Total < q.Longest {
				t.Errorf("a slow statement is %+v", q)
			}
			ms = max(ms, q.Longest)
		}
	}
	if ms == 0 {
		t.Fatalf("no statement has the filter %s", filter)
	}
	return ms
}

// TestNoAdviceWhereNoneHelps checks that no index is advised for a query that no index makes faster.
func TestNoAdviceWhereNoneHelps(t *testing.T) {
	t.Parallel()
	app := fixture(t, 20_000)
	for _, p := range []record.ListParams{
		{Filter: "title ~ '777'", SkipTotal: true},                 // must read every record
		{Filter: "flag = true && title ~ 'none'", SkipTotal: true}, // flag is true in every record
		{Filter: "owner != 'owner1'", SkipTotal: true},
		{Filter: "views = 7", SkipTotal: true}, // has an index
	} {
		list(t, app, p)
	}
	for _, m := range advice(t, app).Missing {
		t.Errorf("an index is advised: %+v", m)
	}
}

func TestUnusedAndDuplicateIndexes(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Collection(t, app, `{"name":"posts","fields":[{"name":"title","type":"text"},{"name":"views","type":"number"},{"name":"state","type":"text"}],
		"indexes":["CREATE INDEX by_views ON posts (views)","CREATE INDEX by_views_title ON posts (views, title)",
		"CREATE UNIQUE INDEX one_title ON posts (title)","CREATE INDEX by_title ON posts (title)","CREATE INDEX by_state ON posts (state)"]}`)
	a := advice(t, app)
	var got []string
	for _, d := range a.Duplicate {
		got = append(got, d.Name+" by "+d.CoveredBy)
	}
	slices.Sort(got)
	if want := []string{"by_title by one_title", "by_views by by_views_title"}; !slices.Equal(got, want) {
		t.Errorf("duplicates are %q, want %q", got, want)
	}
	names := func(list []insight.Index) (names []string) {
		for _, ix := range list {
			names = append(names, ix.Name)
		}
		return names
	}
	if got := names(a.Unused); !slices.Contains(got, "by_state") || slices.Contains(got, "one_title") || slices.Contains(got, "by_title") {
		t.Errorf("unused are %q", got)
	}
	if enginetest.Postgres() { // PostgreSQL updates its own counters with a delay
		return
	}
	if _, err := app.Records().List(t.Context(), record.Root(), "posts", record.ListParams{Filter: "state = 'x'"}); err != nil {
		t.Fatal(err)
	}
	if got := names(advice(t, app).Unused); slices.Contains(got, "by_state") {
		t.Errorf("unused are %q, after a list that uses by_state", got)
	}
}

func TestForSuperusersAlone(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	if _, err := app.Insights().Queries(t.Context(), record.Caller{}); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("Queries of a guest = %v", err)
	}
	if _, err := app.Insights().Indexes(t.Context(), record.Caller{}); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("Indexes of a guest = %v", err)
	}
}
