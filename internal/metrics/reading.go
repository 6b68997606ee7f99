package metrics

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// reading holds the values of the figures at one moment. Figures that the server does not have
// are left out.
type reading struct {
	at       time.Time
	gauges   map[string]float64
	counters map[string]float64
	times    buckets // the times of all requests since the start, without streams
}

// figure is a named value of the History: the sum of the metrics of one family that have the
// label.
type figure struct {
	name         string // the key in Series.Values
	family       string
	label, value string // "" for all metrics of the family
}

// figures are the figures of the History. A family that a server does not have, such as the files
// of SQLite on PostgreSQL, is left out of a reading.
var figures = []figure{
	{name: "running", family: "loam_http_requests_running"},
	{"websocket", "loam_realtime_clients", "transport", "websocket"},
	{"events", "loam_realtime_clients", "transport", "events"},
	{"created", "loam_record_changes_total", "action", "create"},
	{"updated", "loam_record_changes_total", "action", "update"},
	{"deleted", "loam_record_changes_total", "action", "delete"},
	{name: "memory", family: "process_resident_memory_bytes"},
	{name: "heap", family: "go_memstats_heap_alloc_bytes"},
	{name: "cpu", family: "process_cpu_seconds_total"},
	{"data", "loam_database_file_bytes", "file", "data.db"},
	{"wal", "loam_database_file_bytes", "file", "data.db-wal"},
	{"logs", "loam_database_file_bytes", "file", "logs.db"},
	{name: "waiting", family: "loam_budget_waiting"},
	{name: "writes", family: "loam_store_writes_waiting"},
	{name: "statements", family: "loam_sql_statements_total"},
	{name: "messages", family: "loam_realtime_messages_total"},
	{name: "denials", family: "loam_rule_denials_total"},
	{name: "refused", family: "loam_budget_refused_total"},
}

const requestFamily = "loam_http_request_duration_seconds"

// read makes a reading from the gathered families.
func read(at time.Time, families []*dto.MetricFamily) *reading {
	r := &reading{at: at, gauges: map[string]float64{}, counters: map[string]float64{}, times: buckets{}}
	for _, family := range families {
		for _, f := range figures {
			if f.family == family.GetName() {
				f.read(family, r)
			}
		}
		if family.GetName() == requestFamily {
			r.readRequests(family)
		}
	}
	return r
}

// read adds the value of the figure to the reading: 0 if no metric of the family has the label.
func (f figure) read(family *dto.MetricFamily, r *reading) {
	sum, to := 0.0, r.gauges
	if family.GetType() == dto.MetricType_COUNTER {
		to = r.counters
	}
	for _, m := range family.GetMetric() {
		if f.label == "" || labelOf(m, f.label) == f.value {
			sum += m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	to[f.name] = sum
}

func labelOf(m *dto.Metric, name string) string {
	for _, pair := range m.GetLabel() {
		if pair.GetName() == name {
			return pair.GetValue()
		}
	}
	return ""
}

func (r *reading) readRequests(family *dto.MetricFamily) {
	r.counters["requests"], r.counters["refusals"], r.counters["failures"] = 0, 0, 0
	for _, m := range family.GetMetric() {
		count := float64(m.GetHistogram().GetSampleCount())
		r.counters["requests"] += count
		switch status := labelOf(m, "status"); {
		case status >= "500":
			r.counters["failures"] += count
		case status >= "400":
			r.counters["refusals"] += count
		}
		if !isStream(m) {
			r.times.add(m.GetHistogram())
		}
	}
}

// isStream reports whether the metric counts streams, whose duration their clients choose.
func isStream(m *dto.Metric) bool {
	return labelOf(m, "status") == "101" || labelOf(m, "route") == "/api/realtime" && labelOf(m, "method") == "GET"
}

// RouteFigures are the figures of the requests of one route since the start of the server.
type RouteFigures struct {
	Method, Route string
	Calls         float64
	Errors        float64 // requests that were answered with the status 400 or above
	P50, P95      float64 // quantiles of the time of a request in seconds; NaN without requests
	Seconds       float64 // the total time of all requests
}

// routesOf returns the figures of each route without streams, by total time in descending order.
func routesOf(families []*dto.MetricFamily) (list []RouteFigures) {
	at := slices.IndexFunc(families, func(f *dto.MetricFamily) bool { return f.GetName() == requestFamily })
	if at < 0 {
		return nil
	}
	type key struct{ method, route string }
	found, times := map[key]*RouteFigures{}, map[key]buckets{}
	for _, m := range families[at].GetMetric() {
		if isStream(m) {
			continue
		}
		k := key{labelOf(m, "method"), labelOf(m, "route")}
		if found[k] == nil {
			found[k], times[k] = &RouteFigures{Method: k.method, Route: k.route}, buckets{}
		}
		h := m.GetHistogram()
		found[k].Calls += float64(h.GetSampleCount())
		found[k].Seconds += h.GetSampleSum()
		if labelOf(m, "status") >= "400" {
			found[k].Errors += float64(h.GetSampleCount())
		}
		times[k].add(h)
	}
	for k, r := range found {
		r.P50, r.P95 = times[k].quantile(.5), times[k].quantile(.95)
		list = append(list, *r)
	}
	slices.SortFunc(list, func(a, b RouteFigures) int {
		return cmp.Or(cmp.Compare(b.Seconds, a.Seconds), strings.Compare(a.Route, b.Route), strings.Compare(a.Method, b.Method))
	})
	return list
}

// buckets maps the index of a bucket to its number of observations, as a native histogram of the
// schema finest does: bucket i ends at 2^(i/8) seconds.
type buckets map[int]float64

// finest is the schema that Prometheus chooses for requestTimes: its bucket factor, 2^(1/8), is
// the largest up to 1.1.
const finest = 3

// add adds the observations of a native histogram, which may have a coarser schema.
func (b buckets) add(h *dto.Histogram) {
	shift := finest - int(h.GetSchema())
	count, at := int64(0), 0
	deltas := h.GetPositiveDelta()
	for _, span := range h.GetPositiveSpan() {
		at += int(span.GetOffset())
		for range span.GetLength() {
			count += deltas[0]
			deltas = deltas[1:]
			b[at<<shift] += float64(count)
			at++
		}
	}
}

// quantile returns the duration in seconds that the given part of the observations does not
// exceed, NaN without observations. With the schema finest it is at most 9 % too large.
func (b buckets) quantile(part float64) float64 {
	all := 0.0
	indexes := make([]int, 0, len(b))
	for at, n := range b {
		all += n
		indexes = append(indexes, at)
	}
	if all == 0 {
		return math.NaN()
	}
	slices.Sort(indexes)
	seen := 0.0
	for _, at := range indexes {
		if seen += b[at]; seen >= part*all {
			return math.Exp2(float64(at) / (1 << finest))
		}
	}
	return math.Exp2(float64(indexes[len(indexes)-1]) / (1 << finest))
}
