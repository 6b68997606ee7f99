package graphql_test

import (
	"os"
	"testing"

	"github.com/loambase/loam/api/graphql/model"
)

// TestSchema compares the schemas of the blog with those that were read before.
func TestSchema(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	for file, superuser := range map[string]bool{"testdata/guest.graphql": false, "testdata/superuser.graphql": true} {
		got := model.Build(b.app.Snapshot(), superuser).SDL()
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || got != string(want) {
			t.Errorf("%s: %v: the schema is now\n%s", file, err, got)
		}
	}
}
