package sqlindex

import (
	"reflect"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

func TestParseIndex(t *testing.T) {
	col := func(names ...string) (list []store.IndexColumn) {
		for _, n := range names {
			list = append(list, store.IndexColumn{Name: n})
		}
		return list
	}
	for _, c := range []struct {
		text string
		want store.Index
	}{
		{"CREATE INDEX i ON t (a)", store.Index{Name: "i", Table: "t", Columns: col("a")}},
		{"create unique index if not exists `i` on \"t\" ('a', [b])",
			store.Index{Name: "i", Table: "t", Unique: true, IfNotExists: true, Columns: col("a", "b")}},
		{"CREATE INDEX main.i ON t(a);", store.Index{Name: "i", Table: "t", Columns: col("a")}},
		{"CREATE INDEX `main`.`i` ON t(a)", store.Index{Name: "i", Table: "t", Columns: col("a")}},
		{"CREATE\n\tINDEX\ni\nON\nt\n(\n  a,\n  b\n)", store.Index{Name: "i", Table: "t", Columns: col("a", "b")}},
		{"CREATE INDEX i ON t (a COLLATE NOCASE DESC, `b` collate `binary`, c asc)", store.Index{Name: "i", Table: "t",
			Columns: []store.IndexColumn{{Name: "a", Collate: "NOCASE", Sort: "DESC"}, {Name: "b", Collate: "binary"}, {Name: "c", Sort: "ASC"}}}},
		{"CREATE INDEX i ON t (lower(a), json_extract(b, '$.x,y') DESC, a || ')')", store.Index{Name: "i", Table: "t",
			Columns: []store.IndexColumn{{Name: "lower(a)"}, {Name: "json_extract(b, '$.x,y')", Sort: "DESC"}, {Name: "a || ')'"}}}},
		{"CREATE INDEX i ON t (a) WHERE a != '' AND b IN (1, 2)",
			store.Index{Name: "i", Table: "t", Columns: col("a"), Where: "a != '' AND b IN (1, 2)"}},
		{"CREATE INDEX `select` ON `order` (`group`)", store.Index{Name: "select", Table: "order", Columns: col("group")}},
		{"CREATE INDEX on_t ON t (a) WHERE a = ';--'", store.Index{Name: "on_t", Table: "t", Columns: col("a"), Where: "a = ';--'"}},
	} {
		got, err := Parse(c.text)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("Parse(%q) = %+v, %v, want %+v", c.text, got, err, c.want)
		}
		again, err := Parse(got.String())
		if err != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("Parse(Parse(%q).String()) = %+v, %v, want %+v", c.text, again, err, got)
		}
	}
}

func TestParseIndexRefuses(t *testing.T) {
	for _, text := range []string{
		"", "CREATE", "CREATE INDEX", "DROP TABLE t", "CREATE INDEX ON t (a)", "CREATE INDEX i t (a)", "CREATE INDEX i ON (a)",
		"CREATE INDEX i ON t", "CREATE INDEX i ON t ()", "CREATE INDEX i ON t (a,)", "CREATE INDEX i ON t (a", "CREATE INDEX i ON t (a) x",
		"CREATE INDEX i ON t (a) WHERE", "CREATE INDEX i ON t (a) WHERE (", "CREATE INDEX i ON t (a) WHERE 1) ; DROP TABLE t; --",
		"CREATE INDEX i ON t (a) WHERE a = 1; DROP TABLE t", "CREATE INDEX i ON t (a); DROP TABLE t", "CREATE INDEX i ON t (a) WHERE a -- x",
		"CREATE INDEX i ON t (a) /* x */", "CREATE INDEX `i`` ON t (a)", "CREATE INDEX `i\x00` ON t (a)", "CREATE INDEX i ON t ('a)",
		"CREATE INDEX IF EXISTS i ON t (a)", "CREATEINDEX i ON t (a)", "CREATE UNIQUEINDEX i ON t (a)", "CREATE INDEX i ON t (lower(a)",
		"CREATE INDEX i\x00 ON t (a)", "CREATE INDEX i ON t (a) WHERE a = '\x00'",
	} {
		if got, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) = %+v, want an error", text, got)
		}
	}
}

func TestIndexString(t *testing.T) {
	for in, want := range map[string]string{
		"create index i on t (a)":                            "CREATE INDEX `i` ON `t` (`a`)",
		"create unique index i on t (a, b desc)":             "CREATE UNIQUE INDEX `i` ON `t` (\n  `a`,\n  `b` DESC\n)",
		"create index if not exists i on t(lower(a))":        "CREATE INDEX IF NOT EXISTS `i` ON `t` (lower(a))",
		"create index i on t (a collate nocase) where a!=''": "CREATE INDEX `i` ON `t` (`a` COLLATE nocase) WHERE a!=''",
		"create index \"i\"\"j\" on `t``u` (a)":              "CREATE INDEX `i\"j` ON `t``u` (`a`)",
		"create index [i`] on 't''u' (a)":                    "CREATE INDEX `i``` ON `t'u` (`a`)",
	} {
		ix, err := Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := ix.String(); got != want {
			t.Errorf("Parse(%q).String() = %q, want %q", in, got, want)
		}
	}
}

func FuzzParseIndex(f *testing.F) {
	for _, s := range []string{"CREATE UNIQUE INDEX IF NOT EXISTS `a`.[b] ON \"c\" (d COLLATE x DESC, e(f), 'g') WHERE h = ')'", "CREATE INDEX i ON t (a b)", "create index"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ix, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(ix.String())
		if err != nil || !reflect.DeepEqual(again, ix) {
			t.Errorf("Parse(%q) = %+v, but of its canonical form %q it is %+v, %v", text, ix, ix.String(), again, err)
		}
	})
}
