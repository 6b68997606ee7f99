package graphql_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestQueries sends the queries in testdata/queries and compares the answers.
func TestQueries(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	golden(t, "testdata/queries/*.txtar", func(testing.TB) *blog { return b })
}

// golden sends the queries in the files, and compares the answers with those in the files. blogOf
// returns the blog for a file. A query may have the comments "# as NAME" and "# vars JSON".
func golden(t *testing.T, pattern string, blogOf func(testing.TB) *blog) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	for _, file := range files {
		b := blogOf(t)
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var asked []txtar.File
		want := map[string]string{}
		for _, f := range archive.Files {
			want[f.Name] = string(f.Data)
		}
		for _, f := range archive.Files {
			name, isQuery := strings.CutSuffix(f.Name, ".graphql")
			if !isQuery {
				continue
			}
			got := b.asked(string(f.Data))
			asked = append(asked, f, txtar.File{Name: name + ".json", Data: []byte(got)})
			if got != want[name+".json"] && !*update {
				t.Errorf("%s: %s:\n%s\nwant\n%s", filepath.Base(file), name, got, want[name+".json"])
			}
		}
		if *update {
			archive.Files = asked
			if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// asked sends a query as its comments say, and returns the indented answer.
func (b *blog) asked(query string) string {
	as, vars := "", object{}
	for line := range strings.Lines(query) {
		if name, ok := strings.CutPrefix(line, "# as "); ok {
			as = strings.TrimSpace(name)
		} else if text, ok := strings.CutPrefix(line, "# vars "); ok {
			d := json.NewDecoder(strings.NewReader(text))
			d.UseNumber()
			if err := d.Decode(&vars); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	answer := b.ask(as, query, vars)
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(answer), "", "  "); err != nil {
		b.t.Fatalf("%s: %v: %s", query, err, answer)
	}
	return short(out.String()) + "\n"
}

// short joins the lines of each list and of each object that fits into one line.
func short(text string) string {
	const most = 100
	lines := strings.Split(text, "\n")
	indent := func(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
	var out []string
	for i := 0; i < len(lines); i++ {
		line, end := lines[i], i
		if strings.HasSuffix(line, "{") || strings.HasSuffix(line, "[") {
			for end = i + 1; indent(lines[end]) > indent(line); end++ {
			}
		}
		joined := line
		for _, more := range lines[i+1 : end+1] {
			joined += " " + strings.TrimSpace(more)
		}
		if len(joined) <= most {
			line, i = joined, end
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}
