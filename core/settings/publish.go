// Publishing settings: the current document, and observers of its changes.

package settings

import (
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"sync/atomic"
)

// publisher holds the current settings and calls the observers when they change.
type publisher struct {
	log     *slog.Logger
	current atomic.Pointer[Settings]

	// mu makes storing current and calling the observers one step, so that observers get the states
	// in their order. It guards every write to current, and observers.
	mu        sync.Mutex
	observers []func(old, new *Settings)
}

// OnChange adds an observer: fn is called with the settings before and after each change, made by
// this process or another one. Current returns the new settings then. For a write of this process
// fn runs after the commit and before the write is acknowledged. A change of another process is
// observed a moment later, and several such changes may be observed as one.
//
// Calls never overlap. fn must be quick and must not use the database, nor call Patch, Load or
// OnChange, which would wait for fn. A panic of fn is logged.
func (s *Service) OnChange(fn func(old, new *Settings)) {
	p := s.published
	p.mu.Lock()
	defer p.mu.Unlock()
	p.observers = append(p.observers, fn)
}

// publish makes next the current settings and calls the observers if next differs.
func (p *publisher) publish(next *Settings) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replace(next)
}

// publishIf publishes next if before is still current; otherwise it does nothing and returns false.
func (p *publisher) publishIf(before, next *Settings) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current.Load() != before {
		return false
	}
	p.replace(next)
	return true
}

// replace stores next and calls the observers, unless next equals the current settings: a caller of
// Current may compare two results by their pointers. The lock must be held.
func (p *publisher) replace(next *Settings) {
	old := p.current.Load()
	if reflect.DeepEqual(old, next) {
		return
	}
	p.current.Store(next)
	for _, fn := range p.observers {
		p.call(fn, old, next)
	}
}

// call calls one observer and logs its panic, so that the others, and the write, go on.
func (p *publisher) call(fn func(old, new *Settings), old, next *Settings) {
	defer func() {
		if v := recover(); v != nil {
			p.log.Error("observer of the settings panicked", "error", fmt.Sprint(v))
		}
	}()
	fn(old, next)
}
