package viewquery

import (
	"strings"
	"testing"
)

// Queries with operations that a view must not perform, or that engines would read differently
// from this package.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"":                                "must be a single SELECT",
		"  -- nothing":                    "must be a single SELECT",
		"drop table posts":                "must be a single SELECT",
		"pragma table_info(posts)":        "must be a single SELECT",
		"values (1)":                      "must be a single SELECT",
		"explain select 1":                "must be a single SELECT",
		"select 1; select 2":              "multiple statements",
		"select 1; drop table posts":      "multiple statements",
		"select (1; select 2)":            "multiple statements",
		"select * from posts":             "wildcard",
		"select id, p.* from posts p":     "wildcard",
		"select id from posts for update": "the end of the query expected at \"for\"",
		"select id into x from posts":     "expected at \"into\"",
		"with x as (delete from posts returning id) select id from x":         "SELECT expected at \"delete\"",
		"select id from (table users)":                                        "expected at \"table\"",
		"select (table users)":                                                "expected at \"table\"",
		"select id from main.posts":                                           "by their names alone",
		"select id from pg_catalog.pg_authid":                                 "by their names alone",
		"select pg_sleep(10) as id":                                           "pg_sleep is not supported",
		"select \"pg_sleep\"(10) as id":                                       "pg_sleep is not supported",
		"select pg_catalog.pg_sleep(10) as id":                                "by their names alone",
		"select load_extension('x') as id":                                    "load_extension is not supported",
		"select readfile('x') as id":                                          "readfile is not supported",
		"select query_to_xml('x', true, true, '') as id":                      "query_to_xml is not supported",
		"select id from pragma_table_info('posts')":                           "pragma_table_info is not supported",
		"select id from posts, pg_ls_dir('.') x":                              "pg_ls_dir is not supported",
		"select nextval('s') as id":                                           "nextval is not supported",
		"select set_config('a', 'b', false) as id":                            "set_config is not supported",
		"select zeroblob(1000000000) as id":                                   "zeroblob is not supported",
		"select /* /* */ pg_sleep(1) */ 1 as id":                              "cannot be nested",
		"select 1 -- \r pg_sleep(1)":                                          "carriage return",
		"select E'\\'' as id":                                                 "E'…'",
		"select $$x$$ as id":                                                  "parameters",
		"select $1 as id":                                                     "parameters",
		"select ? as id":                                                      "parameters",
		"select :x as id":                                                     "parameters",
		"select @x as id":                                                     "parameters",
		"select 'a":                                                           "not closed",
		"select \"a":                                                          "not closed",
		"select /* a":                                                         "not closed",
		"select [a'b] from posts":                                             "brackets",
		"select id \\ from posts":                                             "unexpected character",
		"select \x00 from posts":                                              "unexpected character",
		"select \"a\x00\" from posts":                                         "NUL",
		"select id from posts where (":                                        "at the end",
		"select id from posts)":                                               "the end of the query expected",
		"select from posts":                                                   "an expression expected",
		"select id, from posts":                                               "an expression expected",
		"select id from":                                                      "a name expected",
		"select id from posts join":                                           "a name expected",
		"select id from posts natural users":                                  "JOIN expected",
		"select id as 'x' from posts":                                         "must not be a string",
		"select id from posts tablesample system (1)":                         "the end of the query expected",
		"select cast(id as) from posts":                                       "a name expected",
		"select 'a' in stats as id":                                           "IN takes a list",
		"select id in json_each('[]') as id from posts":                       "IN takes a list",
		"select 'posts'::regclass as id":                                      "casts to regclass",
		"select cast('posts' as \"regClass\") as id":                          "casts to regClass",
		"select regclass 'posts' as id":                                       "the type regclass",
		"select pg_catalog.regclass 'posts' as id":                            "the type regclass",
		"select 'a'::pg_catalog.regclass as id":                               "casts to pg_catalog",
		"select current_user as id":                                           "current_user is not supported",
		"select session_user as id":                                           "session_user is not supported",
		"select current_schema as id":                                         "current_schema is not supported",
		"select a.b.c.id from posts":                                          "table.column",
		"select " + strings.Repeat("(", 100) + "1" + strings.Repeat(")", 100): "too deeply",
		"select " + strings.Repeat(" ", maxLength) + "1":                      "more than",
	} {
		_, err := Parse(query)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%.80q) = %v, want an error with %q", query, err, want)
		}
	}
}

