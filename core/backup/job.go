// The one thing that is done at a time, how far it is, and its end beside the request that
// asked for it.

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

// Progress is how far a backup or a restore is.
type Progress struct {
	Action string `json:"action"` // "create" or "restore"
	Key    string `json:"key"`
	Done   int64  `json:"done"` // bytes, of Total
	Total  int64  `json:"total"`
}

// job is a backup or a restore that is being done.
type job struct {
	action, key string
	done, total atomic.Int64
}

// errBusy is for who comes while something is being done.
var errBusy error = fault.New(fault.Invalid, "Try again later - another backup/restore process has already been started.")

// Progress returns how far that is what is being done, nil if it is nothing.
func (s *Service) Progress() *Progress {
	s.mu.Lock()
	j := s.job
	s.mu.Unlock()
	if j == nil {
		return nil
	}
	p := &Progress{Action: j.action, Key: j.key, Total: j.total.Load()}
	p.Done = min(j.done.Load(), p.Total) // files come while they are counted
	return p
}

// Ready reports whether a backup could be made now.
func (s *Service) Ready() bool { return s.Progress() == nil }

// run does the work of a job and returns its error. When ctx ends, run returns and the
// work goes on: it ends by itself, or with Close.
func (s *Service) run(ctx context.Context, j *job, work func(ctx context.Context) error) error {
	if err := s.begin(j); err != nil {
		return err
	}
	result := make(chan error, 1)
	go func() {
		defer s.running.Done()
		began := time.Now()
		inside, span := trace.Start(trace.Carry(s.ctx, ctx), "backup "+j.action, trace.Internal)
		err := recovered(func() error { return s.alone(inside, errBusy, work) })
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

// alone does what no other process may do at the same time. While one does the error is busy.
func (s *Service) alone(ctx context.Context, busy error, work func(context.Context) error) error {
	release, ok, err := s.cfg.Alone(ctx)
	if err != nil {
		return err
	}
	if !ok {
		return busy
	}
	defer release()
	return work(ctx)
}

// begin makes j what is being done.
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

// recovered returns the panic of fn as an error: the process must not end with it.
func recovered(fn func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	return fn()
}
