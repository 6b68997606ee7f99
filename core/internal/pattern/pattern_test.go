package pattern

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestGenerate(t *testing.T) {
	for _, pattern := range []string{"", "abc", "[a-z0-9]{15}", "[a-zA-Z0-9]{50}", "^x(a|bc|d)?y+z*$", `\d{2,4}-\w+`, "(ab){3}", ".{5}", "ä[ö-ü]", "[^a-z]{8}", "(?i)hey"} {
		re := regexp.MustCompile("^(?:" + pattern + ")$")
		for range 20 {
			got, err := Generate(pattern)
			if err != nil || !re.MatchString(got) {
				t.Errorf("Generate(%q) = %q, %v, want a text that matches", pattern, got, err)
			}
		}
	}
	var words []string
	for i := range 70_000 {
		words = append(words, strconv.Itoa(i)+"x")
	}
	if got, err := Generate(strings.Join(words, "|")); err != nil || !strings.HasSuffix(got, "x") {
		t.Errorf("Generate of 70000 words = %q, %v, want one of them", got, err)
	}
	for _, pattern := range []string{"(", `a\b`, `(((a{900}){900}){9})`, `[^\x00-\x{10FFFF}]`, `((((((((()+)+)+)+)+)+)+)+)+`} {
		if got, err := Generate(pattern); err == nil {
			t.Errorf("Generate(%q) = %d bytes, want an error", pattern, len(got))
		}
	}
}

func BenchmarkGenerate(b *testing.B) {
	for _, pattern := range []string{"[a-z0-9]{15}", "[a-zA-Z0-9]{50}"} {
		b.Run(pattern, func(b *testing.B) {
			b.ReportAllocs()
			p, err := Parse(pattern)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := p.Generate(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
