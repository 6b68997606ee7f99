package query_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/sqlindex"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

func TestRenamed(t *testing.T) {
	posts := collection("posts", nil, field("title", &schema.Text{}), field("meta", &schema.JSON{}), field("author", one("users")),
		field("tags", many("tags")))
	tags := collection("tags", nil, field("title", &schema.Text{}), field("parent", one("tags")))
	users := authCollection("users", nil, field("role", &schema.Text{}), field("title", &schema.Text{}), field("boss", one("users")))
	staff := authCollection("staff", nil, field("title", &schema.Text{}))
	superusers := authCollection(schema.Superusers, nil, field("role", &schema.Text{}))
	was := schema.NewSnapshot(1, []*schema.Collection{posts, tags, users, staff, superusers})

	// rename returns the snapshot with other names: names has the new names of "posts" or
	// "posts.title".
	rename := func(names map[string]string) *schema.Snapshot {
		var list []*schema.Collection
		for _, c := range was.All() {
			d := c.Clone()
			for _, f := range d.Fields {
				if to, ok := names[c.Name+"."+f.Name]; ok {
					f.Name = to
				}
			}
			if to, ok := names[c.Name]; ok {
				d.Name = to
			}
			list = append(list, d)
		}
		return schema.NewSnapshot(2, list)
	}
	for name, c := range map[string]struct {
		names      map[string]string
		rule, want string // want is "" if the rename is refused
	}{
		"own field": {map[string]string{"posts.title": "name"}, "title = 'title' && title:lower ~ \"title\"", "name = 'title' && name:lower ~ \"title\""},
		"comments and spacing": {map[string]string{"posts.title": "a_longer_name"}, "// title\n  title  =\t'x'//title\n&& (  title != 1)\r\n",
			"// title\n  a_longer_name  =\t'x'//title\n&& (  a_longer_name != 1)\r\n"},
		"same name elsewhere":   {map[string]string{"posts.title": "name"}, "author.title = 1 || tags.title ?= title", "author.title = 1 || tags.title ?= name"},
		"through relations":     {map[string]string{"users.title": "name", "posts.author": "by"}, "author.title = 1 && author.boss.title = author.id", "by.name = 1 && by.boss.name = by.id"},
		"within a document":     {map[string]string{"posts.meta": "data", "posts.title": "name"}, "meta.title = 1 && meta.meta = title", "data.title = 1 && data.meta = name"},
		"swap":                  {map[string]string{"posts.title": "meta", "posts.meta": "title"}, "title = 'meta' || meta.a = title", "meta = 'meta' || title.a = meta"},
		"collection":            {map[string]string{"posts": "articles", "posts.title": "name"}, "@collection.posts.title ?= 1 && @collection.POSTS:posts.title:lower ?= 'a'", "@collection.articles.name ?= 1 && @collection.articles:posts.name:lower ?= 'a'"},
		"collection by id":      {map[string]string{"posts": "articles", "posts.title": "name"}, "@collection.posts_id.title ?= 1", "@collection.posts_id.name ?= 1"},
		"an alias like a field": {map[string]string{"tags.title": "name"}, "@collection.tags:title.title ?= title", "@collection.tags:title.name ?= title"},
		"back relation":         {map[string]string{"tags": "labels", "tags.parent": "above", "posts": "articles"}, "tags.tags_via_parent.title ?= 1 && tags.posts_via_tags.title ?= 2", "tags.labels_via_above.title ?= 1 && tags.articles_via_tags.title ?= 2"},
		"body":                  {map[string]string{"posts.title": "name", "users.title": "nick"}, "@request.body.title:isset = true && @request.body.author.title = 1 && @request.body.other.title = 1 && @request.body.title:changed = false", "@request.body.name:isset = true && @request.body.author.nick = 1 && @request.body.other.title = 1 && @request.body.name:changed = false"},
		"auth":                  {map[string]string{"users.role": "kind", "posts.author": "by"}, "@request.auth.role = 'a' && @request.auth.posts_via_author.author.role ?= 'b'", "@request.auth.kind = 'a' && @request.auth.posts_via_by.by.kind ?= 'b'"},
		"all of several":        {map[string]string{"users.title": "name", "staff.title": "name"}, "@request.auth.title = 1", "@request.auth.name = 1"},
		"one of several":        {map[string]string{"users.title": "name"}, "@request.auth.title = 1", ""},
		"one of several, ready": {map[string]string{"users.title": "name"}, "@request.auth.title = 1 || @request.auth.name = 1", "@request.auth.title = 1 || @request.auth.name = 1"},
		"name of who asks":      {map[string]string{"users": "people", "posts": "users"}, "@request.auth.collectionName = 'users' || \"posts\" != @request.auth.collectionName && 'users' = title", "@request.auth.collectionName = 'people' || \"users\" != @request.auth.collectionName && 'users' = title"},
		"other requests":        {map[string]string{"posts.title": "name"}, "@request.query.title = @request.headers.title && @request.method = 'title'", "@request.query.title = @request.headers.title && @request.method = 'title'"},
		"functions":             {map[string]string{"posts.title": "name"}, "strftime('%Y', title) = geoDistance(meta.lon, title, 1, 2)", "strftime('%Y', name) = geoDistance(meta.lon, name, 1, 2)"},
		"what is nothing":       {map[string]string{"posts.title": "name"}, "nope.title = 1 && title.x = null && @collection.nope.title = 1 && nope_via_title.x = 1", "nope.title = 1 && name.x = null && @collection.nope.title = 1 && nope_via_title.x = 1"},
		"no rule":               {map[string]string{"posts.title": "name"}, "title = ", "title = "},
	} {
		got, err := query.Renamed(c.rule, posts, was, rename(c.names))
		var refused *query.Error
		if c.want == "" {
			if !errors.As(err, &refused) {
				t.Errorf("%s: %q, %v, want an error", name, got, err)
			}
		} else if got != c.want || err != nil {
			t.Errorf("%s: Renamed(%q) = %q, %v, want %q", name, c.rule, got, err, c.want)
		}
	}
}

