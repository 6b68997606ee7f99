package records

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/request"
)

// A query that takes too long is stopped, and the page has a message in place of the rows.
func TestSlowQuery(t *testing.T) {
	app := coretest.New(t)
	in := coretest.Collection(t, app, `{"name": "growers", "type": "base", "fields": [{"name": "name", "type": "text"}]}`)
	coretest.Record(t, app, "growers", map[string]any{"name": "Arild"})
	c := &console.Call{Config: &console.Config{App: app}, Request: &request.Request{Caller: record.Root()}, R: httptest.NewRequest("GET", "/_/c/growers?filter=name+~+'a'", nil)}
	for most, want := range map[time.Duration]string{time.Nanosecond: "This takes more than 10 seconds", time.Minute: "Arild"} {
		v := viewOf(c, in)
		if err := v.read(c, most); err != nil {
			t.Fatal(err)
		}
		var html strings.Builder
		if err := rows(v).Render(t.Context(), &html); err != nil {
			t.Fatal(err)
		}
		if v.problem != "" || !strings.Contains(html.String(), want) {
			t.Errorf("after %v the page has the problem %q, and no %q:\n%s", most, v.problem, want, html.String())
		}
	}
}
