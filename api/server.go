// Package api makes an App reachable: it is the HTTP server with its transports, and the
// command line.
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

	"github.com/loambase/loam/api/internal/traces"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/internal/metrics"
	"github.com/loambase/loam/internal/request"
	"github.com/loambase/loam/realtime"
	"github.com/loambase/loam/realtime/channel"
)

// TracesConfig configures the OpenTelemetry collector that spans are sent to, and the part of the
// traces that is kept.
type TracesConfig = traces.Config

// Config configures the server of a Program. The zero Config is ready to use.
type Config struct {
	Origins []string // the origins whose pages may use the API; default: every origin
	Public  string   // the folder of files served at "/"; default: none

	// Idle is how long a client may send nothing of a body, or take nothing of an
	// answer, before the connection is closed; default 60 s. The setting
	// server.idleSeconds overrides it. The time of a whole body or answer has no limit.
	Idle time.Duration

	// TLS is the configuration of TLS on the listener; default: nil, the server speaks
	// plain HTTP. It must not be changed after Start.
	TLS *tls.Config

	// Metrics enables Server.Metrics. The console shows the metrics either way. Default: no.
	Metrics bool
	// MetricsToken makes the server itself answer with the metrics at /metrics, for clients that
	// send the token as a bearer token. It needs 16 characters or more, and does not depend on
	// Metrics. Default: none, and the server has no route /metrics.
	MetricsToken string

	// Traces configures the collector that spans are sent to. Without Traces.URL no spans are
	// made, which is the default.
	Traces TracesConfig

	data string // the data folder, whose files are never served
}

func (c *Config) idle() time.Duration {
	if c.Idle <= 0 {
		return time.Minute
	}
	return c.Idle
}

// Server is the App with the services that use it, and the HTTP server of both. Program.Server
// makes a Server. It passes through these stages once:
//
//	Start  1. the App is opened: database, migrations, Start hooks, background work
//	       2. the Serve hooks run and the routes are made
//	       3. requests are accepted
//	Drain  1. the listener is closed, and so are idle connections
//	       2. streams are told to end (request.Request.Stream)
//	       3. running requests finish, until the context of Drain ends (Close: until
//	          they make no progress)
//	Stop   1. requests that still run are cut off
//	       2. the App is closed: Stop hooks, background work, database
//
// Auth, Realtime and Channels are made before Start, so that hooks can be bound; they use the
// App only from Start to Stop. The owner of the server calls Start, Wait, Drain and Stop one
// after the other. Handler and Running are safe for concurrent use.
type Server struct {
	App      *core.App
	Auth     *auth.Service // its Hooks are bound here
	Realtime *realtime.Hub
	Channels *channel.Rooms

	cfg      *Config // the Config of the Program; not changed after the handler was made
	serve    *hook.Hook[*ServeEvent]
	requests *request.Service
	metrics  *metrics.Metrics // made with the handler
	traces   *traces.Exporter // nil without Config.Traces, and before Start
	handler  func() (http.Handler, error)

	stall time.Duration // stallTime; shorter in tests

	// Set by Start.
	http     *http.Server
	listener *idleListener
	cancel   context.CancelCauseFunc // ends the contexts of all requests
	served   chan struct{}           // closed when http accepts no more connections
	failed   error                   // the reason; to be read only after served is closed
}

// newServer returns a server of the App, which need not be open. It starts no goroutine.
func newServer(app *core.App, cfg *Config, serve *hook.Hook[*ServeEvent]) *Server {
	s := &Server{App: app, Auth: auth.New(app), cfg: cfg, serve: serve, stall: stallTime}
	s.Realtime = realtime.New(app, s.Auth)
	s.Channels = channel.New(app)
	s.requests = request.New(request.Config{
		Authenticate: s.Auth.Authenticate,
		Settings:     func() *settings.Settings { return app.Settings().Current() },
		Log:          app.Log,
		Now:          app.Now,
	})
	s.handler = sync.OnceValues(s.build)
	return s
}

// Handler returns the handler of the server, for tests and for programs with a listener of
// their own. The App must be open. The handler is made once, and the Serve hooks run once;
// further calls return the same handler or the same error. The error is that of a Serve hook,
// of a route that a hook has added, or of a Config.MetricsToken that is too short.
func (s *Server) Handler() (http.Handler, error) { return s.handler() }

// Metrics returns a handler that answers with the metrics of the server for Prometheus. It
// returns nil before Start, and without Config.Metrics. The handler asks for no token: serve it
// only where every client may read the metrics.
func (s *Server) Metrics() http.Handler {
	if s.metrics == nil || !s.cfg.Metrics {
		return nil
	}
	return s.metrics.Handler()
}

// Running returns the number of running requests and streams.
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

// idle returns the current idle time: the setting, or else Config.Idle.
func (s *Server) idle() time.Duration {
	return s.App.Settings().Current().Server.Idle(s.cfg.idle())
}

// Wait returns nil when ctx ends, and an error when the listener fails. The owner must close
// the server then. The server must have been started.
func (s *Server) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-s.served:
		return fmt.Errorf("serve: %w", s.failed)
	}
}

// Drain closes the listener, tells streams to end, and waits until all requests and streams
// have ended. It returns the error of ctx if ctx ends before.
func (s *Server) Drain(ctx context.Context) error {
	if err := s.http.Shutdown(ctx); err != nil {
		return err
	}
	return s.requests.Wait(ctx) // Shutdown does not wait for hijacked connections
}

// Stop cuts off the requests that still run and closes the App.
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

// stopTraces sends the remaining spans and closes the exporter.
func (s *Server) stopTraces() {
	if s.traces != nil {
		s.traces.Close()
	}
}

// Close is Drain for up to half a minute, and then Stop. Requests that make no progress are
// cancelled earlier: when for five seconds none has ended and hardly a byte was transferred.
func (s *Server) Close() error { return errors.Join(s.finish(), s.Stop()) }