// TestRenamedMeansTheSame gives collections and fields random names, including swapped ones, and
// compares the answers of rules of any form before and after.
func TestRenamedMeansTheSame(t *testing.T) {
	was := everything(t)
	rounds, rules := 12, 250
	if testing.Short() {
		rounds, rules = 4, 100
	}
	for seed := range uint64(rounds) {
		is, names := renamedFixture(t, was, rand.New(rand.NewPCG(seed, 3)))
		for n := range uint64(rules) {
			g := &generator{Rand: rand.New(rand.NewPCG(seed*1000+n, 17)), f: was, request: true}
			collection := g.pick("node", "node", "person", "card", "view")
			c := was.snapshot.Find(collection)
			rule := g.expr(c, g.IntN(4))
			if g.IntN(8) == 0 {
				rule += " && @request.auth.collectionName ?= 'person'"
			}
			request := g.req()
			want := was.run(query.Select{Scope: was.scope(collection, request), Rule: rule})
			renamed, err := query.Renamed(rule, c, was.snapshot, is.snapshot)
			if err != nil {
				t.Fatalf("seed %d: Renamed(%s): %v", seed, rule, err)
			}
			got := is.run(query.Select{Scope: is.scope(c.ID, renamedRequest(request, is, names[c.ID])), Rule: renamed})
			if got != want {
				t.Fatalf("seed %d, rule %d of %s: %s = %q, renamed %s = %q", seed, n, collection, rule, want, renamed, got)
			}
		}
	}
}

