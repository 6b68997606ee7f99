package query_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/schema"
)

// observed returns a fixture with the data set of docs/wire/records.md §5.10.
func observed(t testing.TB) *fixture {
	f := open(t,
		collection("tags", rule(""), field("name", &schema.Text{}), field("rank", &schema.Number{})),
		collection("a", rule(""),
			field("t", &schema.Text{}),
			field("tag", one("tags")),
			field("tags", many("tags")),
			field("sel", &schema.Select{Values: []string{"x", "y", "z"}, MaxSelect: 3}),
			field("s1", &schema.Select{Values: []string{"x", "y", "z"}, MaxSelect: 1}),
			field("j", &schema.JSON{}),
			field("n", &schema.Number{}),
			field("b", &schema.Bool{}),
			field("d", &schema.Date{}),
			field("g", &schema.GeoPoint{})),
	)
	f.insert("tags", row{"id": "R", "name": "red"}, row{"id": "G", "name": "green", "rank": 1.0},
		row{"id": "B", "name": "blue", "rank": 2.0})
	f.insert("a",
		row{"id": "1", "t": "one", "tag": "R", "tags": []string{"R", "G"}, "sel": []string{"x", "y"}, "s1": "x",
			"j": json.RawMessage(`{"a":{"b":[1,2,{"c":"v"}]},"n":5}`), "n": 1.0, "b": true,
			"d": "2024-01-02 10:00:00.000Z", "g": schema.Point{Lon: 2.35, Lat: 48.85}},
		row{"id": "2", "t": "Two", "tag": "G", "tags": []string{"G"}, "sel": []string{"y"},
			"j": json.RawMessage(`[1,2,3]`), "n": 2.0, "d": "2023-05-06 00:00:00.000Z"},
		row{"id": "3"},
		row{"id": "4", "t": `100%_x\y`, "j": json.RawMessage(`"str"`), "n": -3.5},
		row{"id": "5", "t": `quote'"`, "j": json.RawMessage(`7`)},
	)
	return f
}

// cases reads lines of "expression → rows"; lines that begin with # are comments.
func cases(t *testing.T, f *fixture, collection, table string, sel func(expr string) query.Select) {
	t.Helper()
	for line := range strings.Lines(table) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		expr, want, ok := strings.Cut(line, "→")
		if !ok {
			t.Fatalf("no arrow in %q", line)
		}
		expr, want = strings.ReplaceAll(strings.TrimSpace(expr), "⏎", "\n"), strings.TrimSpace(want)
		if want == "all" {
			want = "1 2 3 4 5"
		}
		if want == "–" {
			want = ""
		}
		s := sel(expr)
		s.Scope = f.scope(collection, s.Request)
		if got := f.run(s); got != want {
			plan, err := f.planner.Compile(s)
			t.Errorf("%s: %q = %q, want %q", collection, expr, got, want)
			if err != nil {
				t.Log(err)
			} else {
				t.Log(plan.SQL, plan.Args)
			}
		}
	}
}

