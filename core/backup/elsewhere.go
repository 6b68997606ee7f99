// The progress of a backup or restore in another process with the same archives.

package backup

import (
	"sync"
	"time"
)

const (
	// tellEvery is the interval at which a process tells the others of its progress.
	tellEvery = 500 * time.Millisecond
	// heardFor is the time after which the progress of another process no longer counts: a process
	// that was killed does not tell the end of its job.
	heardFor = 10 * time.Second
)

// tell passes the progress of the job to Config.Tell until stop is called, and nil at the end.
func (s *Service) tell(j *job) (stop func()) {
	if s.cfg.Tell == nil {
		return func() {}
	}
	done := make(chan struct{})
	var telling sync.WaitGroup
	telling.Go(func() {
		tick := time.NewTicker(tellEvery)
		defer tick.Stop()
		for {
			s.cfg.Tell(j.progress())
			select {
			case <-done:
				s.cfg.Tell(nil)
				return
			case <-tick.C:
			}
		}
	})
	return func() {
		close(done)
		telling.Wait()
	}
}

// Hear notes the progress that another process has passed to its Config.Tell; nil says that the job
// of that process has ended.
func (s *Service) Hear(p *Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard, s.heardAt = p, s.cfg.Now()
}

// heardLocked returns the progress of another process, nil if there is none. The lock must be held.
func (s *Service) heardLocked() *Progress {
	if s.heard == nil || s.cfg.Now().Sub(s.heardAt) > heardFor {
		return nil
	}
	p := *s.heard
	p.Elsewhere = true
	return &p
}
