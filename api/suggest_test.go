package api

import "testing"

func TestDidYouMean(t *testing.T) {
	known := []string{"serve", "superuser", "import", "version", "http"}
	for word, want := range map[string]string{
		"sevre": "serve", "serv": "serve", "Serve": "serve", "superusr": "superuser", "htpp": "http", "vesrion": "version",
		"nonsense": "", "x": "", "": "", "help-me": "",
	} {
		if want != "" {
			want = " (did you mean " + want + "?)"
		}
		if got := didYouMean(word, known, ""); got != want {
			t.Errorf("didYouMean(%q) = %q, want %q", word, got, want)
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
