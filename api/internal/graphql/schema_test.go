package graphql_test

import (
	"os"
	"testing"

	"github.com/loambase/loam/api/internal/graphql/model"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
)

// TestSchema compares the schemas of the blog with the files in testdata.
func TestSchema(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	for file, superuser := range map[string]bool{"testdata/guest.graphql": false, "testdata/superuser.graphql": true} {
		got := model.Build(b.app.Snapshot(), superuser, nil).SDL()
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

// TestSchemaOutlivesARestart opens the collections of the blog again.
func TestSchemaOutlivesARestart(t *testing.T) {
	t.Parallel()
	config := core.Config{Dir: t.TempDir(), DB: coretest.DB(t), HashCost: 4}
	for _, time := range []string{"first", "second"} {
		app := core.New(config)
		if err := app.Open(t.Context(), core.Serve); err != nil {
			t.Fatal(err)
		}
		if time == "first" {
			(&blog{t: t, app: app}).collections()
		}
		got := model.Build(app.Snapshot(), true, nil).SDL()
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile("testdata/superuser.graphql")
		if err != nil || got != string(want) {
			t.Errorf("the %s time: %v: the schema is\n%s", time, err, got)
		}
	}
}