// renamedFixture returns a database with the rows of another one under random names. names has
// the new names of fields, by the id of the collection.
func renamedFixture(t *testing.T, was *fixture, r *rand.Rand) (is *fixture, names map[string]map[string]string) {
	t.Helper()
	names = map[string]map[string]string{}
	var list []*schema.Collection
	all := was.snapshot.All()
	order := r.Perm(len(all))
	for i, c := range all {
		d := c.Clone()
		names[c.ID] = map[string]string{}
		var free []*schema.Field
		for _, f := range d.Fields {
			if f.Name != "id" && !(c.IsAuth() && len(f.Name) > 3) {
				free = append(free, f)
			}
		}
		swapped := r.Perm(len(free))
		fresh := make([]string, len(free))
		for j, f := range free {
			fresh[j] = free[swapped[j]].Name
			if r.IntN(3) == 0 {
				fresh[j] = f.Name + "_" + string(rune('a'+r.IntN(3))) + strings.Repeat("x", j)
			}
		}
		taken := map[string]bool{}
		for j, f := range free {
			if taken[fresh[j]] {
				fresh[j] += "_2"
			}
			taken[fresh[j]] = true
			names[c.ID][f.Name] = fresh[j]
		}
		for _, f := range free {
			f.Name = names[c.ID][f.Name]
		}
		if d.Name = all[order[i]].Name; r.IntN(3) == 0 {
			d.Name = c.Name + "s"
		}
		list = append(list, d)
	}
	for i, d := range list { // the indexes and the view are not tested here
		for j, text := range d.Indexes {
			ix, err := sqlindex.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			ix.Table = d.Name
			name := names[d.ID][ix.Columns[0].Name]
			ix.Where = strings.ReplaceAll(ix.Where, ix.Columns[0].Name, name)
			ix.Columns[0].Name = name
			d.Indexes[j] = ix.String()
		}
		rule := all[i].ListRule
		if rule == nil {
			continue
		}
		text, err := query.Renamed(*rule, all[i], was.snapshot, schema.NewSnapshot(2, cloned(list)))
		if err != nil {
			t.Fatal(err)
		}
		d.ListRule = &text
	}
	for _, d := range list {
		if d.IsView() {
			node := names["node_id"]
			q := func(name string) string { return `"` + name + `"` }
			d.View.Query = `SELECT id, CAST(NULLIF(` + q(node["t"]) + `, '') AS TEXT) ` + q(names[d.ID]["t"]) +
				`, CAST(NULLIF(` + q(node["n"]) + `, 5) AS NUMERIC) ` + q(names[d.ID]["n"]) + `, ` + q(node["up"]) + ` ` + q(names[d.ID]["up"]) +
				`, ` + q(node["ups"]) + ` ` + q(names[d.ID]["ups"]) + `, ` + q(node["j"]) + ` ` + q(names[d.ID]["j"]) +
				` FROM ` + q(list[0].Name) + ` WHERE ` + q(node["b"])
		}
	}
	is = open(t, list...)
	for i, c := range all {
		if !c.IsView() {
			copyRows(was, is, c, list[i])
		}
	}
	return is, names
}

func cloned(list []*schema.Collection) []*schema.Collection {
	out := make([]*schema.Collection, len(list))
	for i, c := range list {
		out[i] = c.Clone()
	}
	return out
}

func copyRows(was, is *fixture, from, to *schema.Collection) {
	was.t.Helper()
	var columns, params []string
	for i, f := range from.Fields {
		columns = append(columns, `"`+f.Name+`"`)
		params = append(params, "$"+itoa(i+1))
	}
	var rows [][]store.Value
	ctx := context.Background()
	err := was.db.Read(ctx, func(r store.Reader) error {
		list, err := r.Query("SELECT " + strings.Join(columns, ", ") + ` FROM "` + from.Name + `" ORDER BY "_rowid_"`)
		if err != nil {
			return err
		}
		for list.Next() {
			values := make([]store.Value, len(columns))
			for i, f := range from.Fields {
				values[i] = f.Value(f.Load(list, i))
			}
			rows = append(rows, values)
		}
		return list.Close()
	})
	if err != nil {
		was.t.Fatal(err)
	}
	for i, f := range to.Fields {
		columns[i] = `"` + f.Name + `"`
	}
	err = is.db.Write(ctx, func(tx store.Tx) error {
		for _, values := range rows {
			_, err := tx.Exec(`INSERT INTO "`+to.Name+`" (`+strings.Join(columns, ", ")+`) VALUES (`+strings.Join(params, ", ")+`)`, values...)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		was.t.Fatal(err)
	}
}

// renamedRequest returns the request of a client that knows the new names.
func renamedRequest(r *query.Request, is *fixture, names map[string]string) *query.Request {
	if r == nil {
		return nil
	}
	out := *r
	out.Body = map[string]any{}
	for name, v := range r.Body {
		if to, ok := names[name]; ok {
			name = to
		}
		out.Body[name] = v
	}
	if r.Auth != nil {
		who := r.Auth.(user)
		out.Auth = user{is.snapshot.ByID(who.Collection().ID), who.values}
	}
	return &out
}
