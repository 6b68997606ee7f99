package api

import (
	"io"
	"slices"
	"testing"

	"github.com/loambase/loam/core"
)

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

func TestUnknownVariables(t *testing.T) {
	root := newRootCommand(&Program{App: core.New(core.Config{})}, io.Discard)
	got := unknownVariables(root, "LOAM_", []string{"LOAM_HTTP=1", "LOAM_DIR=x", "LOAM_ENCRYPTION_ENV=x", "LOAM_BIN=x", "LOAM_HTPP=1", "LOAMY=1", "PATH=/", "LOAM_ENCRYPTON_ENV="})
	want := []string{"LOAM_BIN", "LOAM_ENCRYPTON_ENV (did you mean LOAM_ENCRYPTION_ENV?)", "LOAM_HTPP (did you mean LOAM_HTTP?)"}
	if !slices.Equal(got, want) {
		t.Errorf("unknown variables = %q, want %q", got, want)
	}
}
