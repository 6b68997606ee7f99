package wire

import (
	"strings"
	"testing"
)

func TestExcerpt(t *testing.T) {
	t.Parallel()
	tests := []struct {
		max      int
		ellipsis bool
		in, want string
	}{
		{10, true, "", ""},
		{10, true, "plain", "plain"},
		{5, true, "plain", "plain"},
		{4, true, "plain", "plai..."},
		{4, false, "plain", "plai"},
		{6, true, "hello world", "hello..."},
		{7, true, "hello world", "hello w..."},
		{100, true, "  a\n\t b  ", "a b"},
		{100, true, "<p>one</p><p>two</p>", "one two"},
		{100, true, "<h1>A</h1>b<ul><li>c<li>d</ul>e<br>f", "A b c d e f"},
		{100, true, "a<b>b</b><i>c</i> <span>d</span>", "abc d"},
		{100, true, "<div><div> <div>x</div></div></div>y", "x y"},
		{100, true, "a &lt;b&gt; &amp; &eacute;&nbsp;z", "a <b> & é z"},
		{3, true, "äöüß", "äöü..."},
		{2, true, "日本語", "日本..."},
		{100, true, "x<script>alert(1)</script><style>p{}</style>y<!-- c -->z", "xyz"},
		{100, true, "x<form>in</form><button>b</button><select><option>o</select><textarea>t</textarea><svg><text>s</text></svg>y", "xy"},
		{100, true, "<html><head><title>T</title></head><body>b</body></html>", "b"},
		{100, true, "1 < 2 and 3 > 2", "1 < 2 and 3 > 2"},
		{100, true, strings.Repeat("<div>", 1000) + "deep", ""},
		{3, true, "<p>abc</p><p></p>", "abc"},
	}
	for _, test := range tests {
		e := excerpt{max: test.max, ellipsis: test.ellipsis}
		if got := e.of(test.in); got != test.want {
			t.Errorf("excerpt(%d, %t) of %.60q = %q, want %q", test.max, test.ellipsis, test.in, got, test.want)
		}
	}
}
