package metrics

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/loambase/loam/core/logs"
)

// measured is a History with its own clock, over a registry with some of the families of a server.
type measured struct {
	*History
	requests *prometheus.HistogramVec
	clients  *prometheus.GaugeVec
	clock    time.Time
	archived []logs.Sample
}

// KeepSample implements archive. It stores nothing: only Run calls KeepSample.
func (m *measured) KeepSample(context.Context, string, logs.Sample) error { return nil }

// Samples implements archive.
func (m *measured) SamplesBetween(_ context.Context, _ string, from, to time.Time) (list []logs.Sample, err error) {
	for _, s := range m.archived {
		if s.At.After(from) && !s.At.After(to) {
			list = append(list, s)
		}
	}
	return list, nil
}

// newMeasured returns a History that has read the metrics once and has no sample yet.
func newMeasured(t *testing.T) *measured {
	t.Helper()
	return measuredAt(time.Date(2027, 1, 2, 3, 4, 0, 0, time.UTC))
}

func measuredAt(clock time.Time) *measured {
	m := &measured{clock: clock}
	m.requests = prometheus.NewHistogramVec(requestTimes, requestLabels)
	m.clients = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "loam_realtime_clients"}, []string{"transport"})
	registry := prometheus.NewRegistry()
	registry.MustRegister(m.requests, m.clients)
	m.History = newHistory(historyConfig{gather: registry.Gather, now: func() time.Time { return m.clock }, stored: m})
	m.sample()
	return m
}

func (m *measured) answer(route, status string, seconds float64, times int) {
	for range times {
		m.requests.WithLabelValues("GET", route, status).Observe(seconds)
	}
}

// after advances the clock by d and takes a sample.
func (m *measured) after(d time.Duration) {
	m.clock = m.clock.Add(d)
	if minute := m.sample(); minute != nil {
		m.archived = append(m.archived, *minute)
	}
}

func (m *measured) last(t *testing.T, s Series, name string) float64 {
	t.Helper()
	list := s.Values[name]
	if len(list) == 0 || list[len(list)-1] == nil {
		t.Fatalf("%s is not known", name)
	}
	return *list[len(list)-1]
}

