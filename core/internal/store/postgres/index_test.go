package postgres

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

func TestTranslateIndex(t *testing.T) {
	columns := map[string]string{"id": "text", "Title": "text", "n": "double precision", "ok": "boolean",
		"tags": "jsonb", "meta": "json", `quo"te`: "text"}
	for _, test := range []struct{ column, collate, sort, where, want string }{
		{"id", "", "", "", `("id")`},
		{"title", "", "DESC", "", `("Title" DESC)`},
		{"Title", "NOCASE", "ASC", "", `((lower("Title")) ASC)`},
		{"title", "binary", "", "", `("Title")`},
		{"n", "nocase", "", "", `("n")`},
		{`quo"te`, "", "", "", `("quo""te")`},
		{"lower(`Title`)", "", "", "", `((lower ( "Title" )))`},
		{"[n] + 1", "", "", "", `(("n" + 1))`},
		{"id", "", "", "title != ''", `("id") WHERE "Title" != ''`},
		{"id", "", "", "`ok` == 1 AND NOT ok", `("id") WHERE ("ok")::int = 1 AND NOT ("ok")::int`},
		{"id", "", "", `"Title" = "it's"`, `("id") WHERE "Title" = 'it''s'`},
		{"id", "", "", "tags != '[]' or Meta is not null", `("id") WHERE ("tags")::text != '[]' OR ("meta")::text IS NOT NULL`},
		{"id", "", "", "n>1.5 and ifnull(n,0)<=2", `("id") WHERE "n" > 1.5 AND COALESCE ( "n" , 0 ) <= 2`},
		{"nothing", "", "", "", ""},
		{"random()", "", "", "", ""},
		{"pg_sleep(9)", "", "", "", ""},
		{"id", "RTRIM", "", "", ""},
		{"id", "", "", "n = 1; DROP TABLE users", ""},
		{"id", "", "", "n = 1 -- all", ""},
		{"id", "", "", "n = 1 /* all */", ""},
		{"id", "", "", "n = 'open", ""},
		{"id", "", "", "n = $1", ""},
		{"id", "", "", "n = E'x'", ""},
		{"id", "", "", "n::text = 1", ""},
		{"id", "", "", "title = 'A' COLLATE NOCASE", ""},
		{"id", "", "", "1.2.3 = n", ""},
	} {
		ix := store.Index{Name: "i", Table: "t", Where: test.where,
			Columns: []store.IndexColumn{{Name: test.column, Collate: test.collate, Sort: test.sort}}}
		got, err := translateIndex(ix, columns)
		var refused *store.StatementError
		if test.want == "" {
			if !errors.As(err, &refused) {
				t.Errorf("translateIndex(%s) = %s, %v, want a StatementError", ix, got.whole(), err)
			}
			continue
		}
		if want := `CREATE INDEX "i" ON "t" ` + test.want; err != nil || got.whole() != want {
			t.Errorf("translateIndex(%s) = %s, %v, want %s", ix, got.whole(), err, want)
		}
	}
}

// The functions that index expressions may call on PostgreSQL are those of store.IsIndexFunction.
func TestIndexFunctions(t *testing.T) {
	keywords := "AND OR NOT IS NULL IN BETWEEN LIKE ISNULL NOTNULL TRUE FALSE CASE WHEN THEN ELSE END"
	for word := range words() {
		if isKeyword := slices.Contains(strings.Fields(keywords), word); isKeyword == store.IsIndexFunction(word) {
			t.Errorf("IsIndexFunction(%s) = %v", word, isKeyword)
		}
	}
}

// The translation of any text consists of known tokens.
func FuzzExpression(f *testing.F) {
	for _, seed := range []string{"a != ''", `"x" == 'it''s' AND [n] > 1.5e3`, "lower(`a`) COLLATE NOCASE", "'", "\"", "--", "/*", "$1", "a;b", "é"} {
		f.Add(seed)
	}
	columns := map[string]string{"a": "text", "n": "double precision", "b": "boolean"}
	f.Fuzz(func(t *testing.T, sql string) {
		out, err := translator{columns}.expression(sql)
		if err != nil {
			return
		}
		for rest := out; ; {
			token, kind, after := nextToken(rest)
			if kind == tokenBad && token == "" && len(after) > 0 && after[0] != ':' {
				t.Fatalf("expression(%q) = %q: what is that at %q", sql, out, after)
			}
			if kind == tokenEnd {
				return
			}
			if rest = after; kind == tokenBad { // a cast, the only token that is not SQLite's
				rest = after[2:]
			}
		}
	})
}
