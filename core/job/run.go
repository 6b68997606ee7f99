// The clock of jobs, and the phases of a run: claim, begin, end.

package job

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/loambase/loam/internal/trace"
)

// Start begins to run jobs, until Stop. It returns when the missed runs of jobs with CatchUp have
// begun. Open must be called before Start.
func (s *Service) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	s.begin(ctx, cancel)
	s.catchUp()
	s.running.Go(func() { eachMinute(ctx, s.cfg.Now, s.tick) })
}

// Stop ends the contexts of the jobs that run, and waits for them. Without a Start it does nothing.
func (s *Service) Stop() {
	s.mu.Lock()
	if s.cancel != nil {
		s.cancel()
	}
	s.ctx, s.cancel = nil, nil
	s.mu.Unlock()
	s.running.Wait() // without the lock: jobs that end may still add jobs
}

func (s *Service) begin(ctx context.Context, cancel context.CancelFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ctx, s.cancel = ctx, cancel
	now := minuteOf(s.cfg.Now())
	for _, e := range s.jobs {
		e.seen, e.since = time.Time{}, now
	}
}

// catchUp attempts the jobs with CatchUp, and waits until their missed runs have begun.
func (s *Service) catchUp() {
	var waiting sync.WaitGroup
	minute := minuteOf(s.cfg.Now())
	s.mu.Lock()
	for _, e := range s.jobs {
		if !e.CatchUp {
			continue
		}
		waiting.Add(1)
		s.goLocked(func(ctx context.Context) {
			_ = s.attempt(ctx, e, minute, func(err error) {
				s.logRefusal(ctx, e.ID, err)
				waiting.Done()
			})
		})
	}
	s.mu.Unlock()
	waiting.Wait()
}

func minuteOf(t time.Time) time.Time { return t.UTC().Truncate(time.Minute) }

// eachMinute calls fn at the beginning of each minute of the clock, until ctx ends. It does not
// call fn for minutes that the clock skips.
func eachMinute(ctx context.Context, now func() time.Time, fn func(minute time.Time)) {
	for last := minuteOf(now()); ; {
		wait := time.NewTimer(untilNext(now()))
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-wait.C:
		}
		// By the clock, which may have been set back, a timer may end too early.
		if minute := minuteOf(now()); !minute.Equal(last) {
			last = minute
			fn(minute)
		}
	}
}

// untilNext returns the time until the next minute begins.
func untilNext(t time.Time) time.Duration {
	return time.Minute - t.Sub(minuteOf(t))
}

// tick attempts the jobs that may be due in this minute, each in a goroutine of its own: neither the
// database nor another job holds them up.
func (s *Service) tick(minute time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.jobs {
		if e.mayBeDue(minute) {
			s.goLocked(func(ctx context.Context) {
				_ = s.attempt(ctx, e, minute, func(err error) { s.logRefusal(ctx, e.ID, err) })
			})
		}
	}
}

// mayBeDue reports whether the job may be due, without reading the table. The lock of the Service
// must be held.
func (e *entry) mayBeDue(minute time.Time) bool {
	if e.CatchUp {
		return e.seen.IsZero() || e.missed(e.seen, minute)
	}
	return e.schedule.Matches(minute)
}

// goLocked runs fn in a goroutine, if the Service is started. The lock must be held.
func (s *Service) goLocked(fn func(context.Context)) bool {
	ctx := s.ctx
	if ctx == nil || ctx.Err() != nil {
		return false
	}
	s.running.Go(func() { fn(ctx) })
	return true
}

// logRefusal logs the reason why a job did not begin at its time.
func (s *Service) logRefusal(ctx context.Context, id string, err error) {
	switch {
	case errors.Is(err, errRunning):
		s.cfg.Log.Warn("job skipped: its last run goes on", "job", id)
	case err != nil && ctx.Err() == nil:
		s.cfg.Log.Error("job not begun", "job", id, "error", err)
	}
}

// Run runs a job now, in the background, and returns when the job is about to begin. The scheduled
// runs stay the same. The fault is NotFound for an unknown ID, Invalid for a job that is running on
// any server, and Unavailable for an app that does not serve; other errors are those of the store
// and of ctx.
func (s *Service) Run(ctx context.Context, id string) error {
	begun, _, err := s.byHand(id)
	if err != nil {
		return err
	}
	return receive(ctx, begun)
}

// RunAndWait runs a job as Run does, waits until the job has ended, and returns its error. The job
// continues when ctx ends.
func (s *Service) RunAndWait(ctx context.Context, id string) error {
	begun, ended, err := s.byHand(id)
	if err == nil {
		err = receive(ctx, begun)
	}
	if err != nil {
		return err
	}
	return receive(ctx, ended)
}

