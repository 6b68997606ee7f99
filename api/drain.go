package api

import (
	"context"
	"errors"
	"time"

	"github.com/loambase/loam/internal/request"
)

const (
	drainTime = 30 * time.Second // for running requests when the server stops
	stallTime = 5 * time.Second  // for which no request makes progress
	stallSize = 4 << 10          // bytes that a connection must move in that time to make progress
	graceTime = time.Second      // for answers to cancelled requests
)

// errStalled ends the wait for requests that make no progress.
var errStalled = errors.New("api: no request gets on")

// finish lets requests finish for up to drainTime. If for stallTime no request has ended and no
// connection has moved stallSize, the contexts of all requests end; requests without an answer
// after graceTime are then cut off.
func (s *Server) finish() error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	ctx, giveUp := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		if s.stalled(ctx) {
			s.App.Log().Warn("requests are cancelled that do not get on", "after", s.stall, "running", s.Running())
			s.cancel(request.ErrDraining)
			select {
			case <-time.After(graceTime):
				giveUp(errStalled)
			case <-ctx.Done():
			}
		}
	}()
	err := s.Drain(ctx)
	if err != nil && ctx.Err() != nil {
		s.App.Log().Warn("requests were cut off", "running", s.Running())
		err = nil
	}
	giveUp(nil)
	<-watched
	return err
}

// stalled returns true as soon as no request makes progress, and false when ctx ends.
func (s *Server) stalled(ctx context.Context) bool {
	tick := time.NewTicker(s.stall / 10)
	defer tick.Stop()
	running, marks, since := s.Running(), s.listener.positions(), time.Now()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
		n, positions := s.Running(), s.listener.positions()
		if n < running || advanced(marks, positions) {
			marks, since = positions, time.Now()
		}
		running = n
		if time.Since(since) >= s.stall {
			return true
		}
	}
}

// advanced reports whether a connection has moved stallSize since the marks were taken.
func advanced(marks, positions map[*idleConn]int64) bool {
	for conn, position := range positions {
		if mark, known := marks[conn]; known && position-mark >= stallSize {
			return true
		}
	}
	return false
}

// positions returns for each open connection the number of bytes that were received, or sent and
// acknowledged.
func (l *idleListener) positions() map[*idleConn]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make(map[*idleConn]int64, len(l.open))
	for conn := range l.open {
		all[conn] = conn.bytes.Load() - unsent(conn.Conn)
	}
	return all
}
