// Package metrics collects the metrics of a server, for Prometheus and for the console.
package metrics

import (
	"cmp"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/internal/cache"
	"github.com/loambase/loam/internal/request"
	"github.com/loambase/loam/realtime"
)

// Config names the sources of the metrics. All fields are required.
type Config struct {
	App      *core.App
	Running  func() int // the number of running requests and streams
	Realtime func() realtime.Figures
	Tokens   func() cache.Usage // the usage of the cache of verified tokens
	Version  string
}

// Metrics are the metrics of one server. They are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	changes  *prometheus.CounterVec
	app      *core.App

	known sync.Map // maps outcome to prometheus.Observer, since a lookup by labels costs more

	// History holds the samples of the last 24 hours. History.Run takes the samples.
	History *History
}

// outcome is the key of an observer in Metrics.known.
type outcome struct {
	route  *request.Route
	status int
}

var requestTimes = prometheus.HistogramOpts{
	Name: requestFamily, Help: "Time from a request to the end of its answer, by the pattern of the route and the status.",
	Buckets:                     []float64{.001, .005, .01, .05, .1, .5, 1, 5, 30},
	NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100, NativeHistogramMinResetDuration: time.Hour,
}

var requestLabels = []string{"method", "route", "status"}

// New returns the metrics of a server that has not begun to serve.
func New(c Config) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(), app: c.App,
		requests: prometheus.NewHistogramVec(requestTimes, requestLabels),
		changes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "loam_record_changes_total", Help: "Records that were created, updated and deleted.",
		}, []string{"collection", "action"}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "loam_build_info", Help: "Always 1; the labels tell the version.",
		ConstLabels: prometheus.Labels{"version": c.Version}})
	info.Set(1)
	m.registry.MustRegister(m.requests, m.changes, info, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &state{Config: c})
	c.App.OnCommitted(m.count)
	m.History = newHistory(historyConfig{
		gather: m.registry.Gather, now: c.App.Now, stored: c.App.Logs(), node: nodeOf(c.App.Config), log: c.App.Log(),
	})
	return m
}

// nodeOf returns the name of the server in the archive of samples. Servers that share a PostgreSQL
// database are named by host and data folder. With SQLite the archive belongs to one server, whose
// name is empty.
func nodeOf(c core.Config) string {
	if c.DB == "" {
		return ""
	}
	host, _ := os.Hostname() // without a host name, the folder names the server
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		dir = c.Dir
	}
	return host + ":" + dir
}

// Handler answers with all metrics, in the format that the header Accept asks for.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Wrap measures the time of the requests of a handler. It must stand inside of
// request.Service.Track.
func (m *Metrics) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { // also when the answer is broken off by a panic
			q := request.From(r.Context())
			o := q.Outcome()
			m.observer(outcome{q.Route, o.Status}).Observe(o.Duration.Seconds())
		}()
		next.ServeHTTP(w, r)
	})
}

func (m *Metrics) observer(o outcome) prometheus.Observer {
	if known, ok := m.known.Load(o); ok {
		return known.(prometheus.Observer)
	}
	method, pattern := "", "none"
	if o.route != nil {
		method, pattern = o.route.Method, cmp.Or(o.route.Path, "file")
	}
	made := m.requests.WithLabelValues(method, pattern, strconv.Itoa(o.status))
	m.known.Store(o, made)
	return made
}

// count counts the committed changes of records.
func (m *Metrics) count(changes []change.Change) {
	snapshot := m.app.Snapshot()
	for _, c := range changes {
		if c.Kind != change.Record {
			continue
		}
		if in := snapshot.ByID(c.Collection); in != nil {
			m.changes.WithLabelValues(in.Name, string(c.Action)).Inc()
		}
	}
}
