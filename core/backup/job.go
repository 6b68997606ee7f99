// The job that runs, its progress, and its end apart from the request that started it.

package backup

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/internal/trace"
)

// Progress is the progress of a backup or a restore.
type Progress struct {
	Action string `json:"action"` // "create" or "restore"
	Key    string `json:"key"`
	Done   int64  `json:"done"` // bytes of Total
	Total  int64  `json:"total"`

	Elsewhere bool `json:"-"` // another process makes or restores the archive
}

// job is a running backup or restore.
type job struct {
	action, key string
	done, total atomic.Int64
}

// errBusy is the fault of a backup or restore that is started while another one runs.
var errBusy error = fault.New(fault.Invalid, "Try again later - another backup/restore process has already been started.")

// Progress returns the progress of the running backup or restore, nil if there is none. For a job
// of another process the answer may be a second old.
func (s *Service) Progress() *Progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.job == nil {
		return s.heardLocked()
	}
	return s.job.progress()
}

func (j *job) progress() *Progress {
	p := &Progress{Action: j.action, Key: j.key, Total: j.total.Load()}
	p.Done = min(j.done.Load(), p.Total) // files that are added after the count make done exceed total
	return p
}

// Ready reports whether Progress knows of no running backup or restore.
func (s *Service) Ready() bool { return s.Progress() == nil }

// run does the work of a job in a goroutine and returns its error. When ctx ends, run returns
// ctx's error and the work continues until it is done or Close cancels it.
func (s *Service) run(ctx context.Context, j *job, work func(ctx context.Context) error) error {
	if err := s.begin(j); err != nil {
		return err
	}
	result := make(chan error, 1)
	go func() {
		defer s.running.Done()
		began := time.Now()
		inside, span := trace.Start(trace.Carry(s.ctx, ctx), "backup "+j.action, trace.Internal)
		told := func(ctx context.Context) error {
			defer s.tell(j)()
			return work(ctx)
		}
		err := recovered(func() error { return s.alone(inside, errBusy, told) })
		span.End(err)
		s.mu.Lock()
		s.job = nil
		s.mu.Unlock()
		if err == nil {
			s.cfg.Log.Info("backup: done", "action", j.action, "key", j.key, "took", time.Since(began).Round(time.Millisecond))
		} else if ctx.Err() != nil {
			s.cfg.Log.Error("backup: failed, and nobody waited for it", "action", j.action, "key", j.key, "error", err)
		}
		result <- err
	}()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// alone does the work while no other process makes or restores an archive. If another process
// does, the error is busy.
func (s *Service) alone(ctx context.Context, busy error, work func(context.Context) error) error {
	release, ok, err := s.cfg.Alone(ctx, "")
	if err != nil {
		return err
	}
	if !ok {
		return busy
	}
	defer release()
	return work(ctx)
}

// begin makes j the running job.
func (s *Service) begin(j *job) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("backup: closed")
	}
	if s.job != nil {
		return errBusy
	}
	s.job = j
	s.running.Add(1)
	return nil
}

// recovered returns a panic of fn as an error, so that the process does not end.
func recovered(fn func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	return fn()
}
