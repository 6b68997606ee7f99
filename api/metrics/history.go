package metrics

import (
	"context"
	"math"
	"sync"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// History keeps samples of the metrics in memory, for the console: one every ten seconds for the
// last hour, and one every minute for the last 24 hours. It is safe for concurrent use.
type History struct {
	gather func() ([]*dto.MetricFamily, error)
	now    func() time.Time

	mu     sync.Mutex // guards the fields below
	hour   track
	day    track
	routes []RouteFigures
}

const sampleTime = 10 * time.Second

func newHistory(gather func() ([]*dto.MetricFamily, error), now func() time.Time) *History {
	return &History{gather: gather, now: now,
		hour: track{step: sampleTime, most: int(time.Hour / sampleTime)},
		day:  track{step: time.Minute, most: int(24 * time.Hour / time.Minute)}}
}

// Run takes samples until ctx ends.
func (h *History) Run(ctx context.Context) error {
	ticker := time.NewTicker(sampleTime)
	defer ticker.Stop()
	for {
		h.sample()
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// sample adds the current values of the metrics to both tracks. Families that cannot be gathered
// are left out of the sample.
func (h *History) sample() {
	families, _ := h.gather()
	r := read(h.now(), families)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hour.add(r)
	h.day.add(r)
	h.routes = routesOf(families)
}

// Series are values of figures over time. Values maps the name of a figure to its values, one for
// each moment of At. A value is nil if the figure had no value at that moment.
type Series struct {
	Step   int                   `json:"step"` // seconds between two moments
	At     []int64               `json:"at"`   // Unix time in seconds, the oldest first
	Values map[string][]*float64 `json:"values"`
}

// Hour returns the samples of the last hour.
func (h *History) Hour() Series { return h.series(&h.hour) }

// Day returns the samples of the last 24 hours.
func (h *History) Day() Series { return h.series(&h.day) }

func (h *History) series(t *track) Series {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := Series{Step: int(t.step / time.Second), At: make([]int64, len(t.samples)), Values: map[string][]*float64{}}
	for i, sample := range t.samples {
		s.At[i] = sample.at.Unix()
		for name, value := range sample.values {
			if s.Values[name] == nil {
				s.Values[name] = make([]*float64, len(t.samples))
			}
			s.Values[name][i] = &value
		}
	}
	return s
}

// Routes returns the figures of each route since the start of the server, as of the last sample,
// by total time in descending order. Callers must not change the list.
func (h *History) Routes() []RouteFigures {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.routes // sample replaces the list and never changes it
}

// track is a list of samples at a fixed interval. A sample covers the time since the sample
// before it.
type track struct {
	step    time.Duration // between two samples
	most    int           // the maximum number of samples
	last    *reading      // the reading of the last sample; nil before the first reading
	samples []sample
}

type sample struct {
	at     time.Time
	values map[string]float64
}

// add adds a sample from a reading, unless less than step has passed since the last one.
func (t *track) add(r *reading) {
	// A ticker may be somewhat early: half a sampleTime is the tolerance.
	if t.last != nil && r.at.Sub(t.last.at) < t.step-sampleTime/2 {
		return
	}
	if t.last != nil {
		t.samples = append(t.samples, sample{r.at, r.since(t.last)})
		if len(t.samples) > t.most {
			t.samples = t.samples[1:]
		}
	}
	t.last = r
}

// since returns the values of the figures for the time between two readings: gauges as they are,
// counters as growth per second, and quantiles of request times in seconds.
func (r *reading) since(before *reading) map[string]float64 {
	values := map[string]float64{}
	seconds := r.at.Sub(before.at).Seconds()
	for name, value := range r.gauges {
		values[name] = value
	}
	for name, value := range r.counters {
		values[name] = grown(before.counters[name], value) / seconds
	}
	times := buckets{}
	for at, n := range r.times {
		times[at] = grown(before.times[at], n)
	}
	for name, part := range map[string]float64{"p50": .5, "p95": .95, "p99": .99} {
		if p := times.quantile(part); !math.IsNaN(p) {
			values[name] = p
		}
	}
	return values
}

// grown returns how much a counter has grown. A counter that is smaller than before was reset.
func grown(before, now float64) float64 {
	if now < before {
		return now
	}
	return now - before
}
