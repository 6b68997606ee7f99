// The clock of jobs, and the way of one run: claimed, begun, ended.

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

// Start begins to run jobs, until Stop. It returns when it is known which runs were missed, and those have
// begun. Open comes before.
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
	s.running.Wait() // without the lock: jobs that end may still add others
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

// catchUp attempts the jobs that catch up, and waits until those that were missed have begun.
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

// eachMinute calls fn at the beginning of each minute of the clock, until ctx ends. A minute that the
// clock leaves out is left out.
func eachMinute(ctx context.Context, now func() time.Time, fn func(minute time.Time)) {
	for last := minuteOf(now()); ; {
		wait := time.NewTimer(untilNext(now()))
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-wait.C:
		}
		// A timer may come too early by the clock, which may also have been set back.
		if minute := minuteOf(now()); !minute.Equal(last) {
			last = minute
			fn(minute)
		}
	}
}

// untilNext is the time until the next minute begins.
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

// mayBeDue is what can be told without the table. Lock of the Service must be held.
func (e *entry) mayBeDue(minute time.Time) bool {
	if e.CatchUp {
		return e.seen.IsZero() || e.missed(e.seen, minute)
	}
	return e.schedule.Matches(minute)
}

// goLocked runs fn beside, if anything may run. Lock must be held.
func (s *Service) goLocked(fn func(context.Context)) bool {
	ctx := s.ctx
	if ctx == nil || ctx.Err() != nil {
		return false
	}
	s.running.Go(func() { fn(ctx) })
	return true
}

// logRefusal tells why a job did not begin at its time.
func (s *Service) logRefusal(ctx context.Context, id string, err error) {
	switch {
	case errors.Is(err, errRunning):
		s.cfg.Log.Warn("job skipped: its last run goes on", "job", id)
	case err != nil && ctx.Err() == nil:
		s.cfg.Log.Error("job not begun", "job", id, "error", err)
	}
}

// Run runs a job now, in the background: it returns when the job is about to begin. What the schedule
// asks for is not changed by it. An unknown ID is a fault of the kind NotFound, a job that runs already,
// here or on another server, Invalid, and an app that does not serve Unavailable; other errors are those
// of the store, and that of ctx.
func (s *Service) Run(ctx context.Context, id string) error {
	begun, _, err := s.byHand(id)
	if err != nil {
		return err
	}
	return receive(ctx, begun)
}

// RunAndWait is Run that returns when the job has ended, with its error. The job goes on when ctx ends.
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

// byHand begins to attempt the job. begun gets nil or why it does not begin, ended what it has returned.
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

// attempt runs a job if it can be claimed, and returns what it has returned. begun is told before it
// begins, or why it does not; nil also if somebody else has seen to it.
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
	s.vacate(e.ID) // first: whoever hears the refusal may try again at once
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

// saw notes that the minute was seen to, unless it is that of a run by hand.
func (s *Service) saw(e *entry, minute time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if minute.After(e.seen) {
		e.seen = minute
	}
}

// occupy takes the one place that a job has in this process.
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

// perform does the work of a claimed run, notes how it ended, and returns its error.
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

// call calls run and turns a panic into an error with its stack.
func call(ctx context.Context, run func(context.Context) error) (stack string, err error) {
	defer func() {
		if v := recover(); v != nil {
			stack, err = string(debug.Stack()), fmt.Errorf("panic: %v", v)
		}
	}()
	return "", run(ctx)
}

// keep tells other servers that the run goes on, until stop is called.
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

// maxFailure is how much is kept of a failure, in bytes.
const maxFailure = 1000

// shorten makes a text of any error one that can be stored.
func shorten(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
	if len(s) > maxFailure {
		s = strings.ToValidUTF8(s[:maxFailure], "") + "…"
	}
	return s
}
