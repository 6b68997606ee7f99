package schema

import (
	"strings"
	"testing"
)

func TestRandomString(t *testing.T) {
	seen := map[string]bool{}
	counts := map[rune]int{}
	for range 2000 {
		s := RandomString(15, AlphabetID)
		if len(s) != 15 || strings.Trim(s, AlphabetID) != "" || seen[s] {
			t.Fatalf("RandomString(15) = %q, want 15 characters of the alphabet, never the same", s)
		}
		seen[s] = true
		for _, c := range s {
			counts[c]++
		}
	}
	for _, c := range AlphabetID { // expected are 833 of each; 5 standard deviations are 143
		if n := counts[c]; n < 690 || n > 976 {
			t.Errorf("%q came %d times in 30000, want about 833", c, n)
		}
	}
	if got := RandomString(0, AlphabetToken); got != "" {
		t.Errorf("RandomString(0) = %q, want nothing", got)
	}
	if got := len(RandomString(1000, AlphabetToken)); got != 1000 {
		t.Errorf("RandomString(1000) has %d characters", got)
	}
}

func BenchmarkRandomString(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		RandomString(15, AlphabetID)
	}
}
