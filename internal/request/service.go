package request

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/settings"
)

// Config connects a Service to the server. Every field but Now is required.
type Config struct {
	// Authenticate returns the record of a token, nil for a token that is not valid.
	// An error means that the token could not be checked.
	Authenticate func(ctx context.Context, token string) (*record.Record, error)
	Settings     func() *settings.Settings // the current ones
	Log          func() *slog.Logger
	Now          func() time.Time // the clock; default time.Now
}

// Service tracks the requests of one server. It is safe for concurrent use.
type Service struct {
	cfg Config

	running atomic.Int64  // requests and streams
	idle    chan struct{} // capacity 1; signalled when running reaches 0 while draining

	mu       sync.Mutex // guards the fields below
	draining bool
	held     map[*Held]struct{}
}

// New returns a Service that has no requests yet.
func New(cfg Config) *Service {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Service{cfg: cfg, idle: make(chan struct{}, 1), held: map[*Held]struct{}{}}
}

// Running returns how many requests and streams have not ended.
func (s *Service) Running() int { return int(s.running.Load()) }

// Draining reports whether the server is about to stop.
func (s *Service) Draining() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining
}

// EndStreams begins to drain: it calls the function drained of all held answers, which ends the
// contexts of all streams. Answers that are held later are drained at once.
func (s *Service) EndStreams() {
	s.mu.Lock()
	var told []*Held
	if !s.draining {
		told = slices.Collect(maps.Keys(s.held))
	}
	s.draining = true
	s.mu.Unlock()
	for _, h := range told {
		h.drained()
	}
}

// Wait calls EndStreams and returns when no request and no stream is running. It returns the error
// of ctx if ctx ends before.
func (s *Service) Wait(ctx context.Context) error {
	s.EndStreams() // before the count is read: leave signals only while draining
	for s.running.Load() > 0 {
		select {
		case <-s.idle:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// routings are chi contexts for reuse: they hold slices that grow.
var routings = sync.Pool{New: func() any { return chi.NewRouteContext() }}

func (s *Service) leave() {
	if s.running.Add(-1) > 0 || !s.Draining() {
		return
	}
	select {
	case s.idle <- struct{}{}:
	default:
	}
}

// Track makes the Request of each HTTP request and counts it until its handler returns. It must
// stand outside of every other middleware. Only one router inside may begin to route a request,
// since it uses the routing context of Track.
func (s *Service) Track(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := s.track(r)
		t.routing = routings.Get().(*chi.Context)
		t.routing.Reset()
		defer routings.Put(t.routing)
		t.out.ResponseWriter = w
		t.request.out = &t.out
		w.Header()[idHeader] = t.id[:]
		s.running.Add(1)
		defer s.leave()
		next.ServeHTTP(&t.out, r.WithContext(t))
	})
}
