package viewquery

import (
	"strings"
	"testing"
)

// tables has the tables that the queries of these tests read.
func tables(name string) *Table {
	for _, t := range []*Table{
		{Name: "posts", Columns: []string{"id", "title", "authorId", "n", "date"}},
		{Name: "users", Columns: []string{"id", "name", "email", "tokenKey"}},
		{Name: "Mixed", Columns: []string{"id", "Value", "order", "user"}},
		{Name: "stats", Columns: []string{"id", "total"}},
	} {
		if strings.EqualFold(t.Name, name) {
			return t
		}
	}
	return nil
}

// describe returns the properties of the columns in a short form.
func describe(list []Column) string {
	var out []string
	for _, c := range list {
		s := c.Name
		if c.Source != nil {
			s += "=" + c.Source.Table + "." + c.Source.Column
		}
		if c.Count {
			s += ":count"
		}
		if c.Total {
			s += ":total"
		}
		if c.Cast != "" {
			s += ":" + strings.ReplaceAll(c.Cast, " ", "_")
		}
		if c.Source == nil && len(c.Origins) > 0 {
			s += "<" + c.Origins[0].Column
		}
		if !c.Everywhere && c.Source != nil {
			s += "?"
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func TestColumns(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"select id from posts":                                   "id=posts.id",
		"SELECT ID, Title FROM Posts ;; ":                        "id=posts.id title=posts.title",
		"select p.id, p.title t, p . n as m from posts p":        "id=posts.id t=posts.title m=posts.n",
		"select `id`, [title] as \"a b\" from \"posts\"":         "id=posts.id a b=posts.title",
		"select posts.id, users.name from posts, users":          "id=posts.id name=users.name",
		"select p.id, name from posts p join users u on true":    "id=posts.id name<name",
		"select id, \"lit\" as x, 'y' as y, 1 z from posts":      "id=posts.id x y z",
		"select id, -- c\n title /* , n */ from posts--":         "id=posts.id title=posts.title",
		"select id,(title) as t, title||'' as u from posts":      "id=posts.id t u",
		"select id, count(*) as n from posts group by id":        "id=posts.id n:count",
		"select id, COUNT ( distinct n ) n from posts":           "id=posts.id n:count",
		"select id, count(n) filter (where n>1) c from posts":    "id=posts.id c:count",
		"select id, count(*) over (partition by n) c from posts": "id=posts.id c:count",
		"select id, count(*) over w c from posts window w as (order by n rows between unbounded preceding and current row)": "id=posts.id c:count",
		"select id, count(n) + 1 as c from posts":                                                                               "id=posts.id c",
		"select id, total(n) as t, sum(n) as s from posts":                                                                      "id=posts.id t:total s",
		"select cast(id as text) as id, Cast( n AS Int ) i, cast(max(n)as real) r from posts":                                   "id:text i:int r:real",
		"select id, cast(n as numeric(10, 2)) x, cast(n as double precision) y from posts":                                      "id=posts.id x:numeric_(_10_,_2_) y:double_precision",
		"select id, n::int a, (n + 1)::real b, max(n)::text c, p.n::bool d, n + n::int e from posts p":                          "id=posts.id a:int b:real c:text d:bool e",
		"select id, case when n > 1 then 'a' else 'b' end kind from posts":                                                      "id=posts.id kind",
		"select id, extract(year from date) y, trim(both ' ' from title) t from posts":                                          "id=posts.id y t",
		"select id, coalesce(nullif(upper(lower(title)), ''), 'x') x from posts":                                                "id=posts.id x",
		"select id, (select count(*) from posts where authorId = u.id) c from users u":                                          "id=users.id c",
		"select id, t from (select id, title t from posts)":                                                                     "id<id t<title",
		"select id, title from (select * from posts) as q":                                                                      "id<id title<title",
		"select q.id, q.tokenKey from (select p.*, u.tokenKey from posts p join users u on u.id = p.authorId) q":                "id<id tokenKey<tokenKey",
		"with a as (select id, title from posts) select id, title from a":                                                       "id<id title<title",
		"with recursive a(x, y) as (select id, n from posts union all select x, y from a where y > 1) select x as id, y from a": "id<id y<n",
		"with a as (select 1 as id), b as (select id from a) select id from b":                                                  "id",
		"select id, title from posts union select id, name from users order by title":                                           "id=posts.id title=posts.title",
		"select id, title from posts union all select id, upper(name) from users":                                               "id=posts.id title=posts.title?",
		"(select id from posts)":                                                                      "!the query must be a single SELECT",
		"select p.id, a.value v from posts p, json_each(p.title) a":                                   "id=posts.id v",
		"select id, row_number() over (order by title desc nulls last) r from posts limit 3 offset 1": "id=posts.id r",
		"select distinct id, user from Mixed where user is not distinct from 'x'":                     "id=Mixed.id user=Mixed.user",
		"select desc as id from (select id as desc from posts)":                                       "id<id",
		"select id, left(title, 1) l from posts left join users on true":                              "id=posts.id l",
		"select id, date(date) d, date '2020-01-01' e, interval '1 day' f from posts":                 "id=posts.id d e f",
		"select id, title collate nocase t, date at time zone 'utc' z from posts":                     "id=posts.id t z",
		"select id, x'00ff' b, 1e-5 f, .5 g, 0x1F h from posts":                                       "id=posts.id b f g h",
		"select id, title like '%a' escape '\\' l, n not between 1 and 2 m from posts":                "id=posts.id l m",
	} {
		q, err := Parse(query)
		var list []Column
		if err == nil {
			list, err = q.Columns(tables)
		}
		got := describe(list)
		if err != nil {
			got = "!" + err.Error()
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", query, got, want)
		}
	}
}
