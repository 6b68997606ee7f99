package records

import (
	"context"
	"strings"
	"testing"

	"github.com/loambase/loam/admin/internal/sheet"
	"github.com/loambase/loam/admin/internal/task"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

// A page whose data were read during a check, and which is rendered after its end, still reloads
// the outcome.
func TestPageOfACheckThatEndsMeanwhile(t *testing.T) {
	app := coretest.New(t)
	in := coretest.Collection(t, app, `{"name": "growers", "type": "base", "fields": [{"name": "name", "type": "text"}]}`)
	var work func(context.Context) error
	tasks := task.New(func(_ string, fn func(context.Context) error) { work = fn }, app.Now)
	job, err := sheet.New(app, tasks).Open(t.Context(), in.Name, "a.csv", strings.NewReader("name\nArild\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := job.Check(record.Root()); err != nil {
		t.Fatal(err)
	}
	i := &importing{View: job.View(), in: in, job: job, all: app.Snapshot()}
	if err := work(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, page := range []struct{ name, want string }{{"while it ran", `hx-trigger="load delay:400ms"`}, {"after its end", "Import 1 row<"}} {
		var html strings.Builder
		if err := importPart(i).Render(t.Context(), &html); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(html.String(), page.want) {
			t.Errorf("the page %s has no %q:\n%s", page.name, page.want, html.String())
		}
		i.View = job.View()
	}
}