// PostgreSQL calls functions in the form of columns, and has words for data of its session.
func TestColumnsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, query := range []string{
		"select id, user as u from posts",
		"select id, system_user as u from posts",
		"select id, posts.pg_typeof as u from posts",
		"select p.id, (p).pg_column_size as u from posts p",
		"select id, (select q.pg_typeof from (select id from users) q) as u from posts",
		"select p.id, p.pg_typeof as u from posts p, json_each('[]') j",
	} {
		q, err := Parse(query)
		if err != nil {
			t.Errorf("Parse(%q): %v", query, err)
			continue
		}
		if _, err := q.Columns(tables); err == nil || !strings.HasPrefix(err.Error(), "no such column: ") {
			t.Errorf("Columns(%q) = %v, want no such column", query, err)
		}
	}
	for _, query := range []string{
		"select id, rowid as u from posts", "select id, posts.rowid as u from posts", "select id, 1 as user from posts order by user",
		"select user.id from posts user", "select id, position('a' in title) as u from posts", "select (j).value as id from json_each('[]') j",
	} {
		q, err := Parse(query)
		if err == nil {
			_, err = q.Columns(tables)
		}
		if err != nil {
			t.Errorf("%q: %v", query, err)
		}
	}
}

// A table with secrets is read without them if the query could use one.
func TestSecretsAreBlank(t *testing.T) {
	t.Parallel()
	find := func(name string) *Table {
		if strings.EqualFold(name, "people") {
			return &Table{Name: "People", Columns: []string{"id", "Hash"}, Secret: []string{"Hash"}}
		}
		return tables(name)
	}
	const blank = `(SELECT "id", CAST('' AS text) AS "Hash" FROM "People")`
	for query, want := range map[string]string{
		"select id from people":                                                    "select id from people",
		"select people.id, count(*) as n from people group by id":                  "select people.id, count(*) as n from people group by id",
		"select id, lower(hash) as h from people":                                  "select id, lower(hash) as h from " + blank + ` AS "People"`,
		"select p.id from people p where p.HASH > 'a'":                             "select p.id from " + blank + " p where p.HASH > 'a'",
		"select id, p as h from people as p":                                       "select id, p as h from " + blank + " as p",
		"select id, count(p.*) as h from people p":                                 "select id, count(p.*) as h from " + blank + " p",
		"select q.a as id from (select * from people) q(a, b)":                     "select q.a as id from (select * from " + blank + ` AS "People") q(a, b)`,
		"select b as id from people p(a, b)":                                       "select b as id from " + blank + " p(a, b)",
		"select id, hash, hash as h from people":                                   "select id, hash, hash as h from people",
		"select id, hash from people order by hash":                                "select id, hash from " + blank + ` AS "People" order by hash`,
		"select id from posts natural join people":                                 "select id from posts natural join " + blank + ` AS "People"`,
		"with people as (select id from posts) select id, people as x from people": "with people as (select id from posts) select id, people as x from people",
		"select id from posts where title in (select hash from people)":            "select id from posts where title in (select hash from " + blank + ` AS "People")`,
	} {
		q, err := Parse(query)
		if err != nil {
			t.Errorf("Parse(%q): %v", query, err)
			continue
		}
		if got := q.SQL(find); got != want {
			t.Errorf("SQL of %s\n got %s\nwant %s", query, got, want)
		}
		if quoted := q.Quoted(find); strings.Contains(quoted, blank) != strings.Contains(want, blank) {
			t.Errorf("Quoted of %s = %s", query, quoted)
		}
	}
}

func TestColumnsOfMissingTable(t *testing.T) {
	t.Parallel()
	for _, query := range []string{
		"select id from nope",
		"select id from posts where id in (select id from nope)",
		"select id from sqlite_schema",
		"select id from _params",
		"with nope as (select id from posts) select id from nope union select id from _collections",
	} {
		q, err := Parse(query)
		if err != nil {
			t.Errorf("Parse(%q): %v", query, err)
			continue
		}
		if _, err := q.Columns(tables); err == nil || !strings.HasPrefix(err.Error(), "no such table: ") {
			t.Errorf("Columns(%q) = %v, want no such table", query, err)
		}
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	q, err := Parse(`with c as (select id from Posts) select c.id from c, USERS u left join posts on true
		where exists (select 1 from stats) and u.id in (select id from (select id from "Mixed"))`)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(q.Tables(), " "), "Posts USERS posts stats Mixed"; !strings.EqualFold(got, "Posts USERS stats Mixed") {
		t.Errorf("Tables() = %s, want %s", got, want)
	}
}

// A query in a FROM does not see its neighbours, and never itself.
func TestScopesOfQueriesInFrom(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"select q.x as id from (select nope as x from posts) q":                                           "id",
		"select id, q.x from posts, (select nope as x from users) q":                                      "id=posts.id x",
		"select id, q.x from posts, lateral (select x as x from users) q":                                 "id=posts.id x",
		"select u.id, (select q.x from stats, (select total as x from users) q) as t from users u, stats": "id=users.id t",
	} {
		q, err := Parse(query)
		if err != nil {
			t.Errorf("Parse(%q): %v", query, err)
			continue
		}
		list, err := q.Columns(tables)
		if err != nil {
			t.Errorf("Columns(%q): %v", query, err)
			continue
		}
		if got := describe(list); got != want {
			t.Errorf("%s\n got %s\nwant %s", query, got, want)
		}
		_ = q.Quoted(tables)
	}
}
