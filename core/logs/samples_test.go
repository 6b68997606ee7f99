package logs

import (
	"maps"
	"testing"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/settings"
)

func (k *keeper) sample(node string, value float64) {
	k.t.Helper()
	err := k.KeepSample(k.t.Context(), node, Sample{At: *k.now.Load(), Period: time.Minute, Values: map[string]float64{"requests": value}})
	if err != nil {
		k.t.Fatal(err)
	}
}

// values returns the stored values of a node, in the order of their samples.
func (k *keeper) values(node string) (list []float64) {
	k.t.Helper()
	samples, err := k.Samples(k.t.Context(), node)
	if err != nil {
		k.t.Fatal(err)
	}
	for _, s := range samples {
		list = append(list, s.Values["requests"])
	}
	return list
}

func TestSamples(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	k.sample("one", 1.5)
	k.at(noon.Add(time.Minute))
	k.sample("one", 2)
	k.sample("other", 7)
	list, err := k.SamplesBetween(t.Context(), "one", noon.Add(-time.Minute), noon.Add(time.Minute))
	if err != nil || len(list) != 2 {
		t.Fatalf("Samples = %+v, %v", list, err)
	}
	first := list[0]
	if !first.At.Equal(noon) || first.Period != time.Minute || !maps.Equal(first.Values, map[string]float64{"requests": 1.5}) {
		t.Errorf("the first sample is %+v", first)
	}
	if list, err := k.SamplesBetween(t.Context(), "one", noon, noon.Add(time.Minute)); err != nil || len(list) != 1 || list[0].Values["requests"] != 2 {
		t.Errorf("samples after noon: %+v, %v", list, err)
	}
	k.at(noon) // the clock was set back
	if got := k.values("one"); len(got) != 1 || got[0] != 1.5 {
		t.Errorf("samples up to noon: %v", got)
	}

	// KeepSample deletes the samples of all nodes that are older than SampleTime.
	k.at(noon.Add(SampleTime))
	if got := k.values("one"); len(got) != 1 || got[0] != 2 {
		t.Errorf("after SampleTime: %v", got)
	}
	k.at(noon.Add(SampleTime + time.Minute))
	k.sample("one", 3)
	db, err := k.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n, err := queryNumber(t.Context(), db, `SELECT count(*) FROM "_metrics"`); err != nil || n != 1 {
		t.Errorf("%d rows are stored, %v", n, err)
	}

	// A damaged row does not affect other rows.
	if err := db.Write(t.Context(), func(tx store.Tx) error {
		_, err := tx.Exec(`UPDATE "_metrics" SET "data" = '[1]'`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	k.sample("one", 4)
	if got := k.values("one"); len(got) != 1 || got[0] != 4 {
		t.Errorf("beside a damaged row: %v", got)
	}
}

// TestSamplesWithoutLogs checks that with maxDays 0 no sample is stored and a purge deletes the
// stored samples, and that the deletion of all entries keeps the samples.
func TestSamplesWithoutLogs(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	k.sample("", 1)
	if err := k.clear(t.Context()); err != nil || len(k.values("")) != 1 {
		t.Errorf("samples after all entries were deleted: %v, %v", k.values(""), err)
	}
	days := func(n int) { k.set(func(l *settings.Logs) { l.MaxDays = n }) }
	days(0)
	if err := k.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.sample("", 2)
	if got := k.values(""); got != nil {
		t.Errorf("logs are off, and samples are %v", got)
	}
	days(1)
	if got := k.values(""); got != nil {
		t.Errorf("logs are on again, and old samples are %v", got)
	}
}
