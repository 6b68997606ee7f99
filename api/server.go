// Package api is how the world talks to an app: the HTTP server with its transports,
// and the command line.
//
//	p := &api.Program{App: core.New(core.Config{Dir: "data"})}
//	os.Exit(p.Main())
package api

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/loambase/loam/api/metrics"
	"github.com/loambase/loam/api/request"
	"github.com/loambase/loam/api/traces"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/realtime"
	"github.com/loambase/loam/realtime/channel"
)

// Config is what a server looks like from outside.
type Config struct {
	Origins []string // whose pages may use the API; default: everybody's
	Public  string   // folder of files served at "/"; default: none

	// Idle is how long a client may send nothing of a body, or take nothing of an
	// answer, before the connection is closed; default 60 s. The setting
	// server.idleSeconds overrides it. There is no limit on the whole of either: what
	// moves may take its time.
	Idle time.Duration

	// TLS is how the server speaks TLS on its listener; default: it does not. It is not to
	// be changed after Start.
	TLS *tls.Config

	// Metrics lets Server.Metrics answer. The console has the figures without it. Default: no.
	Metrics bool
	// MetricsToken has the server itself answer with the figures too, at /metrics, whoever sends
	// it as a bearer token. It implies Metrics, and has 16 characters or more. Default: none,
	// and /metrics is a path like any other.
	MetricsToken string

	// Traces is where spans are sent; see traces.Config, of which URL is required here. Default:
	// nowhere, and no spans are made.
	Traces traces.Config

	data string // the data folder, which is never served
}

func (c *Config) idle() time.Duration {
	if c.Idle <= 0 {
		return time.Minute
	}
	return c.Idle
}

// Server is the place where a server is put together: the App and what stands on it.
// A Program makes one. It lives once, in this order:
//
//	Start  1. the App is opened: database, migrations, Start hooks, background work
//	       2. the Serve hooks run and the routes are made
//	       3. requests are accepted
//	Drain  1. no connection is accepted any more, and idle ones are closed
//	       2. streams are told to end (request.Request.Stream)
//	       3. running requests finish, until the context of Drain ends (Close: until
//	          they do not get on)
//	Stop   1. what is still running is cut off
//	       2. the App is closed: Stop hooks, background work, database
//
// What stands on the App is made before Start, so that hooks can be bound, and may use
// it from Start to Stop. Start, Wait, Drain and Stop are called one after the other, by
// whoever owns the server; Handler and Running are safe for concurrent use.
type Server struct {
	App      *core.App
	Auth     *auth.Service // its Hooks are bound here
	Realtime *realtime.Hub
	Channels *channel.Rooms

	cfg      *Config // of the Program; not to be changed any more when the handler is made
	serve    *hook.Hook[*ServeEvent]
	requests *request.Service
	metrics  *metrics.Metrics // made with the handler
	traces   *traces.Exporter // nil without Config.Traces, and before Start
	handler  func() (http.Handler, error)

	stall time.Duration // stallTime, but in tests

	// Set by Start.
	http     *http.Server
	listener *idleListener
	cancel   context.CancelCauseFunc // ends the contexts of all requests
	served   chan struct{}           // closed when http accepts no more
	failed   error                   // why, to be read after served
}

// newServer returns a server of the App, which need not be open. It starts nothing.
func newServer(app *core.App, cfg *Config, serve *hook.Hook[*ServeEvent]) *Server {
	s := &Server{App: app, Auth: auth.New(app), cfg: cfg, serve: serve, stall: stallTime}
	s.Realtime = realtime.New(app, s.Auth)
	s.Channels = channel.New(app)
	s.requests = request.New(request.Config{
		Authenticate: s.Auth.Authenticate,
		Settings:     func() *settings.Settings { return app.Settings().Current() },
		Log:          app.Log,
	})
	s.handler = sync.OnceValues(s.build)
	return s
}

// Handler returns the handler of the server, whose App must be open: for tests, and
// for programs that listen themselves. It is made once, and the Serve hooks run once;
// their error is returned each time.
func (s *Server) Handler() (http.Handler, error) { return s.handler() }

