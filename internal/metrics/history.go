package metrics

import (
	"context"
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/loambase/loam/core/logs"
)

// History keeps samples of the metrics, for the console: one every ten seconds for the last hour, and
// one every minute for the last 24 hours. The samples of minutes are stored in the database of the
// logs, so they outlive a restart of the server; those of the day before are there alone. It is safe
// for concurrent use.
type History struct {
	historyConfig

	mu     sync.Mutex // guards the fields below
	hour   track
	day    track
	routes []RouteFigures
}

// historyConfig is the environment of a History.
type historyConfig struct {
	gather func() ([]*dto.MetricFamily, error)
	now    func() time.Time
	stored archive
	node   string // the name of the server in the archive, the same after a restart
	log    *slog.Logger
}

// archive stores samples of minutes.
type archive interface {
	KeepSample(ctx context.Context, node string, sample logs.Sample) error
	SamplesBetween(ctx context.Context, node string, from, to time.Time) ([]logs.Sample, error)
}

const (
	sampleTime = 10 * time.Second
	oneDay     = 24 * time.Hour
)

func newHistory(c historyConfig) *History {
	return &History{historyConfig: c,
		hour: track{step: sampleTime, length: time.Hour},
		day:  track{step: time.Minute, length: oneDay}}
}

// Run takes samples until ctx ends, and stores a sample every minute. It first loads the samples
// that this server has stored earlier. If several samples in a row cannot be stored, Run logs the
// first failure. The error is always nil.
func (h *History) Run(ctx context.Context) error {
	if err := h.load(ctx); err != nil && ctx.Err() == nil {
		h.log.Warn("stored samples of the metrics cannot be read", "error", err)
	}
	ticker := time.NewTicker(sampleTime)
	defer ticker.Stop()
	failed := false
	for {
		if minute := h.sample(); minute != nil {
			err := h.stored.KeepSample(ctx, h.node, *minute)
			if err != nil && !failed && ctx.Err() == nil {
				h.log.Warn("samples of the metrics are not stored", "error", err)
			}
			failed = err != nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// load inserts the stored samples before the samples of both tracks.
func (h *History) load(ctx context.Context) error {
	now := h.now()
	list, err := h.stored.SamplesBetween(ctx, h.node, now.Add(-oneDay), now)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range []*track{&h.hour, &h.day} {
		t.samples = append(slices.Clone(list), t.samples...)
		t.trim(h.now())
	}
	return nil
}

// sample adds the current values of the metrics to both tracks. It returns the sample that was
// added to the track of minutes, or nil. Families that cannot be gathered are left out of the
// sample.
func (h *History) sample() (minute *logs.Sample) {
	families, _ := h.gather()
	r := read(h.now(), families)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hour.add(r)
	minute = h.day.add(r)
	h.routes = routesOf(families)
	return minute
}

// Series are values of figures over time. Values maps the name of a figure to its values, one for
// each moment of At. A value is nil if the figure had no value at that moment. For a time in which
// the server did not run, At has one moment without values.
type Series struct {
	Step   int                   `json:"step"` // seconds between two moments
	At     []int64               `json:"at"`   // Unix time in seconds, the oldest first
	Values map[string][]*float64 `json:"values"`
	Before map[string][]*float64 `json:"before,omitempty"` // the values 24 hours before each moment; nil unless Compare has set them
}

// Hour returns the samples of the last hour.
func (h *History) Hour() Series { return h.series(&h.hour) }

// Day returns the samples of the last 24 hours.
func (h *History) Day() Series { return h.series(&h.day) }

func (h *History) series(t *track) Series {
	h.mu.Lock()
	defer h.mu.Unlock()
	samples := withGaps(t.samples, h.now().Add(-t.step-sampleTime))
	s := Series{Step: int(t.step / time.Second), At: make([]int64, len(samples)), Values: map[string][]*float64{}}
	for i, sample := range samples {
		s.At[i] = sample.At.Unix()
		for name, value := range sample.Values {
			if s.Values[name] == nil {
				s.Values[name] = make([]*float64, len(samples))
			}
			s.Values[name][i] = &value
		}
	}
	return s
}

// Compare returns the series with the values of the day before: at each moment those of the stored
// sample whose time includes the moment 24 hours earlier. Before is empty if no sample is stored.
func (h *History) Compare(ctx context.Context, s Series) (Series, error) {
	if len(s.At) == 0 {
		return s, nil
	}
	dayBefore := func(at int64) time.Time { return time.Unix(at, 0).Add(-oneDay) }
	samples, err := h.stored.SamplesBetween(ctx, h.node, dayBefore(s.At[0]), dayBefore(s.At[len(s.At)-1]).Add(2*time.Minute))
	if err != nil {
		return s, err
	}
	s.Before = map[string][]*float64{}
	next := 0
	for i, at := range s.At {
		moment := dayBefore(at)
		for next < len(samples) && samples[next].At.Before(moment) {
			next++
		}
		if next == len(samples) {
			break
		}
		if begin := samples[next].At.Add(-samples[next].Period); !moment.After(begin) {
			continue // the server did not run
		}
		for name, value := range samples[next].Values {
			if s.Before[name] == nil {
				s.Before[name] = make([]*float64, len(s.At))
			}
			s.Before[name][i] = &value
		}
	}
	return s, nil
}

// withGaps inserts a sample without values into each gap: wherever the period of a sample begins
// more than sampleTime after the sample before. next is the beginning of the period after the last
// sample.
func withGaps(samples []logs.Sample, next time.Time) (list []logs.Sample) {
	for i, sample := range samples {
		list = append(list, sample)
		begin := next
		if i+1 < len(samples) {
			begin = samples[i+1].At.Add(-samples[i+1].Period)
		}
		if begin.Sub(sample.At) > sampleTime {
			list = append(list, logs.Sample{At: sample.At.Add(time.Second)})
		}
	}
	return list
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
	length  time.Duration // maximum age of a sample
	last    *reading      // the reading of the last sample; nil before the first reading
	samples []logs.Sample // loaded samples of an earlier run may have another step
}

// add adds a sample of the time between the last reading and r, and returns the sample. It returns
// nil for the first reading, and if less than step has passed since the last reading.
func (t *track) add(r *reading) (added *logs.Sample) {
	// A ticker may be somewhat early: half a sampleTime is the tolerance.
	if t.last != nil && r.at.Sub(t.last.at) < t.step-sampleTime/2 {
		return nil
	}
	if t.last != nil {
		added = &logs.Sample{At: r.at, Period: r.at.Sub(t.last.at), Values: r.since(t.last)}
		t.samples = append(t.samples, *added)
		t.trim(r.at)
	}
	t.last = r
	return added
}

// trim drops the samples that are older than the length of the track.
func (t *track) trim(now time.Time) {
	first := slices.IndexFunc(t.samples, func(s logs.Sample) bool { return now.Sub(s.At) < t.length })
	if first < 0 {
		first = len(t.samples)
	}
	t.samples = t.samples[first:]
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
