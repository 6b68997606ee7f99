package binding

import (
	"strings"
	"testing"
)

func TestExpand(t *testing.T) {
	t.Parallel()
	c := open(t, Config{})
	s := prepare(t, c, `SELECT loam_expand($1, $2)`)
	for _, tt := range []struct{ text, words, want string }{
		{"", "", ""},
		{"plain ü", "one\ntwo", "plain ü"},
		{"\x01-\x02\x01", "one\ntwo", "one-twoone"},
		{"\x03\x01", "one\ntwo", "\x03one"}, // there is no third word
		{"a\x00b\x1f", "one", "a\x00b\x1f"},
		{"\x01\x02", "\nü", "ü"}, // the first word is empty
		{"\x01\x1f", strings.Repeat("x\n", 30) + "last\nmore", "xlast"},
		{strings.Repeat("\x01", 1000), strings.Repeat("w", 1000), strings.Repeat("w", 1_000_000)},
	} {
		s.Reset()
		if err := s.BindText(0, tt.text); err != nil {
			t.Fatal(err)
		}
		if err := s.BindText(1, tt.words); err != nil {
			t.Fatal(err)
		}
		if ok, err := s.Step(); !ok || err != nil {
			t.Fatalf("Step() = %v, %v", ok, err)
		}
		if got := string(s.Bytes(0)); got != tt.want || s.Type(0) != TypeText {
			t.Errorf("loam_expand(%.20q, %.20q) = %.40q, want %.40q", tt.text, tt.words, got, tt.want)
		}
	}
	for _, sql := range []string{`SELECT loam_expand(NULL, 'a')`, `SELECT loam_expand('a', NULL)`} {
		n := prepare(t, c, sql)
		if ok, err := n.Step(); !ok || err != nil || n.Type(0) != TypeNull {
			t.Errorf("%s: %v, %v", sql, ok, err)
		}
	}
	if err := c.Exec(`SELECT loam_expand(replace(hex(zeroblob(40000)), '00', char(1)), hex(zeroblob(1000)))`); err == nil || !strings.Contains(err.Error(), "too big") {
		t.Errorf("a text of 80 MB = %v", err)
	}
}
