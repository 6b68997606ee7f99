package record

import (
	"strings"
	"testing"
)

func formatBranches(list []*Node) string {
	var parts []string
	for _, b := range list {
		s := b.Relation
		if len(b.Children) > 0 {
			s += "(" + formatBranches(b.Children) + ")"
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " ")
}

func TestParseExpand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{" ,., ,..", ""},
		{"a", "a"},
		{"b,a", "a b"},
		{"a,a", "a"},
		{" a . b , c ", "a(b) c"},
		{".a.", "a"},
		{"a.b,a", "a(b)"},
		{"a,a.b", "a(b)"},
		{"a.b,a.c,a.b.d", "a(b(d) c)"},
		{"ab,a.b,a", "a(b) ab"},
		{"a(x).y,a,a.b", "a(b) a(x)(y)"},
		{"a..b", "a((b))"},
		{"1.2.3.4.5.6.7.8", "1(2(3(4(5(6)))))"},
		{"1.2.3.4.5.6.7,1.2.3.4.5.6.8", "1(2(3(4(5(6)))))"},
	} {
		if got := formatBranches(parseExpand(c.in)); got != c.want {
			t.Errorf("parseExpand(%q) = %s, want %s", c.in, got, c.want)
		}
	}
}