func TestObservedFilters(t *testing.T) {
	f := observed(t)
	filter := func(expr string) query.Select { return query.Select{Filter: expr} }
	cases(t, f, "a", `
		t='one' → 1
		t='ONE' → –
		t:lower='two' → 2
		t~'O' → 1 2 5
		t~'o%' → 1
		t~'%o' → 2
		t!~'o' → 3 4
		t~'100%' → 4
		t~'_' → 4
		t~'%_%' → 1 2 4 5
		t='' → 3
		t=null → 3
		null=t → 3
		t!='' → 1 2 4 5
		t!=null → 1 2 4 5
		n=0 → 3 5
		n='' → –
		n=null → –
		n!='' → 1 2 3 4 5
		n='1' → 1
		n>=-3.5 && n<1 → 3 4 5
		b!=true → 2 3 4 5
		b=false → 2 3 4 5
		b=1 → 1
		b=True → 1
		b='true' → –
		d>'2024-01-01' → 1
		d='2023-05-06' → –
		d~'2023' → 2
		d='' → 3 4 5
		tag.name='red' → 1
		tag.name!='red' → 2 3 4 5
		tag.name='' → 3 4 5
		tag.rank>0 → 2
		tags='R' → –
		tags~'R' → 1
		tags.id='G' → 2
		tags.id?='R' → 1
		tags.name='green' → 2
		tags.name?='green' → 1 2
		tags.name!='green' → 3 4 5
		tags.name?!='green' → 1 3 4 5
		tags.name~'r' → 1 2
		tags.name?~'bl' → –
		tags.name?!~'r' → –
		tags.name='' → 3 4 5
		tags:length=2 → 1
		tags:length>0 → 1 2
		sel='x' → –
		sel~'x' → 1
		sel:each='y' → 2
		sel:each?='x' → 1
		sel:each~'x' → –
		sel:each!='x' → 2 3 4 5
		sel:length=0 → 3 4 5
		sel='[]' → 3 4 5
		sel='' → –
		s1:length=1 → 1
		s1:each='x' → 1
		j.a.b.0=1 → 1
		j.a.b.2.c='v' → 1
		j.n>4 → 1
		j.0=1 → 2
		j=null → 3
		j!=null → 1 2 4 5
		j='str' → 4
		j~'str' → 4
		j=7 → 5
		j>6 → 1 2 4 5
		j:length=3 → 2
		j:each?=2 → 2
		j:each?='2' → –
		j:each>0 → 2
		j:each?>2 → 2
		j:each?~'3' → 2
		j:each='' → –
		j:each=null → 1 3 4 5
		j:each!=9 → all
		j:each?=1 && j:each?=2 → –
		j.a.b:each?=2 → 1
		j.a.b:each?~'"c"' → 1
		j.a.b:length=3 → 1
		j.a:length=0 → all
		j.0:each=null → all
		j.missing=null → all
		j.missing='' → –
		g.lon>2 → 1
		geoDistance(g.lon,g.lat,2.35,48.85)<1 → 1
		geoDistance(g.lon,g.lat,0,0)=0 → 2 3 4 5
		strftime('%Y',d)='2024' → 1
		strftime('%Y-%m',d,'+1 month')='2024-02' → 1
		strftime('%Y',d)='' → 3 4 5
		1=1 → all
		''='' → all
		null=null → all
		t=t → all
		1=2 → –
		n>n → –
		t='one' || t='Two' && n=1 → 1
		n=1||n=2 → 1 2
		t='one' // c → 1
		// c⏎ n=1 → 1
		() → E
		@collection.tags.name='red' → –
		@collection.tags.name?='red' → all
		@collection.tags:x.name?='red' && @collection.tags:x.rank?=1 → –
		@collection.tags.rank?=tag.rank → 1 2
		@request.query.page='' → all
		@request.body.x:isset=false → all
		tags.a_via_tags.t?='one' → 1 2
		T='one' → E
		nope=1 → E
		t.x=1 → E
		tag.nope=1 → E
		t == 'a' → E
		t='a → E
		t='a' and n=1 → E
		@rowid=1 → E
		@random=1 → E
		@request.nope=1 → E
		unknown(1)=1 → E
		geoDistance(1,2,3)=1 → E
		strftime(t)='1' → E
	`, filter)
	cases(t, f, "a", strings.Repeat("n=0||", 199)+"n=0 → 3 5\n"+strings.Repeat("n=0||", 200)+"n=0 → E", filter)
	cases(t, f, "tags", `
		a_via_tag.t='one' → R
		a_via_tags.t='one' → R
		a_via_tags.t?='one' → R G
		a_via_tags.n>0 → R G
		a_via_tag.id='' → B
		a_via_tag.tags.name?='red' → R
		a_via_tags.sel:each?='x' → R G
		nope_via_tag.id='' → E
		a_via_t.id='' → E
		a_via_tags:length=1 → E
	`, filter)
}

