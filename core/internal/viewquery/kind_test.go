package viewquery

import "testing"

// The kind of an expression on both engines. A wrong kind would turn texts into numbers.
func TestKindsOfExpressions(t *testing.T) {
	t.Parallel()
	find := func(name string) *Table {
		if name == "rows" {
			return &Table{Name: "rows", Columns: []string{"id", "s", "n", "ok", "j"}, Kinds: []Kind{Text, Text, Other, Truth, JSON}}
		}
		return nil
	}
	for expression, want := range map[string]Kind{
		"s": Text, "rows.s": Text, "(s)": Text, "((s))": Text, "'a'": Text, "''": Text, "x'00'": Other, "1": Other, "null": nothing, "true": Truth,
		"n": Other, "n + 1": Other, "-n": Other, "n || ''": Text, "'a' || 'b' || n": Text, "n | 1": Other, "n << 1": Other, "~n": Other,
		"j": JSON, "j || s": Other, "j -> 'a'": JSON, "j ->> 'a'": Other, "j ->> 'a' = 'b'": Truth, "json_extract(j, '$.a')": Other, "json_object('a', s)": JSON, "(j)::text": Text,
		"n > 1": Truth, "n >= 1": Truth, "n <> 1": Truth, "not n": Truth, "s is null": Truth, "s in ('a')": Truth, "n between 1 and 2": Truth, "exists (select 1)": Truth, "s like 'a'": Truth,
		"s || (n > 1)": Text, "lower(s) || '>'": Text, "length(s)": Other, "upper(s)": Text, "count(*)": Other, "group_concat(s, ',')": Text,
		"coalesce(s, '')": Text, "coalesce(s, null)": Text, "coalesce(s, n)": Other, "coalesce(n, '')": Other, "coalesce(ok, false)": Truth, "coalesce(j, '[]')": Other,
		"nullif(s, n)": Text, "nullif(n, '')": Other, "iif(n > 1, s, 'x')": Text, "max(s)": Text, "max(n)": Other, "min(distinct s)": Text,
		"case when n > 1 then s else 'a' end": Text, "case n when 1 then s end": Text, "case s when 'a' then 1 else 2 end": Other, "case when ok then s else n end": Other,
		"case when n > 1 then (case when ok then s else 'b' end) else 'c' end": Text, "case when ok then s end || ''": Text, "case when ok then 1 end > 0": Truth,
		"(select r.s from rows r)": Text, "(select r.n from rows r)": Other, "(select r.s from rows r union select r.j from rows r)": Other,
		"cast(n as text)": Text, "cast(s as integer)": Other, "n::text": Text, "s::int": Other, "n::varchar(5)": Text, "n::int::text": Text, "s collate \"C\"": Text,
		"first_value(s) over (order by n)": Text, "lag(s, 1) over w": Text, "max(s) filter (where n > 1)": Text, "string_agg(s, ',' order by n)": Text, "row_number() over ()": Other,
	} {
		q, err := Parse("select id, " + expression + " as x from rows")
		if err != nil {
			t.Errorf("Parse(%q): %v", expression, err)
			continue
		}
		list, err := q.Columns(find)
		if err != nil {
			t.Errorf("Columns(%q): %v", expression, err)
			continue
		}
		if got := list[1].Kind; got != want {
			t.Errorf("%s is %d, want %d", expression, got, want)
		}
	}
	for query, want := range map[string]Kind{
		"with w as (select id, s || '' as x from rows) select id, x from w":                                 Text,
		"select id, q.x from (select id, upper(s) as x from rows) q":                                        Text,
		"select id, q.x from (select id, n as x from rows union all select id, s from rows) q":              Other,
		"select id, lower(s) as x from rows union all select id, '' from rows":                              Text,
		"select id, lower(s) as x from rows union all select id, n from rows":                               Other,
		"with recursive w(id, x) as (select id, s from rows union select id, x from w) select id, x from w": Text,
	} {
		q, err := Parse(query)
		if err != nil {
			t.Errorf("Parse(%q): %v", query, err)
			continue
		}
		list, err := q.Columns(find)
		if err != nil || list[1].Kind != want {
			t.Errorf("%s: %v, %v, want %d", query, list, err, want)
		}
	}
}