// Metrics returns a handler that answers with the figures of the server for Prometheus, nil
// without Config.Metrics. It is there when the Server has started, and has no guard: who
// listens with it decides who may ask.
func (s *Server) Metrics() http.Handler {
	if s.metrics == nil || !s.cfg.Metrics {
		return nil
	}
	return s.metrics.Handler()
}

// Running returns how many requests and streams are under way.
func (s *Server) Running() int { return s.requests.Running() }

// Start opens the App and answers requests on the listener from then on. If it
// returns an error, nothing is open but the listener. ctx bounds only the start. A
// Server is started once.
func (s *Server) Start(ctx context.Context, listener net.Listener) error {
	if s.http != nil {
		return errors.New("api: the server was started before")
	}
	if err := s.startTraces(); err != nil {
		return err
	}
	if err := open(ctx, s.App, core.Serve); err != nil {
		s.stopTraces()
		return err
	}
	handler, err := s.Handler()
	if err != nil {
		err = errors.Join(fmt.Errorf("serve: %w", err), s.App.Close())
		s.stopTraces()
		return err
	}
	s.accept(listener, handler)
	return nil
}

// accept serves the connections of the listener.
func (s *Server) accept(listener net.Listener, handler http.Handler) {
	var base context.Context
	base, s.cancel = context.WithCancelCause(context.Background())
	s.http = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       5 * time.Minute,
		ErrorLog:          slog.NewLogLogger(s.App.Log().Handler(), slog.LevelDebug), // broken clients, mostly
		BaseContext:       func(net.Listener) context.Context { return base },
	}
	s.http.RegisterOnShutdown(s.requests.EndStreams)
	s.listener = newIdleListener(listener, s.idle)
	s.served = make(chan struct{})
	serve := s.http.Serve
	if s.cfg.TLS != nil {
		s.http.TLSConfig = s.cfg.TLS
		serve = func(l net.Listener) error { return s.http.ServeTLS(l, "", "") }
	}
	go func() {
		s.failed = serve(s.listener)
		close(s.served)
	}()
}

// idle is the idle time as it is now.
func (s *Server) idle() time.Duration {
	return s.App.Settings().Current().Server.Idle(s.cfg.idle())
}

// Wait returns nil when ctx ends, and an error if no connection can be accepted any
// more. The server is to be closed then. It must have been started.
func (s *Server) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-s.served:
		return fmt.Errorf("serve: %w", s.failed)
	}
}

// Drain accepts no more connections, tells streams to end, and waits for what is
// running. It returns the error of ctx if that ends before.
func (s *Server) Drain(ctx context.Context) error {
	if err := s.http.Shutdown(ctx); err != nil {
		return err
	}
	return s.requests.Wait(ctx) // connections that were taken over are not Shutdown's
}

// Stop cuts off what is running and closes the App.
func (s *Server) Stop() error {
	s.requests.EndStreams()
	err := s.http.Close()
	s.cancel(request.ErrDraining)
	<-s.served
	err = errors.Join(err, s.App.Close())
	s.stopTraces()
	return err
}

// startTraces makes the tracer, which the App needs when it is opened.
func (s *Server) startTraces() (err error) {
	c := s.cfg.Traces
	if c.URL == "" {
		return nil
	}
	c.Log, c.Version = s.App.Log(), cmp.Or(c.Version, core.Version)
	if s.traces, err = traces.New(c); err != nil {
		return fmt.Errorf("traces: %w", err)
	}
	s.App.Config.Tracer = s.traces.Tracer()
	s.traces.Start()
	return nil
}

// stopTraces sends what is left.
func (s *Server) stopTraces() {
	if s.traces != nil {
		s.traces.Close()
	}
}

// Close is Drain for up to half a minute, and then Stop. Requests that do not get on,
// because for five seconds none has ended and hardly a byte has moved, are cancelled
// before.
func (s *Server) Close() error { return errors.Join(s.finish(), s.Stop()) }
