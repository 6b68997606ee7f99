package viewquery

import (
	"strings"
	"testing"
)

func TestRename(t *testing.T) {
	t.Parallel()
	to := Renames{
		Tables: map[string]string{"posts": "articles", "stats": "order"},
		Columns: map[Origin]string{
			{"posts", "title"}: "headline", {"posts", "date"}: "day",
			{"users", "name"}: "select", {"Mixed", "Value"}: "user", {"Mixed", "user"}: "Value",
		},
		Dropped: map[Origin]bool{{"posts", "n"}: true},
	}
	for query, want := range map[string]string{
		"select id, title from posts":                                                            "select id, headline AS title from articles",
		"select id, title as t from posts p;":                                                    "select id, headline as t from articles p",
		"select posts.id, posts.title from Posts":                                                "select articles.id, articles.headline AS title from articles",
		"select `posts`.`id`, \"title\" from [posts]":                                            "select `articles`.`id`, \"headline\" AS \"title\" from [articles]",
		"select p.id, lower(p.title) l from posts as p":                                          "select p.id, lower(p.headline) l from articles as p",
		"select posts.id from posts posts":                                                       "select posts.id from articles posts",
		"select id from posts where title != 'title' -- title\n":                                 "select id from articles where headline != 'title' -- title\n",
		"select id, date(date) d, cast(date as date) e, date 'x' f from posts":                   "select id, date(day) d, cast(day as date) e, date 'x' f from articles",
		"select id, name from users order by name":                                               "select id, \"select\" AS name from users order by \"select\"",
		"select id, upper(name) as name from users order by name":                                "select id, upper(\"select\") as name from users order by name",
		"select id, name from users union select id, title from posts order by name":             "select id, \"select\" AS name from users union select id, headline AS title from articles order by name",
		"select id, Value, user from mixed":                                                      `select id, "user" AS Value, Value AS "user" from mixed`,
		"select id, \"order\" from stats, mixed":                                                 "select id, \"order\" from \"order\", mixed",
		"select s.id from (select id, title from posts) s where s.title = ''":                    "select s.id from (select id, headline AS title from articles) s where s.title = ''",
		"select id, title from (select * from posts)":                                            "select id, headline AS title from (select * from articles)",
		"select id, t from (select id, posts.* from posts)":                                      "select id, t from (select id, articles.* from articles)",
		"with posts as (select id, name as title from users) select id, title from posts":        "with posts as (select id, \"select\" as title from users) select id, title from posts",
		"select u.id, (select max(title) from posts where authorId = u.id) t from users u":       "select u.id, (select max(headline) from articles where authorId = u.id) t from users u",
		"select posts.id from posts where exists (select 1 from users where name = posts.title)": "select articles.id from articles where exists (select 1 from users where \"select\" = articles.headline)",
		"select id, row_to_json(posts) j from posts":                                             "select id, row_to_json(articles) j from articles",
		"select id from users join posts using (id)":                                             "select id from users join articles using (id)",
		"select id from users join posts using (title)":                                          "!posts.title is what a join is by",
		"select id from users natural join posts":                                                "!users.name is what a join is by",
		"select id from posts where n > 1":                                                       "!no such column: posts.n",
		"select p.id, u.n from posts p, (select n from posts) u":                                 "!no such column: posts.n",
		"select id, total from stats":                                                            "select id, total from \"order\"",
		"select id from users":                                                                   "select id from users",
	} {
		q, err := Parse(query)
		if err != nil {
			t.Errorf("Parse(%q): %v", query, err)
			continue
		}
		got, err := q.Rename(tables, to)
		if err != nil {
			got = "!" + err.Error()
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", query, got, want)
		}
	}
}

