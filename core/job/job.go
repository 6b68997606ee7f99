// Package job runs work at the times of cron expressions. Each job runs once at each time, even if
// several servers share the database. The last run and its failure are kept over restarts.
//
// DESIGN.md in this folder describes the design.
package job

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/tally"
	"github.com/loambase/loam/internal/trace"
)

// Job is a function with the times at which it runs.
type Job struct {
	ID         string // unique; the prefix "__pb" is for Loam's own
	Expression string // see ParseSchedule

	// Run does the work. Its context ends when the app is closed; Close waits until Run returns.
	// Run is never called while another run of the job goes on, even on another server. An error
	// or a panic is logged and shown in the list of jobs, and ends this run only.
	Run func(ctx context.Context) error

	// CatchUp runs the job once, as soon as a server runs, if runs were missed because no server
	// was running. Times before the job was added, and times of an earlier expression, are not
	// missed runs.
	CatchUp bool
}

// Config holds the dependencies and options of a Service while the app is open. Store is required.
type Config struct {
	Store store.Store
	Log   *slog.Logger     // default: nothing is logged
	Now   func() time.Time // default time.Now

	// Tracer makes a trace of each run. Default: no traces.
	Tracer *trace.Tracer

	// Alone means that no other server uses the store. The Service then writes nothing to the
	// store while a job runs.
	Alone bool
}

// Service knows the jobs, and runs them from Start to Stop. It is safe for concurrent use.
type Service struct {
	node string // names this process in the rows of running jobs

	cfg Config // set by Open, while nothing runs

	runs tally.Calls

	mu     sync.Mutex // guards the fields below
	jobs   map[string]*entry
	ctx    context.Context    // context of all runs; nil while no job may run
	cancel context.CancelFunc // ends ctx
	busy   map[string]bool    // jobs that run in this process

	running sync.WaitGroup
}

// entry is a job as it was added.
type entry struct {
	Job
	schedule Schedule

	// since is the minute in which the job was added or Start was called. For a job with CatchUp
	// that has no row in the table, no run before since was missed.
	since time.Time
	// seen is the last minute whose run was handled, for a job with CatchUp; zero until the table
	// was read. Guarded by the lock of the Service.
	seen time.Time
}

// The errors of Run.
var (
	errUnknown = fault.New(fault.NotFound, "Missing or invalid cron job.")
	errRunning = fault.New(fault.Invalid, "The job is running already.")
	errStopped = fault.New(fault.Unavailable, "Jobs do not run while the server starts or stops.")
)

// New returns a Service. Jobs can be added at once; the other methods need Open.
func New() *Service {
	return &Service{
		node: schema.RandomString(10, schema.AlphabetID),
		jobs: map[string]*entry{}, busy: map[string]bool{},
	}
}

// Open sets the Config of the Service. It is called each time that the app is opened.
func (s *Service) Open(c Config) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	s.cfg = c
}

// Add adds a job that does not catch up, see AddJob.
func (s *Service) Add(id, expression string, run func(ctx context.Context) error) error {
	return s.AddJob(Job{ID: id, Expression: expression, Run: run})
}

// AddJob adds a job at any time. The job runs from the next minute on, while the app serves. The
// fault is Invalid for an ID that is empty, taken or longer than 255 bytes, for a missing Run, and
// for an expression that ParseSchedule refuses.
func (s *Service) AddJob(j Job) error {
	schedule, err := ParseSchedule(j.Expression)
	if err != nil {
		return fmt.Errorf("job %q: %w", j.ID, err)
	}
	if j.ID == "" || len(j.ID) > 255 || strings.ContainsRune(j.ID, 0) || j.Run == nil {
		return fault.New(fault.Invalid, "A job needs an id of 1 to 255 bytes and a function.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.jobs[j.ID] != nil {
		return fault.New(fault.Invalid, fmt.Sprintf("There is a job %q already.", j.ID))
	}
	e := &entry{Job: j, schedule: schedule}
	if s.ctx != nil {
		e.since = minuteOf(s.cfg.Now())
	}
	s.jobs[j.ID] = e
	if j.CatchUp {
		s.goLocked(func(ctx context.Context) {
			if err := s.note(context.WithoutCancel(ctx), e); err != nil {
				s.cfg.Log.Error("a new job could not be noted", "job", e.ID, "error", err)
			}
		})
	}
	return nil
}

// Remove removes a job, so that its ID can be added again. A current run of the job continues.
// Remove of an unknown ID does nothing. The data of the last run is kept for a job that is added
// with the same ID.
func (s *Service) Remove(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.jobs, id)
}

// Runs returns the number of runs of jobs that have ended in this process, the number of failed
// runs, and the time of all runs together.
func (s *Service) Runs() tally.CallCount { return s.runs.Read() }

// Info describes a job in the list of jobs.
type Info struct {
	ID         string
	Expression string // in five fields
	Next       time.Time
	Last       time.Time // when the last run began; zero if there was none
	Running    bool      // whether the job runs now, on any server
	Failure    string    // error of the last run; "" if the run succeeded or goes on
}

// List returns all jobs, sorted by ID, Loam's own last.
func (s *Service) List(ctx context.Context) ([]Info, error) {
	var rows map[string]row
	err := s.cfg.Store.Read(ctx, func(r store.Reader) (err error) {
		rows, err = readRows(r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Now()
	list := make([]Info, 0, len(s.jobs))
	for id, e := range s.jobs {
		known := rows[id]
		info := Info{ID: id, Expression: e.schedule.String(), Next: e.schedule.Next(now), Last: known.started}
		if info.Running = s.busy[id] || s.held(known, now); !info.Running {
			info.Failure = known.failure
		}
		list = append(list, info)
	}
	slices.SortFunc(list, func(a, b Info) int { return cmp.Or(cmp.Compare(rank(a.ID), rank(b.ID)), cmp.Compare(a.ID, b.ID)) })
	return list, nil
}

// rank returns 1 for Loam's own jobs, which are sorted behind the jobs of programs.
func rank(id string) int {
	if strings.HasPrefix(id, "__pb") {
		return 1
	}
	return 0
}
