package blob

import (
	"regexp"
	"strings"
	"testing"
)

func TestStoredName(t *testing.T) {
	t.Parallel()
	random := func(n int) string { return strings.Repeat("x", n) }
	for _, tt := range []struct{ original, detected, want string }{
		// The examples of the contract, records.md §7.3.
		{"Héllo Wörld.tar.gz", ".gz", "h_llo_w_rld_xxxxxxxxxx.tar.gz"},
		{"UPPER Case.TXT", ".txt", "upper_case_xxxxxxxxxx.TXT"},
		{"a.txt", ".txt", "axxxxxxxxxx_xxxxxxxxxx.txt"},
		{"noext", ".txt", "noext_xxxxxxxxxx.txt"},
		{"..", ".txt", "xxxxxxxxxx_xxxxxxxxxx.txt"},

		{"", "", "xxxxxxxxxx_xxxxxxxxxx"},
		{"binary", "", "binary_xxxxxxxxxx"},
		{"dot.", ".png", "dot_xxxxxxxxxx.png"},
		{".gitignore", ".txt", "xxxxxxxxxx_xxxxxxxxxx.gitignore"},
		{"a.b.c.d", "", "a_b_xxxxxxxxxx.c.d"},
		{"..foo..", ".txt", "foo_xxxxxxxxxx.txt"},
		{"fooBarBAZ9Qux.jpg", "", "foo_bar_baz9_qux_xxxxxxxxxx.jpg"},
		{"__a--b__c d.e_f", "", "a_b_c_d_xxxxxxxxxx.e_f"},
		{"документ.pdf", ".pdf", "xxxxxxxxxx_xxxxxxxxxx.pdf"},
		{"файл.документ", ".pdf", "xxxxxxxxxx_xxxxxxxxxx.pdf"},
		{"name.sh ; rm -rf *", ".txt", "name_xxxxxxxxxx.shrm-rf*"},
		{"../../etc/passwd", ".txt", "xxxxxxxxxx_xxxxxxxxxx.etcpasswd"},
		{`C:\dir\file.txt`, ".txt", "c_dir_file_xxxxxxxxxx.txt"},
		{"nul\x00tab\t.txt", ".txt", "nul_tab_xxxxxxxxxx.txt"},
		{"file.<script>", ".html", "file_xxxxxxxxxx.script"},
		{strings.Repeat("b", 400) + ".txt", "", strings.Repeat("b", 100) + "_xxxxxxxxxx.txt"},
		{"long." + strings.Repeat("e", 16) + "12345678", "", "long_xxxxxxxxxx." + strings.Repeat("e", 12) + "12345678"},
		{"long.ab." + strings.Repeat("e", 18), "", "long_xxxxxxxxxx.b." + strings.Repeat("e", 18)},
		{"long.abc." + strings.Repeat("e", 19), "", "long_xxxxxxxxxx." + strings.Repeat("e", 19)},
		{"ünï.\xff\xfe", ".txt", "nxxxxxxxxxx_xxxxxxxxxx.txt"},
	} {
		got := storedName(tt.original, tt.detected, random)
		if got != tt.want {
			t.Errorf("storedName(%q, %q) = %q, want %q", tt.original, tt.detected, got, tt.want)
		}
	}
}

// For any name that a client sends, the stored name is valid as a file name, in a key and in a URL,
// and a record accepts it.
func FuzzStoredName(f *testing.F) {
	for _, s := range []string{"a.txt", "..", "a/../b.tar.gz", "\x00", strings.Repeat("é", 200), "x.attrs", ".tmp-1"} {
		f.Add(s)
	}
	safe := regexp.MustCompile(`^[a-z0-9][a-z0-9_]*_[a-z0-9]{10}(\.[a-zA-Z0-9_.*\-+=#]{1,20})?$`)
	f.Fuzz(func(t *testing.T, original string) {
		name := storedName(original, ".bin", randomName)
		if !safe.MatchString(name) || len(name) > 150 || strings.HasSuffix(name, ".") {
			t.Errorf("storedName(%q) = %q", original, name)
		}
	})
}

func TestRandomName(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	counts := map[rune]int{}
	for range 2000 {
		s := randomName(10)
		if len(s) != 10 || seen[s] {
			t.Fatalf("randomName(10) = %q", s)
		}
		seen[s] = true
		for _, r := range s {
			counts[r]++
		}
	}
	if len(counts) != 36 {
		t.Errorf("randomName uses %d characters, want 36", len(counts))
	}
	for r, n := range counts { // 556 expected; seven standard deviations
		if n < 390 || n > 720 {
			t.Errorf("randomName gives %q %d times of 20000", r, n)
		}
	}
}