func TestQuoted(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"select id, authorId as Author from posts order by Author":                          `select "id", "authorId" as "Author" from "posts" order by "Author"`,
		"select m.ID, m.value V, user from MIXED M":                                         `select "M"."id", "M"."Value" "V", "user" from "Mixed" "M"`,
		"select mixed.id, [Value], `order` from mixed":                                      `select "Mixed"."id", "Value", "order" from "Mixed"`,
		"with Q(A) as (select authorId from posts) select A as id from q":                   `with "Q"("A") as (select "authorId" from "posts") select "A" as "id" from "Q"`,
		"select id, Count(*) as N from posts group by ID having Count(*) > 1":               `select "id", Count(*) as "N" from "posts" group by "id" having Count(*) > 1`,
		"select q.authorid as id from (select * from posts) Q join users using (ID)":        `select "Q"."authorId" as "id" from (select * from "posts") "Q" join "users" using ("id")`,
		"select id, to_json(U) from users U":                                                `select "id", to_json("U") from "users" "U"`,
		"select id, AuthorID from posts union select id, Name from users order by authorid": `select "id", "authorId" from "posts" union select "id", "name" from "users" order by "authorId"`,
		"select id, unknown, 'id' x from posts":                                             `select "id", unknown, 'id' "x" from "posts"`,
	} {
		q, err := Parse(query)
		if err != nil {
			t.Errorf("Parse(%q): %v", query, err)
			continue
		}
		if got := q.Quoted(tables); got != want {
			t.Errorf("%s\n got %s\nwant %s", query, got, want)
		}
	}
}

// Every parsed query can be renamed, and the result can be parsed again and has the same columns.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"select id, title t from posts p where p.n > 1 order by t desc limit 1",
		"with recursive a(x, y) as (select id, n from posts union all select x, y from a) select x as id from a",
		"select id, count(*) over (partition by n order by title) c from posts natural join (users u cross join stats) union select 1, 2",
		"select id, cast(n as int) i, n::real r, (select max(date) from posts) m from posts, json_each(title) x(k, v)",
		"select \"id\", `title`, [n] from posts -- c\n /* d */ ;",
		"select case when id in (1, 2) then 'a''b' else 1e-5 end as id from (values (1), (2)) v",
		"select p.* from posts",
		"select\"00\"A",
		"select id[0]from posts",
		"with A(X)as(select A,A union select A,A from A)select A ,000 a",
	} {
		f.Add(seed)
	}
	to := Renames{Tables: map[string]string{"posts": "articles"}, Columns: map[Origin]string{{"posts", "title"}: "headline"}}
	renamed := func(name string) *Table {
		if strings.EqualFold(name, "articles") {
			return &Table{Name: "articles", Columns: []string{"id", "headline", "authorId", "n", "date"}}
		}
		if strings.EqualFold(name, "posts") {
			return nil
		}
		return tables(name)
	}
	f.Fuzz(func(t *testing.T, query string) {
		q, err := Parse(query)
		if err != nil {
			return
		}
		list, err := q.Columns(tables)
		if err != nil {
			return
		}
		if quoted, err := Parse(q.Quoted(tables)); err != nil {
			t.Fatalf("%q: Quoted %q does not parse: %v", query, q.Quoted(tables), err)
		} else if again, err := quoted.Columns(tables); err != nil || !strings.EqualFold(describe(again), describe(list)) {
			t.Fatalf("%q: Quoted %q has %s (%v), want %s", query, quoted, describe(again), err, describe(list))
		}
		text, err := q.Rename(tables, to)
		if err != nil {
			return
		}
		moved, err := Parse(text)
		if err != nil {
			t.Fatalf("%q: Rename %q does not parse: %v", query, text, err)
		}
		again, err := moved.Columns(renamed)
		if err != nil || len(again) != len(list) {
			t.Fatalf("%q: Rename %q has %s (%v), want %s", query, text, describe(again), err, describe(list))
		}
		for i := range list {
			if !strings.EqualFold(again[i].Name, list[i].Name) {
				t.Fatalf("%q: Rename %q has %s, want %s", query, text, describe(again), describe(list))
			}
		}
	})
}
