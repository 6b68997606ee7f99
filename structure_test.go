package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestProjectStructure checks that every file and folder in the tree of README.md exists.
func TestProjectStructure(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "## Project structure\n")
	_, rest, _ = strings.Cut(rest, "\n```\n")
	tree, _, ok := strings.Cut(rest, "\n```\n")
	if !ok {
		t.Fatal("README.md has no tree under Project structure")
	}
	names := regexp.MustCompile(`^( *)((?:[\w*.-]+/? )*[\w*.-]+/?)  `)
	var folders []string // the one that is open at each depth
	checked := 0
	for line := range strings.Lines(tree + "\n") {
		m := names.FindStringSubmatch(strings.TrimRight(line, "\n") + "  ")
		if m == nil {
			t.Errorf("not understood: %q", line)
			continue
		}
		folders = folders[:min(len(m[1])/2, len(folders))]
		above := filepath.Join(folders...)
		for name := range strings.FieldsSeq(m[2]) {
			found, err := filepath.Glob(filepath.Join(above, name))
			if checked++; err != nil || len(found) == 0 {
				t.Errorf("%s is not there", filepath.Join(above, name))
			}
			if strings.HasSuffix(name, "/") && name == m[2] {
				folders = append(folders, name)
			}
		}
	}
	if checked < 40 {
		t.Errorf("only %d names were found", checked)
	}
}
