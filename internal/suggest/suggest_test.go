package suggest

import "testing"

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"role", "Title", "id", "author", "auth"}
	for word, want := range map[string]string{"rol": "role", "roel": "role", "titel": "Title", "autor": "author", "aut": "auth", "x": "", "nothing": "", "": ""} {
		if got := Nearest(word, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abc", "abd", 1}, {"ab", "xaby", 2}, {"kitten", "sitting", 3},
	} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("distance(%q, %q) = %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
