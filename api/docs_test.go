package api_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocsCompile checks that the programs in the pages for embedders compile.
func TestDocsCompile(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles")
	}
	t.Parallel()
	block := regexp.MustCompile("(?ms)^```go\n(package main\n.*?)^```$")
	for page, want := range map[string]int{"../docs/embedding.md": 1, "../docs/routes.md": 1, "../docs/migrations.md": 1, "../docs/hooks.md": 1, "../docs/jobs.md": 1,
		"../docs/records-in-go.md": 1, "../docs/console-pages.md": 1, "../docs/from-pocketbase-framework.md": 1} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		programs := block.FindAllStringSubmatch(string(text), -1)
		if len(programs) != want {
			t.Errorf("%s has %d programs, want %d", page, len(programs), want)
		}
		for i, program := range programs {
			file := filepath.Join(t.TempDir(), "main.go")
			if err := os.WriteFile(file, []byte(program[1]), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command("go", "vet", file).CombinedOutput(); err != nil {
				t.Errorf("program %d of %s: %v\n%s", i+1, page, err, out)
			}
			if out, err := exec.Command("gofmt", "-l", file).CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != "" {
				t.Errorf("program %d of %s is not formatted: %v", i+1, page, err)
			}
		}
	}
}
