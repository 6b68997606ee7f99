package record_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

// bodies returns an iterator over of(0), …, of(n-1).
func bodies(n int, of func(i int) map[string]any) iter.Seq2[map[string]any, error] {
	return func(yield func(map[string]any, error) bool) {
		for i := range n {
			if !yield(of(i), nil) {
				return
			}
		}
	}
}

const gauges = `{"name":"gauges","listRule":"","indexes":["CREATE UNIQUE INDEX idx_gauge ON gauges (name)"],"fields":[
	{"name":"name","type":"text","required":true},{"name":"n","type":"number","max":10000},{"name":"code","type":"text","autogeneratePattern":"[a-z]{6}"},
	{"name":"created","type":"autodate","onCreate":true}]}`

func gauge(i int) map[string]any { return map[string]any{"name": fmt.Sprintf("gauge %d", i), "n": "7"} }

func TestInsertMany(t *testing.T) {
	t.Parallel()
	app := coretest.With(t, gauges)
	list := func() int {
		page, err := app.Records().List(t.Context(), record.Caller{}, "gauges", record.ListParams{PerPage: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer page.Release()
		return page.TotalItems
	}
	list() // caches the total
	var told []change.Change
	app.OnCommitted(func(changes []change.Change) { told = append(told, changes...) })
	app.Hooks().Records.Before.BindFunc(func(*record.WriteEvent) error { return errors.New("a hook runs") }, "gauges")
	n, err := app.Records().InsertMany(t.Context(), "gauges", bodies(4500, gauge))
	if n != 4500 || err != nil || list() != 4500 {
		t.Errorf("InsertMany = %d, %v; the list has %d", n, err, list())
	}
	if len(told) != 3 || told[0].Kind != change.Collection || told[0].Action != change.Rewrite {
		t.Errorf("the change log has %+v", told)
	}
	r, err := app.Records().FindFirst(t.Context(), "gauges", "name", "gauge 4499", false)
	if err != nil || r.Number("n") != 7 || len(r.Text("code")) != 6 || r.Text("created") == "" || len(r.ID()) != 15 {
		t.Errorf("a record is %v, %v", r, err)
	}
	if n, err := app.Records().InsertMany(t.Context(), "gauges", bodies(0, nil)); n != 0 || err != nil {
		t.Errorf("nothing = %d, %v", n, err)
	}
}

// TestInsertManyThatFails counts the records stored after each kind of failure: those of the whole
// transactions before the failure, or none.
func TestInsertManyThatFails(t *testing.T) {
	t.Parallel()
	app := coretest.With(t, gauges, `{"name":"people","type":"auth"}`, `{"name":"papers","fields":[{"name":"scan","type":"file"}]}`)
	broken := errors.New("broken")
	at := func(row int, body map[string]any) iter.Seq2[map[string]any, error] {
		return func(yield func(map[string]any, error) bool) {
			for i := range row {
				if i == row-1 && body == nil {
					yield(nil, broken)
					return
				}
				b := gauge(i)
				if i == row-1 {
					b = body
				}
				if !yield(b, nil) {
					return
				}
			}
		}
	}
	for _, test := range []struct {
		collection string
		rows       iter.Seq2[map[string]any, error]
		stored     int
		want       string
	}{
		{"gauges", at(3, map[string]any{"name": ""}), 0, "row 3: Failed to create record; name: Cannot be blank"},
		{"gauges", at(2003, map[string]any{"name": "x", "n": 20000}), 2000, "row 2003: Failed to create record; n: "},
		{"gauges", at(2003, map[string]any{"name": "gauge 1"}), 2000, "rows up to 2003: Failed to create record; name: "},
		{"gauges", at(5, nil), 0, "row 5: broken"},
		{"people", bodies(1, gauge), 0, "Accounts are created one by one"},
		{"papers", bodies(1, gauge), 0, "Records with files or passwords"},
		{"nothing", bodies(1, gauge), 0, "Missing or invalid collection context"},
	} {
		n, err := app.Records().InsertMany(t.Context(), test.collection, test.rows)
		if n != test.stored || err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("InsertMany into %s = %d, %v; want %d, %s", test.collection, n, err, test.stored, test.want)
		}
		if test.collection == "gauges" {
			if stored, err := app.Records().Count(t.Context(), "gauges"); stored != test.stored || err != nil {
				t.Errorf("%s: %d are stored, %v", test.want, stored, err)
			}
			if err := app.Records().Truncate(t.Context(), record.Root(), "gauges"); err != nil {
				t.Fatal(err)
			}
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if n, err := app.Records().InsertMany(ended, "gauges", bodies(10, gauge)); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %d, %v", n, err)
	}
}

func TestInsertManyInATransaction(t *testing.T) {
	t.Parallel()
	app := coretest.With(t, gauges)
	broken := errors.New("broken")
	for _, want := range []error{broken, nil} {
		err := app.Transaction(t.Context(), func(tx *core.Tx) error {
			if n, err := tx.Records.InsertMany(tx.Context, "gauges", bodies(2500, gauge)); n != 2500 || err != nil {
				t.Errorf("InsertMany = %d, %v", n, err)
			}
			return want
		})
		if !errors.Is(err, want) {
			t.Fatal(err)
		}
		stored, err := app.Records().Count(t.Context(), "gauges")
		if err != nil || (stored == 2500) != (want == nil) {
			t.Errorf("after %v %d are stored, %v", want, stored, err)
		}
	}
}