func TestHistory(t *testing.T) {
	t.Parallel()
	m := newMeasured(t)
	m.clients.WithLabelValues("websocket").Set(3)
	m.answer("/a", "200", 0.002, 90)
	m.answer("/a", "404", 0.5, 8)
	m.answer("/b", "500", 2, 2)
	m.answer("/api/realtime", "200", 3600, 1000) // streams count as requests, but not for the latency
	m.after(sampleTime)
	hour := m.Hour()
	for name, want := range map[string]float64{
		"requests": 110, "refusals": .8, "failures": .2, "websocket": 3, "events": 0, "p50": .002, "p95": .5, "p99": 2,
	} {
		if got := m.last(t, hour, name); math.Abs(got-want) > .1*want {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	if _, known := hour.Values["memory"]; known {
		t.Error("a figure is known that the server does not have")
	}
	if day := m.Day(); len(day.At) != 0 {
		t.Errorf("the day has %d samples after ten seconds", len(day.At))
	}
	routes := m.Routes()
	if len(routes) != 2 || routes[0].Route != "/a" || routes[0].Calls != 98 || routes[0].Errors != 8 || routes[1].Errors != 2 {
		t.Errorf("Routes = %+v", routes)
	}

	m.after(sampleTime)
	hour = m.Hour()
	if got := m.last(t, hour, "requests"); got != 0 {
		t.Errorf("%v requests a second without any", got)
	}
	if p := hour.Values["p50"]; p[0] == nil || p[1] != nil {
		t.Errorf("p50 = %v: without requests there is no latency", p)
	}
}

// TestHistoryOfCountersThatBeginAnew resets a histogram, as the library of Prometheus does when a
// native histogram has too many buckets.
func TestHistoryOfCountersThatBeginAnew(t *testing.T) {
	t.Parallel()
	m := newMeasured(t)
	m.answer("/a", "200", 0.002, 100)
	m.after(sampleTime)
	m.requests.Reset()
	m.answer("/a", "200", 0.004, 20)
	m.after(sampleTime)
	if got := m.last(t, m.Hour(), "requests"); got != 2 {
		t.Errorf("%v requests a second, want 2", got)
	}
}

// TestHistoryIsBounded checks that new samples replace the oldest ones.
func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	m := newMeasured(t)
	for range 25 * 60 * 6 {
		m.after(sampleTime)
	}
	hour, day := m.Hour(), m.Day()
	if len(hour.At) != 360 || hour.Step != 10 || len(day.At) != 24*60 || day.Step != 60 {
		t.Errorf("%d samples of %d s, %d of %d s", len(hour.At), hour.Step, len(day.At), day.Step)
	}
	if got := day.At[len(day.At)-1] - day.At[0]; got != 24*60*60-60 {
		t.Errorf("the day has %d s", got)
	}
}

// TestHistoryAfterARestart loads the samples of a run that ended ten minutes before.
func TestHistoryAfterARestart(t *testing.T) {
	t.Parallel()
	before := newMeasured(t)
	for range 2 * 60 * 6 {
		before.answer("/a", "200", 0.002, 10)
		before.after(sampleTime)
	}
	if len(before.archived) != 120 {
		t.Fatalf("%d samples of two hours", len(before.archived))
	}
	m := measuredAt(before.clock.Add(10 * time.Minute))
	m.archived = before.archived
	if err := m.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	ends := func(s Series) *float64 { return s.Values["requests"][len(s.At)-1] }
	day := m.Day()
	if len(day.At) != 121 || *day.Values["requests"][0] != 1 || ends(day) != nil {
		t.Errorf("the day has %d moments: %v", len(day.At), day.Values["requests"])
	}
	hour := m.Hour()
	if len(hour.At) != 51 || ends(hour) != nil { // the samples of 50 minutes and the moment of the gap
		t.Errorf("the hour has %d moments", len(hour.At))
	}
	m.answer("/a", "200", 0.002, 10)
	m.after(sampleTime)
	hour = m.Hour()
	if got := hour.Values["requests"]; len(got) != 52 || got[49] == nil || got[50] != nil || *got[51] != 1 {
		t.Errorf("%d moments with a sample after the gap, the last of which is %v", len(got), ends(hour))
	}
	for at, last := range hour.At[1:] {
		if last <= hour.At[at] {
			t.Errorf("moment %d is %d after %d", at+1, last, hour.At[at])
		}
	}
}

// TestCompare compares two hours of a server that did not run for the last ten minutes of the same
// two hours of the day before.
func TestCompare(t *testing.T) {
	t.Parallel()
	m := newMeasured(t)
	for i := range 24 * 60 * 6 {
		m.answer("/a", "200", 0.002, 10)
		m.after(sampleTime)
		if i == 119*60/10 {
			m.archived = m.archived[:len(m.archived)-9] // the minutes 110 to 119
		}
	}
	none, err := m.Compare(t.Context(), m.Hour())
	if err != nil || len(none.Before) != 0 {
		t.Errorf("on the first day the day before has %d figures, %v", len(none.Before), err)
	}
	for range 2 * 60 * 6 {
		m.answer("/a", "200", 0.002, 20)
		m.after(sampleTime)
	}
	s, err := m.Compare(t.Context(), m.Hour())
	if err != nil {
		t.Fatal(err)
	}
	known, unknown := 0, 0
	for i, value := range s.Before["requests"] {
		switch {
		case value == nil:
			unknown++
		case *value != 1 || *s.Values["requests"][i] != 2:
			t.Fatalf("moment %d has %v, and %v the day before", i, *s.Values["requests"][i], *value)
		default:
			known++
		}
	}
	if known+unknown != len(s.At) || known < 300 || unknown < 50 {
		t.Errorf("of %d moments the day before knows %d", len(s.At), known)
	}
}
