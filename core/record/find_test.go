package record

import (
	"regexp"
	"testing"

	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

func TestFind(t *testing.T) {
	t.Parallel()
	b := postsBed(t)
	for _, c := range []struct {
		collection, field string
		value             any
		nocase            bool
		want              string
	}{
		{"posts", "id", "p1", false, "p1"},
		{"id_posts", "title", "title 3", false, "p3"},
		{"POSTS", "rank", 1, false, "p1"},
		{"posts", "rank", 0, false, "p0"},
		{"closed", "id", "c1", false, "c1"},
		{"users", "email", "U1@X.CO", true, "u1"},
		{"users", "email", "U1@X.CO", false, ""},
		{"users", "email", "u1@x.co' OR 1=1 --", true, ""},
		{"users", "email", "", false, ""},
		{"users", "note", "", true, ""},
		{"users", "nothing", "x", false, ""},
		{"nothing", "id", "x", false, ""},
		{"posts", "id", "P1", false, ""},
	} {
		r, err := b.FindFirst(t.Context(), c.collection, c.field, c.value, c.nocase)
		if c.want == "" {
			if fault.KindOf(err) != fault.NotFound || r != nil {
				t.Errorf("FindFirst(%s, %s, %v) = %v, %v, want none and not found", c.collection, c.field, c.value, r, err)
			}
			continue
		}
		if err != nil || r.ID() != c.want {
			t.Errorf("FindFirst(%s, %s, %v) = %v, %v, want %s", c.collection, c.field, c.value, r, err, c.want)
		}
	}
	r, err := b.FindByID(t.Context(), "users", "u1")
	if err != nil {
		t.Fatal(err)
	}
	if r.Text("email") != "u1@x.co" || r.Text("tokenKey") != "1" || r.Text("note") != "u3" || r.Get("verified") != false {
		t.Errorf("FindByID = %v, want every field of u1", r.values)
	}
	if _, err := b.FindByID(t.Context(), "users", ""); fault.KindOf(err) != fault.NotFound {
		t.Errorf("FindByID of no id: %v, want not found", err)
	}
}

// The unique index of a field says whether letter case tells its values apart.
func TestFindUnique(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		indexes []string
		folds   bool
	}{
		"none":       {nil, false},
		"exact":      {[]string{"CREATE UNIQUE INDEX i ON users (email) WHERE email != ''"}, false},
		"folded":     {[]string{"CREATE UNIQUE INDEX i ON users (`email` collate nocase) WHERE `email` != ''"}, true},
		"both":       {[]string{"CREATE UNIQUE INDEX i ON users (email)", "CREATE UNIQUE INDEX j ON users (Email COLLATE NOCASE)"}, true},
		"not unique": {[]string{"CREATE UNIQUE INDEX i ON users (email COLLATE NOCASE, note)", "CREATE INDEX j ON users (email COLLATE NOCASE)"}, false},
	} {
		users := authCollection("users")
		users.Indexes = c.indexes
		b := newReadBed(t, users)
		b.insert("users", object{"id": "u1", "email": "Ann@x.co", "tokenKey": "1"})
		for email, want := range map[string]bool{"Ann@x.co": true, "aNN@X.co": c.folds, "bob@x.co": false, "": false} {
			r, err := b.FindUnique(t.Context(), "users", "email", email)
			if found := r != nil; found != want || !found && fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s: FindUnique(%q) = %v, %v, want one: %t", name, email, r, err, want)
			}
		}
	}
}

// Sign-in looks accounts up by their email: an index must serve it, also one that
// leaves the empty addresses out.
func TestFindUsesIndexes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		index, field string
		nocase       bool
	}{
		{"CREATE UNIQUE INDEX i ON users (email) WHERE email != ''", "email", false},
		{"CREATE UNIQUE INDEX i ON users (`email`) WHERE `email` != ''", "email", false},
		{"CREATE UNIQUE INDEX i ON users (email COLLATE NOCASE) WHERE email != ''", "email", true},
		{"CREATE UNIQUE INDEX i ON users (note COLLATE NOCASE)", "note", true},
		{"CREATE INDEX i ON users (note)", "note", false},
		{"", "id", false},
	} {
		users := authCollection("users")
		if c.index != "" {
			users.Indexes = []string{c.index}
		}
		b := newReadBed(t, users)
		steps := explain(b, findSQL(b.cfg.Store.Dialect(), users, users.Field(c.field), c.nocase))
		wanted := regexp.MustCompile(`SEARCH users USING INDEX|Index Scan (using|on) (i|users_pkey)\b`)
		if !wanted.MatchString(steps) {
			t.Errorf("with %q: %s", c.index, steps)
		}
	}
}

// explain returns how the database runs the query of one text.
func explain(b *readBed, sql string) (steps string) {
	b.t.Helper()
	if enginetest.Postgres() {
		sql = "EXPLAIN " + sql
	} else {
		sql = "EXPLAIN QUERY PLAN " + sql
	}
	// In a write PostgreSQL does not scan a table only because it is small.
	err := b.cfg.Store.Write(b.t.Context(), func(tx store.Tx) error {
		rows, err := tx.Query(sql, store.Text("x"))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if enginetest.Postgres() {
				steps += rows.Text(0) + "\n"
			} else {
				steps += rows.Text(3) + "\n"
			}
		}
		return rows.Close()
	})
	if err != nil {
		b.t.Error(err)
	}
	return steps
}

func TestCount(t *testing.T) {
	t.Parallel()
	b := postsBed(t)
	if n, err := b.Count(t.Context(), "posts"); n != 5 || err != nil {
		t.Errorf("Count = %d, %v, want 5", n, err)
	}
	if _, err := b.Count(t.Context(), "nothing"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Count of nothing: %v, want not found", err)
	}
}

// A reader that took its snapshot before a column went reads again.
func TestReadsFollowTheSchema(t *testing.T) {
	t.Parallel()
	b := postsBed(t)
	fresh := b.snapshot
	old := base("posts", textField("title"), textField("dropped"))
	stale := schema.NewSnapshot(0, []*schema.Collection{old})
	for name, read := range map[string]func() error{
		"List": func() error { _, err := b.List(t.Context(), Caller{}, "posts", ListParams{}); return err },
		"Get":  func() error { _, err := b.Get(t.Context(), Caller{}, "posts", "p1", ""); return err },
	} {
		asked := 0
		b.cfg.Snapshot = func() *schema.Snapshot {
			if asked++; asked == 1 {
				return stale
			}
			return fresh
		}
		if err := read(); err != nil {
			t.Errorf("%s with a stale snapshot: %v", name, err)
		}
		b.cfg.Snapshot = func() *schema.Snapshot { return stale }
		if err := read(); fault.KindOf(err) != fault.Internal || err == nil {
			t.Errorf("%s of a column that is nowhere: %v, want an internal error", name, err)
		}
	}
}
