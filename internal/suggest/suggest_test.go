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
