package main_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	// citation matches "docs/wire/FILE §3.1", and more sections that follow. The file and the
	// sections may be on successive lines of a comment.
	citation = regexp.MustCompile(`([a-z0-9.-]+\.md)((?:[\s/]|,|and|to)*(§\d+(?:\.\d+)*)(?:\s+row\s+\d+)?)+`)
	section  = regexp.MustCompile(`§(\d+(?:\.\d+)*)(?:\s+row\s+(\d+))?`)
	heading  = regexp.MustCompile(`(?m)^#{2,4} (\d+(?:\.\d+)*)\.? `)
	row      = regexp.MustCompile(`(?m)^(?:\| )?(\d+)(?:\.| \|)`)
)

// TestWireCitations checks that the cited sections and rows of the wire contract exist.
func TestWireCitations(t *testing.T) {
	t.Parallel()
	sections := map[string]map[string]bool{}
	files, err := filepath.Glob("docs/wire/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sections[filepath.Base(file)] = sectionsOf(string(text))
	}
	cited := 0
	err = filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && (name == "node_modules" || name == "testdata" || len(name) > 1 && name[0] == '.') {
			return filepath.SkipDir
		}
		if ext := filepath.Ext(name); entry.IsDir() || ext != ".go" && ext != ".md" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, c := range citation.FindAllStringSubmatch(string(text), -1) {
			known, ok := sections[c[1]]
			if !ok {
				t.Errorf("%s cites %s, which is not in docs/wire", path, c[1])
				continue
			}
			for _, s := range section.FindAllStringSubmatch(c[0], -1) {
				want := s[1]
				if s[2] != "" {
					want += " row " + s[2]
				}
				if cited++; !known[want] {
					t.Errorf("%s cites %s §%s, which does not exist", path, c[1], want)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if cited < 50 {
		t.Errorf("only %d citations were found", cited)
	}
}

// sectionsOf returns the numbered sections of a page, like "5.7", and the numbered rows of
// sections, like "10 row 17".
func sectionsOf(page string) map[string]bool {
	known := map[string]bool{}
	at := heading.FindAllStringSubmatchIndex(page, -1)
	for i, h := range at {
		number, end := page[h[2]:h[3]], len(page)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		known[number] = true
		for _, r := range row.FindAllStringSubmatch(page[h[1]:end], -1) {
			known[fmt.Sprintf("%s row %s", number, r[1])] = true
		}
	}
	return known
}

// TestWireLinks checks that the links of the pages lead to files of this repository.
func TestWireLinks(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#:]+)\)`)
	code := regexp.MustCompile("(?s)```.*?```|`[^`\n]*`") // code is removed, because generic Go looks like a link
	files, err := filepath.Glob("docs/wire/*.md")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	designs, err := filepath.Glob("core/*/DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(append(append(files, more...), designs...), "README.md", "CONTRIBUTING.md", "core/DESIGN.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range link.FindAllStringSubmatch(code.ReplaceAllString(string(text), ""), -1) {
			if strings.HasPrefix(l[1], "<") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), l[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", file, l[1])
			}
		}
	}
}
