package blob

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
)

func TestEscape(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ key, want string }{
		{"c/r/f.txt", "c/r/f.txt"},
		{"a//b", "a/__0x2f__b"},
		{"../a", "..__0x2f__a"},
		{"a/../b", "a/..__0x2f__b"},
		{"a/", "a__0x2f__"},
		{"a\nb\x00", "a__0xa__b__0x0__"},
		{"a__0x2f__b", "a__0x5f___0x2f__b"},
		{"___0x2f__", "___0x5f___0x2f__"},
		{"é/ü", "é/ü"},
	} {
		if got := escape(tt.key); got != tt.want {
			t.Errorf("escape(%q) = %q, want %q", tt.key, got, tt.want)
		}
		if got := unescape(tt.want); got != tt.key {
			t.Errorf("unescape(%q) = %q, want %q", tt.want, got, tt.key)
		}
	}
}

func TestFilePathRefuses(t *testing.T) {
	t.Parallel()
	for _, key := range []string{
		"", ".", "..", "/etc/passwd", "a/..", "a/.", "./a", "a/./b", "a/b.attrs", "a/B.ATTRS", "a/.tmp-1", "\xff",
	} {
		if p, err := filePath(key); !errors.Is(err, ErrKey) {
			t.Errorf("filePath(%q) = %q, %v, want %v", key, p, err, ErrKey)
		}
	}
}

// Different keys are different files, and no file is outside of the root.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"c/r/f", "../..//x/", "__0x2f__", "___0x", "__0x2f", "a\x01", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if got := unescape(escape(key)); got != key {
			t.Errorf("unescape(escape(%q)) = %q", key, got)
		}
		p, err := filePath(key)
		if err != nil {
			return
		}
		if !fs.ValidPath(p) || p == "." || strings.Contains("/"+p+"/", "/../") {
			t.Errorf("filePath(%q) = %q", key, p)
		}
	})
}
