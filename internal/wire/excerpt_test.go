package wire

import (
	"fmt"
	"strings"
	"testing"
	"time"
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
		{100, true, strings.Repeat("<div>", 1000) + "deep", "deep"},
		{100, true, "<head><title>T</title>b", "b"},
		{100, true, "<title>T</title>b", "b"},
		{100, true, "<head><meta charset=x><p>b</p>", "b"},
		{100, true, "<div><form>a</div>b", "b"},
		{100, true, "<form><p>a<form>b</form>c", "c"},
		{100, true, "<svg/>a<svg><g><svg></svg>b</g></svg>c<img src=x>d", "acd"},
		{100, true, "<x-y>a</x-y>b", "a b"},
		{100, true, "<picture><source><img></picture>a", "a"},
		{100, true, "a<iframe><p>b</iframe>c", "ac"},
		{100, true, "a<!doctype html>b<![CDATA[c]]>d</>e<", "abde<"},
		{1, true, "a<", "a..."},
		{3, true, "<p>abc</p><p></p>", "abc"},
	}
	for _, test := range tests {
		e := excerpt{max: test.max, ellipsis: test.ellipsis}
		if got := e.of(test.in, nil); got != test.want {
			t.Errorf("excerpt(%d, %t) of %.60q = %q, want %q", test.max, test.ellipsis, test.in, got, test.want)
		}
	}
}

// TestExcerptOfHostileTexts checks that the time grows linearly with the length. A parser that
// builds a tree needs quadratic time: it took seconds for a quarter of these texts.
func TestExcerptOfHostileTexts(t *testing.T) {
	t.Parallel()
	const n = 10_000
	var attributes strings.Builder
	for i := range n {
		fmt.Fprintf(&attributes, "<html a%d=1>", i)
	}
	for name, text := range map[string]string{
		"attributes of html": strings.Repeat(attributes.String(), 4),
		"of body":            strings.ReplaceAll(attributes.String(), "html", "body"),
		"misnested":          strings.Repeat("<b><i>x</b></i>", n),
		"formatting":         strings.Repeat("<b a1><p>", n),
		"dropped":            strings.Repeat("<form><svg><select>", n),
		"one long tag":       "<p " + strings.Repeat("a ", 10*n),
		"ampersands":         strings.Repeat("&", 10*n),
		"tables":             strings.Repeat("<table><tr>x", n),
	} {
		e := excerpt{max: 1 << 30}
		began := time.Now()
		e.of(text, nil)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: %v for %d bytes", name, took, len(text))
		}
	}
}

func TestExcerptEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	close(done)
	if got := (&excerpt{max: 5}).of("text", done); got != "" {
		t.Errorf("an excerpt after the end: %q", got)
	}
}

func BenchmarkExcerpt(b *testing.B) {
	text := strings.Repeat("<p>Some <b>text</b> of <a href=x>an article</a>.</p>", 200)
	for b.Loop() {
		(&excerpt{max: 200}).of(text, nil)
	}
}
