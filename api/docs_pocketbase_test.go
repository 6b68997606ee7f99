package api_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestPocketBaseCalls checks that each call of Loam in the tables of the page on PocketBase's
// framework also occurs in a program of the page. TestDocsCompile compiles the programs.
func TestPocketBaseCalls(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/from-pocketbase-framework.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	programs := strings.Join(regexp.MustCompile("(?ms)^```go\n.*?^```$").FindAllString(page, -1), "\n")
	calls := 0
	for _, row := range regexp.MustCompile(`(?m)^\| [^|]+ \| ([^|]+) \|$`).FindAllStringSubmatch(page, -1) {
		for _, call := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[1], -1) {
			calls++
			name := call[1]
			if strings.HasPrefix(name, "h.") { // a method of any hook
				name = name[1:] + "("
			}
			if !strings.Contains(programs, name) && name != "e.Method" {
				t.Errorf("%s is in no program of the page", call[1])
			}
		}
	}
	if calls < 140 {
		t.Errorf("the tables have %d calls of ours, want those of the whole contract", calls)
	}
}
