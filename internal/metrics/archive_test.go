package metrics

import (
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/logs"
)

// TestHistoryIsInTheLogs opens an app twice: the History of the second app has the samples that the
// first app has stored.
func TestHistoryIsInTheLogs(t *testing.T) {
	t.Parallel()
	c := core.Config{Dir: t.TempDir(), DB: enginetest.URL(t)}
	app := coretest.Open(t, c)
	h := New(config(app)).History
	sample := logs.Sample{At: app.Config.Now().Add(-time.Minute), Period: time.Minute, Values: map[string]float64{"requests": 4}}
	if err := h.stored.KeepSample(t.Context(), h.node, sample); err != nil {
		t.Fatal(err)
	}
	if err := h.stored.KeepSample(t.Context(), "another server", sample); err != nil {
		t.Fatal(err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	again := New(config(coretest.Open(t, c))).History
	if err := again.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if day := again.Day(); len(day.At) != 1 || *day.Values["requests"][0] != 4 {
		t.Errorf("after the restart the day is %+v", day)
	}
}