func receive(ctx context.Context, from <-chan error) error {
	select {
	case err := <-from:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// byHand attempts the job in a goroutine. begun gets nil when the job begins, or the reason why it
// does not; ended gets the error of the run.
func (s *Service) byHand(id string) (begun, ended <-chan error, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.jobs[id]
	if e == nil {
		return nil, nil, errUnknown
	}
	began, end := make(chan error, 1), make(chan error, 1)
	if !s.goLocked(func(ctx context.Context) {
		end <- s.attempt(ctx, e, time.Time{}, func(err error) { began <- err })
	}) {
		return nil, nil, errStopped
	}
	return began, end, nil
}

// attempt runs the job if it can be claimed, and returns the error of the run. begun is called with
// nil before the run begins or if another server handles the run, else with the reason why the job
// does not begin.
func (s *Service) attempt(ctx context.Context, e *entry, minute time.Time, begun func(error)) error {
	if !s.occupy(e.ID) {
		s.saw(e, minute)
		begun(errRunning)
		return nil
	}
	v, claimed, err := s.claim(ctx, e, minute)
	if err == nil && v == begins {
		defer s.vacate(e.ID)
		s.saw(e, minute)
		begun(nil)
		return s.perform(ctx, e.Job, claimed)
	}
	s.vacate(e.ID) // before begun, whose receiver may try again at once
	switch {
	case err != nil:
		begun(fmt.Errorf("claim job %q: %w", e.ID, err))
	case v == stillOn:
		s.saw(e, minute)
		begun(errRunning)
	default:
		s.saw(e, claimed.slot)
		begun(nil)
	}
	return nil
}

// saw notes that the run of the minute was handled, except for a run by hand.
func (s *Service) saw(e *entry, minute time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if minute.After(e.seen) {
		e.seen = minute
	}
}

// occupy takes the only place of the job in this process, and reports whether the place was free.
func (s *Service) occupy(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy[id] {
		return false
	}
	s.busy[id] = true
	return true
}

func (s *Service) vacate(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.busy, id)
}

// perform runs a claimed job, stores the result, and returns the error of the job.
func (s *Service) perform(ctx context.Context, j Job, claimed row) error {
	log := s.cfg.Log.With("job", j.ID)
	log.Debug("job begins")
	begin := time.Now()
	stop := s.keep(j.ID, claimed)
	inside, span := trace.Start(s.cfg.Tracer.With(ctx), "job "+j.ID, trace.Internal)
	stack, err := call(inside, j.Run)
	span.End(err)
	stop()
	s.runs.Ended(begin, err)
	failure := ""
	switch {
	case err == nil:
		log.Debug("job ended", "took", time.Since(begin))
	case ctx.Err() != nil && stack == "":
		failure = interrupted
		log.Info("job interrupted", "took", time.Since(begin))
	default:
		failure = shorten(err.Error())
		attributes := []any{"error", err, "took", time.Since(begin)}
		if stack != "" {
			attributes = append(attributes, "stack", stack)
		}
		log.Error("job failed", attributes...)
	}
	if err := s.release(context.WithoutCancel(ctx), j.ID, claimed, failure); err != nil {
		log.Error("the end of a job could not be noted", "error", err)
	}
	return err
}

// call calls run, and turns a panic into an error with the stack of the panic.
func call(ctx context.Context, run func(context.Context) error) (stack string, err error) {
	defer func() {
		if v := recover(); v != nil {
			stack, err = string(debug.Stack()), fmt.Errorf("panic: %v", v)
		}
	}()
	return "", run(ctx)
}

// keep renews the lease of the run, for other servers, until stop is called.
func (s *Service) keep(id string, claimed row) (stop func()) {
	if s.cfg.Alone {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	ended.Go(func() {
		for tick := time.NewTicker(renewEvery); ; {
			select {
			case <-ctx.Done():
				tick.Stop()
				return
			case <-tick.C:
			}
			if err := s.renew(ctx, id, claimed); err != nil && ctx.Err() == nil {
				s.cfg.Log.Warn("other servers were not told that a job goes on", "job", id, "error", err)
			}
		}
	})
	return func() {
		cancel()
		ended.Wait()
	}
}

// maxFailure is the maximum length of a stored failure in bytes.
const maxFailure = 1000

// shorten turns the text of an error into a text that can be stored: valid and not too long.
func shorten(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
	if len(s) > maxFailure {
		s = strings.ToValidUTF8(s[:maxFailure], "") + "…"
	}
	return s
}
