// The progress of a backup or restore in another process with the same archives.

package backup

import (
	"sync"
	"time"
)

const (
	// tellEvery is the interval at which a process sends its progress to the others.
	tellEvery = 500 * time.Millisecond
	// heardFor is the time for which the progress of another process counts. A process that is killed
	// sends no end of its job.
	heardFor = 10 * time.Second
)

// tell calls Config.Tell with the progress of the job, again and again until stop is called, and then
// with nil.
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

// Hear stores the progress of a job in another process, which that process has passed to Config.Tell.
// nil stands for the end of the job.
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
