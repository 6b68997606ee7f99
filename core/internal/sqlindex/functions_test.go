package sqlindex

import (
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

func TestForbiddenFunctions(t *testing.T) {
	for sql, want := range map[string]string{
		"lower(a)":                                     "",
		"COALESCE (a, 'printf(x)') || Trim(b)":         "",
		"json_extract(a, '$.b(c)') IN ('x', 'y')":      "",
		"a and (b) or not (c) in (1) is (2)":           "",
		"case when (a) then (b) else (c) end":          "",
		"CAST(a AS varchar(10)) LIKE ('x') ESCAPE '!'": "",
		"`lower`(a)":                     "",
		"printf":                         "",
		"printf = (1)":                   "",
		"printf('%.*c', 900000000, 'x')": "printf",
		"PRINTF\n\t(a)":                  "printf",
		"printf\f(a)":                    "printf",
		"lower(format(a)) || lower(zeroblob(9)) || Format(b)": "format zeroblob",
		`"printf"(a)`:                     "printf",
		"[printf] (a)":                    "printf",
		"`printf`(a)":                     "printf",
		"'printf'(a)":                     "printf",
		`"pri""ntf"(a)`:                   "ntf",
		"main.printf(a)":                  "printf",
		"CAST(printf(a) AS text)":         "printf",
		"(printf(a))":                     "printf",
		"a||printf(a)":                    "printf",
		"-printf(a)":                      "printf",
		"case when printf(a) then(1) end": "printf",
	} {
		ix := store.Index{Columns: []store.IndexColumn{{Name: "id"}}, Where: sql}
		if got := strings.Join(ForbiddenFunctions(ix), " "); got != want {
			t.Errorf("ForbiddenFunctions(WHERE %s) = %s, want %s", sql, got, want)
		}
		ix = store.Index{Columns: []store.IndexColumn{{Name: sql, Sort: "DESC"}}}
		if got := strings.Join(ForbiddenFunctions(ix), " "); got != want {
			t.Errorf("ForbiddenFunctions(%s) = %s, want %s", sql, got, want)
		}
	}
}
