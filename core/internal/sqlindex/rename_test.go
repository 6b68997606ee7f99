package sqlindex

import "testing"

func TestRenameInExpression(t *testing.T) {
	renamed := map[string]string{"a": "x", "text": "words", "lower": "upper", "b": "order", "c": "from"}
	for sql, want := range map[string]string{
		"a != ''":                              "x != ''",
		"A IS NOT NULL":                        "x IS NOT NULL",
		"a != 'a' AND `a` <> \"a\" or [a] = 1": "x != 'a' AND `x` <> \"x\" or [x] = 1",
		"lower( lower )":                       "lower( upper )",
		"lower (a)  ||'b'":                     "lower (x)  ||'b'",
		"CAST(a AS text) = text":               "CAST(x AS text) = words",
		"a COLLATE a":                          "x COLLATE a",
		"aa = a_a and t.a = 1":                 "aa = a_a and t.x = 1",
		"b > 1":                                "`order` > 1",
		"c > 1":                                "`from` > 1",
		"json_extract(a, '$.a') = 'it''s a'":   "json_extract(x, '$.a') = 'it''s a'",
		"":                                     "",
	} {
		if got := renameInExpression(sql, renamed); got != want {
			t.Errorf("renameInExpression(%q) = %q, want %q", sql, got, want)
		}
	}
}

func TestMentions(t *testing.T) {
	for _, test := range []struct {
		expression, column string
		want               bool
	}{
		{"a", "A", true}, {"lower(a)", "a", true}, {"lower(`a`) || b", "b", true}, {"lower('a')", "a", false},
		{"lower(lower)", "lower", true}, {"lower(x)", "lower", false}, {"aa", "a", false},
	} {
		if got := Mentions(test.expression, test.column); got != test.want {
			t.Errorf("Mentions(%q, %q) = %v", test.expression, test.column, got)
		}
	}
}
