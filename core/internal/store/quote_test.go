package store

import "testing"

func TestQuote(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"posts":    `"posts"`,
		"":         `""`,
		`evil"x`:   `"evil""x"`,
		`"`:        `""""`,
		"a.b`c'd;": "\"a.b`c'd;\"",
	} {
		if got := Quote(name); got != want {
			t.Errorf("Quote(%q) = %s, want %s", name, got, want)
		}
	}
}
