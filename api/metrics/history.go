package metrics

import (
	"context"
	"math"
	"sync"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// History keeps the figures of the last day in memory, for the console: one sample in ten
// seconds of the last hour, one in a minute of the last 24. It is safe for concurrent use.
type History struct {
	gather func() ([]*dto.MetricFamily, error)
	now    func() time.Time

	mu     sync.Mutex // guards what follows
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

// sample reads the figures as they are now. Families that could not be read are missing in it.
func (h *History) sample() {
	families, _ := h.gather()
	r := read(h.now(), families)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hour.add(r)
	h.day.add(r)
	h.routes = routesOf(families)
}

// Series are figures over time. Values has a list for each figure that the server knows; the
// lists are as long as At. A value is nil where the figure was not known.
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

// Routes returns the requests of each route since the server has started, those that took the
// most time in all first. It is as old as the last sample.
func (h *History) Routes() []RouteFigures {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.routes // replaced by each sample, never changed
}

// track is samples with a fixed time between them. A sample tells of the time since the one
// before.
type track struct {
	step    time.Duration
	most    int
	last    *reading
	samples []sample
}

type sample struct {
	at     time.Time
	values map[string]float64
}

// add takes a reading, unless it comes too early.
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

// since are the figures of the time between two readings.
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

// grown is how much a counter has grown. One that is smaller than before has begun anew.
func grown(before, now float64) float64 {
	if now < before {
		return now
	}
	return now - before
}
