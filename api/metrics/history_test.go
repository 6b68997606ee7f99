package metrics

import (
	"math"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// measured is a History with its own clock, over a registry with some of the families of a server.
type measured struct {
	*History
	requests *prometheus.HistogramVec
	clients  *prometheus.GaugeVec
	clock    time.Time
}

func newMeasured(t *testing.T) *measured {
	t.Helper()
	m := &measured{clock: time.Date(2027, 1, 2, 3, 4, 0, 0, time.UTC)}
	m.requests = prometheus.NewHistogramVec(requestTimes, requestLabels)
	m.clients = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "loam_realtime_clients"}, []string{"transport"})
	registry := prometheus.NewRegistry()
	registry.MustRegister(m.requests, m.clients)
	m.History = newHistory(registry.Gather, func() time.Time { return m.clock })
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
	m.sample()
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
