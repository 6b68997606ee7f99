package metrics

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/loambase/loam/internal/budget"
)

// state is the prometheus.Collector of the metrics that are read at each scrape.
type state struct{ Config }

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("loam_"+name, help, labels, nil)
}

var (
	running     = describe("http_requests_running", "Requests and streams under way.")
	clients     = describe("realtime_clients", "Clients of realtime that are connected.", "transport")
	collections = describe("collections", "Collections, those of the system included.")
	available   = describe("database_available", "1 if the database can be written to, else 0.")
	size        = describe("database_file_bytes", "Size of a file of the database in the data folder.", "file")

	budgetTotal   = describe("budget_units", "Units of a budget: bytes, or places.", "budget")
	budgetHeld    = describe("budget_held", "Units of a budget that are taken.", "budget")
	budgetWaiting = describe("budget_waiting", "Requests that wait for units of a budget.", "budget")
	budgetRefused = describe("budget_refused_total", "Requests that got no units of a budget.", "budget")
	budgetWaited  = describe("budget_waited_seconds_total", "Time that requests have waited for units of a budget.", "budget")

	jobRunning = describe("job_running", "1 while the job runs, else 0.", "id")
	jobFailed  = describe("job_failed", "1 if the last run of the job has failed, else 0.", "id")
	jobLast    = describe("job_last_run_timestamp_seconds", "When the last run of the job began.", "id")
)

// Describe sends no descriptions: the metrics depend on the engine, the collections and the jobs.
func (s *state) Describe(chan<- *prometheus.Desc) {}

// Collect sends the current values of the metrics.
func (s *state) Collect(channel chan<- prometheus.Metric) {
	to := sink(channel)
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	to.gauge(running, float64(s.Running()))
	to.gauge(collections, float64(len(s.App.Snapshot().All())))
	to.gauge(available, number(s.App.Available() == nil))
	if s.App.Config.DB == "" {
		for _, file := range []string{"data.db", "data.db-wal", "logs.db", "logs.db-wal"} {
			if info, err := os.Stat(filepath.Join(s.App.Config.Dir, file)); err == nil {
				to.gauge(size, float64(info.Size()), file)
			}
		}
	}
	s.budgets(to)
	s.store(to)
	s.services(ctx, to)
	s.jobs(ctx, to)
}

func number(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func (s *state) budgets(to sink) {
	b := s.App.Budgets()
	for name, u := range map[string]budget.Usage{
		"answers": b.Answers.Usage(), "bodies": b.Bodies.Usage(), "heavy": b.Heavy.Usage(), "topics": b.Topics.Usage(),
		"images": b.Images.Usage(), "passwords": s.App.Passwords().Usage(),
	} {
		to.gauge(budgetTotal, float64(u.Total), name)
		to.gauge(budgetHeld, float64(u.Held), name)
		to.gauge(budgetWaiting, float64(u.Waiting), name)
		to.counter(budgetRefused, float64(u.Refused), name)
		to.counter(budgetWaited, u.Waited.Seconds(), name)
	}
}

// scrapeTime is the time limit of the queries for the metrics of jobs and files in one scrape.
const scrapeTime = 2 * time.Second

// jobs sends the metrics of the jobs. It leaves them out if the database does not answer, so that
// the scrape still has the other metrics.
func (s *state) jobs(ctx context.Context, to sink) {
	list, err := s.App.Jobs().List(ctx)
	if err != nil {
		return
	}
	for _, j := range list {
		to.gauge(jobRunning, number(j.Running), j.ID)
		to.gauge(jobFailed, number(j.Failure != ""), j.ID)
		if !j.Last.IsZero() {
			to.gauge(jobLast, float64(j.Last.UnixMilli())/1000, j.ID)
		}
	}
}
