package metrics

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/loambase/loam/internal/cache"
	"github.com/loambase/loam/internal/tally"
)

// Metrics that the services count.
var (
	statements    = describe("sql_statements_total", "Statements that were run.", "collection", "action")
	statementTime = describe("sql_seconds_total", "Time of statements, to the last row that was read of each.", "collection", "action")
	statementRows = describe("sql_rows_total", "Rows that statements have given or changed.", "collection", "action")

	storeWaiting    = describe("store_writes_waiting", "Writes that wait for their turn.")
	storeGroups     = describe("store_group_writes", "Writes of a transaction: those that came meanwhile are committed together.")
	storeCommits    = describe("store_commit_seconds", "Time of COMMIT, with the sync of the disk.")
	storeCheckpoint = describe("store_checkpoint_seconds", "Time in which the write-ahead log was copied into the database, on SQLite.")
	storeLog        = describe("store_log_bytes", "Part of the write-ahead log that is in use, on SQLite.")

	denials = describe("rule_denials_total", "Requests that a rule has refused.", "collection", "action")

	cacheHits    = describe("cache_hits_total", "Reads of a cache that found an entry.", "cache")
	cacheMisses  = describe("cache_misses_total", "Reads of a cache that found none.", "cache")
	cacheEntries = describe("cache_entries", "Entries of a cache.", "cache")

	messages    = describe("realtime_messages_total", "Messages that were queued for clients of realtime.")
	slowClients = describe("realtime_slow_clients_total", "Clients of realtime that were ended because they do not take their messages.")
	lag         = describe("realtime_lag_seconds", "Time from a change to when its messages were queued.")

	mailTries   = describe("mail_attempts_total", "Attempts to send a mail.", "result")
	mailTime    = describe("mail_attempt_seconds_total", "Time of attempts to send a mail.")
	mailWaiting = describe("mails_waiting", "Mails that wait, or are being sent.")

	jobRuns    = describe("job_runs_total", "Runs of jobs that have ended in this process.", "result")
	jobRunTime = describe("job_run_seconds_total", "Time of runs of jobs.")

	fileCalls   = describe("file_operations_total", "Calls of the store of files.", "operation", "result")
	fileTime    = describe("file_operation_seconds_total", "Time of calls of the store of files.", "operation")
	fileRemoved = describe("file_removals_total", "Entries of the queue of files to remove that were worked off.")
	fileWaiting = describe("file_removals_waiting", "Entries in the queue of files to remove.")
)

// sink receives the metrics of one scrape.
type sink chan<- prometheus.Metric

func (to sink) gauge(d *prometheus.Desc, value float64, labels ...string) {
	to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func (to sink) counter(d *prometheus.Desc, value float64, labels ...string) {
	to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, value, labels...)
}

// histogram sends a distribution, with its values divided by unit.
func (to sink) histogram(d *prometheus.Desc, v tally.Distribution, unit float64) {
	buckets := make(map[float64]uint64, len(v.Bounds))
	for i, bound := range v.Bounds {
		buckets[float64(bound)/unit] = v.Below[i]
	}
	to <- prometheus.MustNewConstHistogram(d, v.Count, float64(v.Sum)/unit, buckets)
}

// calls sends the numbers of successful and of failed calls, with the labels and a last label for
// the result.
func (to sink) calls(d *prometheus.Desc, c tally.CallCount, labels ...string) {
	to.counter(d, float64(c.Count-min(c.Failed, c.Count)), append(labels[:len(labels):len(labels)], "success")...)
	to.counter(d, float64(c.Failed), append(labels[:len(labels):len(labels)], "failure")...)
}

const second = 1e9 // in nanoseconds

// store sends the metrics of the database.
func (s *state) store(to sink) {
	f := s.App.StoreFigures()
	for _, t := range f.Statements {
		to.counter(statements, float64(t.Count), t.Collection, t.Action)
		to.counter(statementTime, t.Time.Seconds(), t.Collection, t.Action)
		to.counter(statementRows, float64(t.Rows), t.Collection, t.Action)
	}
	to.gauge(storeWaiting, float64(f.Waiting))
	to.histogram(storeGroups, f.Groups, 1)
	to.histogram(storeCommits, f.Commits, second)
	if s.App.Config.DB == "" {
		to.histogram(storeCheckpoint, f.Checkpoints, second)
		to.gauge(storeLog, float64(f.LogBytes))
	}
}

// services sends the metrics of the services: records, caches, realtime, mails, jobs and files.
func (s *state) services(ctx context.Context, to sink) {
	records := s.App.Records().Figures()
	for _, d := range records.Denials {
		to.counter(denials, float64(d.Count), d.Collection.Name, d.Action)
	}
	caches := records.Caches
	caches["tokens"] = s.Tokens()
	s.caches(to, caches)
	f := s.Realtime()
	to.gauge(clients, float64(f.Streams), "events")
	to.gauge(clients, float64(f.Sockets), "websocket")
	to.counter(messages, float64(f.Delivered))
	to.counter(slowClients, float64(f.Dropped))
	to.histogram(lag, f.Lag, second)

	mails := s.App.Mails().Figures()
	to.calls(mailTries, mails.Tries)
	to.counter(mailTime, mails.Tries.Time.Seconds())
	to.gauge(mailWaiting, float64(mails.Waiting+mails.Sending))

	runs := s.App.Jobs().Runs()
	to.calls(jobRuns, runs)
	to.counter(jobRunTime, runs.Time.Seconds())
	s.files(ctx, to)
}

func (s *state) caches(to sink, caches map[string]cache.Usage) {
	for name, u := range caches {
		to.counter(cacheHits, float64(u.Hits), name)
		to.counter(cacheMisses, float64(u.Misses), name)
		to.gauge(cacheEntries, float64(u.Entries), name)
	}
}

func (s *state) files(ctx context.Context, to sink) {
	for operation, c := range s.App.FileCalls() {
		to.calls(fileCalls, c, operation)
		to.counter(fileTime, c.Time.Seconds(), operation)
	}
	to.counter(fileRemoved, float64(s.App.Removals().Removed()))
	if n, err := s.App.Removals().Waiting(ctx); err == nil { // left out on an error, as in state.jobs
		to.gauge(fileWaiting, float64(n))
	}
}