func TestObservedSorts(t *testing.T) {
	f := observed(t)
	// The order of the reference is not recorded, only the sorts that it accepts.
	cases(t, f, "a", `
		tag.name,-tags.name,+n → 4 3 5 2 1
		-tag.name → 1 2 5 4 3
		j.n,g.lat → 2 3 4 5 1
		n:lower → E
		@rowid → 1 2 3 4 5
		-@rowid → 5 4 3 2 1
		-n → 2 1 5 3 4
		n → 4 3 5 1 2
		id,nope → 1 2 3 4 5
		 - n → 2 1 5 3 4
		@request.auth.id → E
		@now → E
		n,n,n,n,n,n,n,n,n → E
		nope → E
		n, → E
		'n' → E
		null → E
	`, func(expr string) query.Select { return query.Select{Sort: expr} })
	if got := f.run(query.Select{Scope: f.scope("a", nil), Sort: "@random"}); len(got) != len("1 2 3 4 5") {
		t.Errorf("@random gives %q, want five rows", got)
	}
}

// TestSharedPaths tests docs/wire/records.md §5.7: which comparisons share a path.
func TestSharedPaths(t *testing.T) {
	f := open(t,
		collection("tags", nil, field("name", &schema.Text{}), field("rank", &schema.Number{})),
		collection("a", nil, field("t", &schema.Text{}), field("rels", many("tags")),
			field("s", &schema.Select{Values: []string{"x", "y"}, MaxSelect: 2})))
	f.insert("tags", row{"id": "R", "name": "red", "rank": 1.0}, row{"id": "G", "name": "green", "rank": 2.0})
	f.insert("a", row{"id": "one", "rels": []string{"R", "G"}, "s": []string{"x", "y"}},
		row{"id": "two", "rels": []string{"G"}}, row{"id": "three"})
	cases(t, f, "a", `
		rels.name = 'green' → two
		rels.name ?= 'green' → one two
		rels.name != 'green' → three
		rels.name ?!= 'green' → one three
		rels.name = '' → three
		rels:length > 0 → one two
		rels:each != '' → one two
		rels.name ?= 'red' && rels.rank ?= 1 → one
		rels.name ?= 'red' && rels.rank ?= 2 → –
		rels.name ?= 'red' && (t='no' || rels.rank ?= 2) → –
		rels.name ?= 'red' && (t='' || rels.rank ?= 2) → one
		s:each ?= 'x' && s:each ?= 'y' → –
		rels.name ?= 'red' && rels:each ?= 'G' → –
		rels.name ?= 'red' && rels:each ?= 'R' → one
		rels.name ?= 'red' || rels.rank ?= 2 → one two
		rels.name ?= 'red' && rels.rank > 0 → one
		@collection.tags.name ?= 'red' && @collection.tags.rank ?= 2 → –
		@collection.tags:x.name ?= 'red' && @collection.tags:y.rank ?= 2 → one two three
		@collection.tags.name ?= 'red' && @collection.TAGS.rank ?= 1 → one two three
		@collection.tags.id ?= rels.id && @collection.tags.name ?= 'red' → one
		@collection.tags.id ?= rels.id && @collection.tags.name ?= 'red' && rels.rank ?= 2 → –
	`, func(expr string) query.Select { return query.Select{Filter: expr} })
	// A rule and a filter are one query, so they share paths, too.
	got := f.run(query.Select{Scope: f.scope("a", nil), Rule: "rels.name ?= 'red'", Filter: "rels.rank ?= 2"})
	if got != "" {
		t.Errorf("rule and filter on one path give %q, want none", got)
	}
}

