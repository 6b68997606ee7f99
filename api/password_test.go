package api

import (
	"io"
	"strings"
	"testing"
)

func TestReadPassword(t *testing.T) {
	for in, want := range map[string]string{
		"secret\n": "secret", "secret": "secret", "secret\r\n": "secret", " with blanks \nmore": " with blanks ", "": "", "\n": "",
	} {
		got, err := readPassword(strings.NewReader(in), io.Discard)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("readPassword(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}