func TestRestrictedCallers(t *testing.T) {
	f := open(t,
		collection("q1", rule("pub = true"), field("n", &schema.Text{}), field("pub", &schema.Bool{})),
		collection("shut", nil, field("n", &schema.Text{})),
		collection("x", rule(""), field("n", &schema.Text{}), field("r", one("q1")), field("rm", many("q1")),
			hidden(field("h", &schema.Text{})), field("p", &schema.Password{}), field("s", one("shut"))))
	f.insert("q1", row{"id": "A", "n": "A", "pub": true}, row{"id": "B", "n": "B"})
	f.insert("x", row{"id": "x", "n": "1", "r": "A", "rm": []string{"A", "B"}}, row{"id": "y", "n": "1", "r": "B"},
		row{"id": "z"})
	restricted := func(expr string) query.Select { return query.Select{Filter: expr, Restricted: true} }
	cases(t, f, "x", `
		r.n != '' → x
		r.n = 'B' → –
		r.n = '' || n != '' → x z
		rm.n ?= 'B' → –
		rm.n ?= 'A' → x
		r.id = 'B' → y
		rm.id ?= 'B' → –
		# A record that may not be listed says nothing, also by its being an exception.
		rm.n != 'B' → x y z
		rm.n = 'A' → x
		rm.n !~ 'B' → x
		h = '' → E
		h:lower = '' → E
		p = '' → E
		p:lower ~ '$2a$' → E
		strftime('%Y', p) = '' → E
		q1_via_h.n = '' → E
		s.n = '' → E
		s = '' → x y z
		s.id = '' → x y z
		@request.auth.id = '' → E
		@collection.x.n = '' → E
	`, restricted)
	cases(t, f, "q1", `
		x_via_r.n = '1' → A B
		x_via_rm.h = '' → E
		x_via_rm.p ~ '$' → E
	`, restricted)
	cases(t, f, "x", `
		r.n → z x
		-r.n → x z
		rm.n → y z x
		h → E
		p → E
		s.n → E
	`, func(expr string) query.Select { return query.Select{Sort: expr, Restricted: true} })
	if got := f.run(query.Select{Scope: f.scope("x", nil), Rule: "h = '' && p = '' && s.n = '' && r.n = 'B'", Restricted: true}); got != "y" {
		t.Errorf("an unrestricted rule for a restricted caller gives %q, want y", got)
	}
	plan, err := f.planner.Count(query.Select{Scope: f.scope("x", nil), Sort: "r.n", Restricted: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := f.query(plan, 1)[0][0]; got != "2" {
		t.Errorf("a count sorted through records that may not be listed = %s, want 2", got)
	}
}

// TestWhereEnginesDiffer tests comparisons in which the engines differ by default: the order of
// letters, NULL, texts that look like numbers.
func TestWhereEnginesDiffer(t *testing.T) {
	f := open(t, collection("a", nil, field("t", &schema.Text{}), field("n", &schema.Number{}), field("j", &schema.JSON{}), field("r", one("a")),
		field("rs", many("a")), field("s", &schema.Select{Values: []string{"a", "B", "<"}, MaxSelect: 2})))
	f.insert("a",
		row{"id": "1", "t": "x", "n": 2.5, "j": json.RawMessage(`{"a":"B","0":7}`), "s": []string{"B"}, "r": "2"},
		row{"id": "2", "t": strings.Repeat("9", 400), "n": 5e-324, "j": json.RawMessage(`["b",{"a":1e400}]`), "s": []string{"a", "B"}, "rs": []string{"1", "3"}},
		row{"id": "3", "t": "1e999", "j": json.RawMessage(`{"a":"a"}`), "s": []string{"<"}, "r": "gone"},
		row{"id": "4", "t": "5", "n": 5.0, "j": json.RawMessage(`{"a":9007199254740993}`), "r": "3"})
	cases(t, f, "a", `
		j.a < 'a' → 1 4
		j.a >= 'a' → 3
		j.a = 9007199254740992 → –
		j.1.a > 1 → 2
		j.0 = 7 → –
		j.0 = 'b' → 2
		s:each ?< 'a' → 1 2 3
		s:each ?>= 'a' → 2
		s < '["a"' → 1 3
		s ~ '<' → 3
		s ~ 'u003c' → –
		r.rs.t = '' → 2 3 4
		r.rs !~ 'x' → 1 4
		t = n → 4
		t > n → 1 2 3
		n:lower = '2.5' → E
		t:lower = '5' && n ~ '5' → 4
		geoDistance(t, 0, 0, 0) >= 0 → 4
		geoDistance(n, n, n, n) < 1 → 1 2 3 4
		strftime('%Y %w', 0) = '-4713 1' → 1 2 3 4
		strftime('%Y', 0, '1 days', 'unixepoch') = null → 1 2 3 4
	`, func(expr string) query.Select { return query.Select{Filter: expr} })
	cases(t, f, "a", `
		r.rs.n → 2 3 4 1
		r.rs.t:lower → 2 3 4 1
		r.rs.r:length → 2 3 4 1
		-r.rs.r:length → 1 4 3 2
		j.a,-s → 2 4 1 3
		s → 3 1 2 4
	`, func(expr string) query.Select { return query.Select{Sort: expr} })
}
